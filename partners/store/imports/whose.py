"""Whose order a rejected row may be: nobody is judged on orders that were lost (rule 3)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property

from partners.store.imports.order_rows import STATUSES
from partners.store.imports.reading import fields
from partners.store.imports.reading.fields import RowRejected
from partners.store.imports.reading.lines import MAX_LINE
from partners.store.judging.unknown_days import EVERYBODY

ANYBODY = EVERYBODY
"""Such a row may be anybody's, so its days are unknown of everybody."""

_WORDS = re.compile(r"[A-Za-z0-9._-]+", re.ASCII)  # what a partner_id is made of
_TIMES = re.compile(r"\d{4}-\d{2}-\d{2}[0-9T:.+Z-]*", re.ASCII)
_A_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}", re.ASCII)  # in whatever order


class Whose:
    """Says whose a row is, given its fields, or the whole line if those may stand wrongly."""

    def __init__(self, partners: Collection[str]) -> None:
        self._partners = partners

    def owners(self, partner_id: str, row: Sequence[str], line: str) -> list[str]:
        """The partners whose order it may be; `[ANYBODY]`, or none if it holds no order at all.

        `partner_id`: what stands in that column. `line`: "" for a row whose columns are right; else
        two rows may have run together, and whoever is named in it may have lost one.
        """
        if len(line) >= MAX_LINE:  # not read to its end
            return [ANYBODY]
        if not line and partner_id in self._partners:
            return [partner_id]
        if named := self._named_in(line or partner_id):
            return named
        if _reads_as_id(partner_id):
            return [partner_id]
        return [ANYBODY] if _is_an_order(line or " ".join(row)) else []

    def _named_in(self, text: str) -> list[str]:
        """Known partners, as they are written or in other letters' case."""
        words = {word.casefold() for word in _WORDS.findall(text)}
        return sorted(one for word in words for one in self._by_word.get(word, ()))

    @cached_property
    def _by_word(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for partner_id in self._partners:
            found[partner_id.casefold()].append(partner_id)
        return found


def times_in(line: str) -> list[str]:
    """What may be times in a line that is no row."""
    return _TIMES.findall(line)


def _is_an_order(text: str) -> bool:
    """Whether a row has anything of one; "Total: 17" below the last one has not."""
    words = {word.casefold() for word in _WORDS.findall(text)}
    return not words.isdisjoint(STATUSES) or bool(_A_DAY.search(text))


def _reads_as_id(text: str) -> bool:
    try:
        return bool(fields.partner_id(text))
    except RowRejected:
        return False
