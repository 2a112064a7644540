"""The term that follows another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from partners.domain.offers.exclusive import Terms
from partners.domain.time.calendar import shift_months

_ONE_DAY = timedelta(days=1)
_MOST_MONTHS = 120


def next_term(terms: Terms, today: date) -> Terms:
    """The same terms for as long again, from the day after the last; from today, if that is over.

    A term of whole months is followed by as many months (a year by a year, leap or not), any other
    by as many days.
    """
    first = max(terms.last_day + _ONE_DAY, today)
    months = whole_months(terms.first_day, terms.last_day)
    if months is not None:
        return replace(terms, first_day=first, last_day=shift_months(first, months) - _ONE_DAY)
    return replace(terms, first_day=first, last_day=first + (terms.last_day - terms.first_day))


def whole_months(first: date, last: date) -> int | None:
    """How many months a term is long; None if it is not whole ones (or over ten years)."""
    after = last + _ONE_DAY
    months = (after.year - first.year) * 12 + after.month - first.month
    if 0 < months <= _MOST_MONTHS and shift_months(first, months) == after:
        return months
    return None
