"""Offers in words: what opens, at which price, and what closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from babel import Locale

from partners.mail.notice import Notice
from partners.mail.offer_notice import OfferLine, OffersChange
from partners.mail.words import locales
from partners.mail.words.catalogues import N_, say
from partners.mail.words.plain import one_line

LISTED = 12
"""Offers that one mail names of what opens, of what closes and of prices that change."""
NAME_MOST = 100

OPEN = N_("%(offer)s: %(price)s")
OPEN_FROM = N_("%(offer)s: %(price)s, can be ordered from %(day)s on")
NOT_AT_PRESENT = N_("%(offer)s: %(price)s, cannot be ordered at present")
REPRICED = N_("%(offer)s: %(price)s, before: %(before)s")
ON_REQUEST = N_("price on request")


def offer_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The lines of `OffersChange`; `offers_news` is None for a notice in which no offer changes."""
    change = notice.offers_change
    if change is None:
        return {"offers_news": None}
    return {
        "offers_news": change,
        **_listed("offers_opening", change.opens, lambda o: opening_line(o, change, locale)),
        **_listed("offers_repriced", change.reprices, lambda o: _repriced(o, change, locale)),
        **_listed("offers_closing", change.closes, lambda o: _name(o)),
    }


def opening_line(line: OfferLine, change: OffersChange, locale: Locale) -> str:
    """`Inspection at home: €120.00`, and what keeps from ordering it."""
    facts = {"offer": _name(line), "price": _price(line.price, change, locale)}
    if line.orderable:
        return say(OPEN, locale) % facts
    if line.orderable_from is None:
        return say(NOT_AT_PRESENT, locale) % facts
    return say(OPEN_FROM, locale) % (
        facts | {"day": locales.short_day(line.orderable_from, locale)}
    )


def _repriced(line: OfferLine, change: OffersChange, locale: Locale) -> str:
    return say(REPRICED, locale) % {
        "offer": _name(line),
        "price": _price(line.price, change, locale),
        "before": _price(line.before, change, locale),
    }


def _name(line: OfferLine) -> str:
    return one_line(line.name, NAME_MOST)


def _price(amount: Any, change: OffersChange, locale: Locale) -> str:
    if amount is None:
        return say(ON_REQUEST, locale)
    return locales.money(amount, change.currency, locale)


def _listed(
    name: str, lines: Sequence[OfferLine], words: Callable[[OfferLine], str]
) -> dict[str, Any]:
    return {
        name: [words(line) for line in lines[:LISTED]],
        f"{name}_more": max(0, len(lines) - LISTED),
    }
