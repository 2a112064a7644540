"""Rule 3: a day on which a partner's rows were rejected is unknown for that partner."""

from __future__ import annotations

from datetime import date

import pytest

from partners.domain.judging.coverage import DayRange
from partners.store.judging import facts
from partners.store.tables.feed_tables import UnknownDaysRow

STATED = {"first": date(2026, 10, 1), "last": date(2026, 10, 31)}
OCTOBER = DayRange(STATED["first"], STATED["last"])
BAD = {"value": "12,50"}


def days(importer, partner_id="acme"):
    with importer.database.read() as session:
        return facts.coverage_of(session, partner_id).ranges


@pytest.fixture
def span(order):
    """Orders of zenith on the first and the last day of a file."""
    return [
        order("z1", partner_id="zenith", placed_at="2026-10-01"),
        order("z2", partner_id="zenith", placed_at="2026-11-01"),
    ]


def test_rule_03_days_of_rejected_rows_are_unknown_for_their_partner(importer, order, span):
    bad = order(placed_at="2026-10-05", outcome_at="2026-10-08", **BAD)
    result = importer.orders(*span, bad)
    assert days(importer, "zenith") == (OCTOBER,)
    assert days(importer) == (
        DayRange(date(2026, 10, 1), date(2026, 10, 4)),
        DayRange(date(2026, 10, 6), date(2026, 10, 7)),
        DayRange(date(2026, 10, 9), date(2026, 10, 31)),
    )
    assert result.unknown == ["not known of acme, whose rows were rejected: 2026-10-05, 2026-10-08"]


def test_rejected_rows_without_a_readable_day_leave_the_whole_file_unknown(importer, order, span):
    result = importer.orders(*span, order(placed_at="5.10.2026"))
    assert days(importer) == ()
    assert days(importer, "zenith") == (OCTOBER,)
    assert result.unknown[0].endswith("2026-10-01 to 2026-11-01")


def test_rejected_rows_that_no_partner_can_be_told_of_are_counted(importer, order, span):
    result = importer.orders(*span, order(partner_id="nobody"), order("o2", partner_id="?"))
    assert days(importer) == (OCTOBER,)
    assert result.unknown == [
        "2 rejected rows name no known partner: whose orders they are is not known"
    ]


def test_days_are_known_again_when_the_rows_come(importer, order, span):
    importer.orders(*span, order("o1", **BAD), order("o2", **BAD))
    importer.orders(order("o1"))
    assert days(importer) != (OCTOBER,)
    importer.orders(order("o2", value="12.50"))
    assert days(importer) == (OCTOBER,)


def test_the_same_bad_file_again_leaves_the_same_days_unknown(importer, order, span):
    importer.orders(*span, order(**BAD))
    before = days(importer)
    result = importer.orders(*span, order(**BAD))
    assert days(importer) == before != (OCTOBER,)
    assert len(result.unknown) == 1


def test_a_bad_correction_of_a_known_order_leaves_its_day_unknown(importer, order, span):
    importer.orders(*span, order())
    importer.orders(order(status="cancled"))
    assert days(importer) != (OCTOBER,)
    importer.orders(order(status="cancelled"))
    assert days(importer) == (OCTOBER,)


@pytest.mark.parametrize("stated", [STATED, {"last": date(2026, 10, 31)}])
def test_a_person_who_says_that_the_file_is_complete_is_believed_and_warned(
    importer, order, span, stated
):
    result = importer.orders(*span, order(**BAD), **stated)
    assert days(importer) == (OCTOBER,)
    assert any("rows of acme were rejected" in note for note in result.notes)
    assert result.unknown == []


def test_a_later_complete_file_makes_days_known_again(importer, order, span):
    importer.orders(*span, order(**BAD))
    importer.orders(*span, order("other"), **STATED)
    assert days(importer) == (OCTOBER,)


def test_days_of_somebody_not_known_yet_are_unknown_until_their_orders_come(
    importer, order, partner, span
):
    rows = [order(f"n{day}", partner_id="new", placed_at=f"2026-10-{day}") for day in (10, 20)]
    importer.orders(*span, *rows)
    importer.partners(partner("new"))
    assert days(importer, "new") != (OCTOBER,)
    importer.orders(*rows)
    assert days(importer, "new") == (OCTOBER,)


def test_an_import_that_keeps_nothing_leaves_nothing_unknown(importer, order, span):
    importer.orders(*span)
    result = importer.orders(order(**BAD), all_or_nothing=True)
    assert (result.kept, result.unknown) == (False, [])
    assert days(importer) == (OCTOBER,)


def test_many_rejected_rows_are_kept_as_one_entry_each(importer, order, span):
    importer.orders(*span, *[order(f"o{n}", **BAD) for n in range(2500)])
    with importer.database.read() as session:
        assert session.query(UnknownDaysRow).count() == 2500
