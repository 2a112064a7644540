"""What the files of the catalogue share: days that may be blank, and who imports, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from partners.calendars import calendar_of
from partners.domain.offers.offer import PriceLevel, Span
from partners.domain.offers.offer_life import SetPrice
from partners.domain.overrides.override import LATEST
from partners.errors import Refusal
from partners.store.imports.reading.fields import RowRejected, day, number, quoted
from partners.store.imports.reading.source import Source
from partners.store.imports.result import ImportOptions
from partners.store.offers.catalogue.offer_changes import Said
from partners.store.offers.catalogue.term_refusals import in_order

NONE = "none"
"""Takes a day or an area away, where blank leaves it as it is."""
_PERCENT = re.compile(r"(?P<share>[^%\s]+)\s*%")


def said(options: ImportOptions, path: Path) -> Said:
    """Who imports, with the file as the reason."""
    today = calendar_of(options.policy).day_of(options.now)
    return Said(options.by, f"import of {path.name}", options.now, today)


def day_or_none(text: str, column: str) -> date | None:
    """A day; None for blank."""
    return day(text, column, LATEST) if text else None


def span(first: str, last: str) -> Span:
    """The days from `from` through `until`."""
    try:
        return in_order(day_or_none(first, "from"), day_or_none(last, "until"))
    except Refusal as refusal:
        raise RowRejected(str(refusal)) from None


def price(text: str, level: PriceLevel, whose: str | None, days: Span) -> SetPrice:
    """A price as files have it: `90.00`, or `10%` off the base price."""
    if share := _PERCENT.fullmatch(text):
        off = number(share["share"], "price") / 100
        return SetPrice(level, whose, days, discount=off)
    if not text:
        raise RowRejected(f"price is blank; write it as 90.00, or as 10%: {quoted(text)}")
    return SetPrice(level, whose, days, number(text, "price"))


def refused(source: Source, line: int, fields: Sequence[str], refusal: Refusal) -> None:
    """A row for which the reason is what a person would be told."""
    source.refuse(line, fields, str(refusal))
