"""The term that follows another."""

from __future__ import annotations

from datetime import date

import pytest

from partners.domain.offers.exclusive import Terms
from partners.domain.offers.renewing import next_term, whole_months

TODAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("first", "last", "next_first", "next_last"),
    [
        (date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1), date(2027, 12, 31)),
        (date(2027, 1, 1), date(2027, 12, 31), date(2028, 1, 1), date(2028, 12, 31)),  # leap
        (date(2026, 10, 15), date(2027, 1, 14), date(2027, 1, 15), date(2027, 4, 14)),
        (date(2026, 11, 1), date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 20)),
        (date(2025, 1, 1), date(2025, 12, 31), TODAY, date(2027, 11, 1)),  # over for long
    ],
)
def test_it_is_as_long_and_begins_on_the_day_after_or_today(
    first: date, last: date, next_first: date, next_last: date
) -> None:
    terms = next_term(Terms(first, last, minimum_orders=12, max_holders=2), TODAY)
    assert (terms.first_day, terms.last_day) == (next_first, next_last)
    assert (terms.minimum_orders, terms.max_holders) == (12, 2)


def test_days_that_are_no_whole_months_are_counted_as_days() -> None:
    assert whole_months(date(2026, 1, 1), date(2026, 1, 31)) == 1
    assert whole_months(date(2026, 1, 1), date(2026, 1, 30)) is None
    assert whole_months(date(2026, 1, 1), date(2426, 1, 31)) is None
