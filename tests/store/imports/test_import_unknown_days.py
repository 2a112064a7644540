"""Rule 3: a day on which a partner's rows were rejected is unknown for that partner."""

from __future__ import annotations

from datetime import date

import pytest

from partners.domain.judging.coverage import DayRange
from partners.domain.time.calendar import Month
from partners.store.judging import facts
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.feed_tables import UnknownDaysRow
from tests import builders
from tests.store.conftest import NOW

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


def test_rejected_rows_of_somebody_who_is_no_partner_are_counted(importer, order, span):
    result = importer.orders(*span, order(partner_id="nobody"), order("o2", partner_id="not-us"))
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


# ---- rows whose partner cannot be read ----

HEADER = "order_id,partner_id,placed_at,status,service\n"
ENDS = "z1,zenith,2026-10-01,placed,\nz2,zenith,2026-11-01,placed,\n"
WITHOUT_THE_5TH = (
    DayRange(date(2026, 10, 1), date(2026, 10, 4)),
    DayRange(date(2026, 10, 6), date(2026, 10, 31)),
)


def lines(importer, *rows):
    return importer.orders_from(importer.raw("orders.csv", HEADER + ENDS + "\n".join(rows) + "\n"))


@pytest.mark.parametrize(
    "row",
    [
        '"o,acme,2026-10-05,placed,rack',  # a quote that is not closed
        "1,5,acme,2026-10-05,placed,rack",  # the columns are shifted
        "o,ACME,2026-10-05,placed,rack",
        "o,=acme,2026-10-05,placed,rack",
    ],
)
def test_rule_03_a_row_that_is_no_row_is_of_whoever_is_named_in_it(importer, row):
    result = lines(importer, row)
    assert days(importer) == WITHOUT_THE_5TH
    assert days(importer, "zenith") == (OCTOBER,)
    assert result.unknown == ["not known of acme, whose rows were rejected: 2026-10-05"]


def test_a_partner_in_other_letters_is_known_by_the_orders_id_again(importer, order, span):
    importer.orders(*span, order("o", partner_id="ACME"))
    assert days(importer) != (OCTOBER,)
    importer.orders(order("o"))
    assert days(importer) == (OCTOBER,)


def test_rule_03_two_rows_that_ran_together_leave_both_partners_days_unknown(importer):
    lines(importer, "o,acme,2026-10-05,placed,racko2,zenith,2026-10-05,placed,rack")
    assert days(importer) == days(importer, "zenith") == WITHOUT_THE_5TH


@pytest.mark.parametrize(
    "row", ["o,,2026-10-05,placed,", "o,ac?me,2026-10-05,placed,", "o;xx;2026-10-05;placed;"]
)
def test_rule_03_a_row_that_may_be_anybodys_leaves_its_days_unknown_for_everybody(importer, row):
    result = lines(importer, row)
    assert days(importer) == days(importer, "zenith") == WITHOUT_THE_5TH
    assert result.unknown == [
        "not known of anybody, for rejected rows do not say whose they are (1): 2026-10-05"
    ]


def test_a_line_that_is_too_long_to_be_read_may_be_anybodys(importer):
    lines(importer, "o,acme,2026-10-05,placed," + "x" * 100_000)
    assert days(importer) == days(importer, "zenith") == WITHOUT_THE_5TH


def test_a_line_that_holds_nothing_of_an_order_leaves_nothing_unknown(importer):
    result = lines(importer, "Total,,,,17")
    assert days(importer) == days(importer, "zenith") == (OCTOBER,)
    assert result.unknown[0].startswith("1 rejected rows name no known partner")


def test_days_of_a_row_that_may_be_anybodys_are_known_again_when_its_order_comes(importer, order):
    lines(importer, "o,,2026-10-05,placed,", "p,,2026-10-07,placed,")
    importer.orders(order("o", placed_at="2026-10-05"))
    assert days(importer) != (OCTOBER,)
    importer.orders(order("p", placed_at="2026-10-07"))
    assert days(importer) == days(importer, "zenith") == (OCTOBER,)


def test_days_of_a_row_of_which_nothing_is_known_are_known_again_when_a_person_says_so(
    importer, span
):
    lines(importer, "o;xx;2026-10-05;placed;")
    importer.orders(*span)  # a file like any other does not have it
    assert days(importer) == WITHOUT_THE_5TH
    importer.orders(*span, **STATED)
    assert days(importer) == (OCTOBER,)


def test_a_person_who_says_that_a_file_with_rows_of_anybody_is_complete_is_warned(
    importer, order, span
):
    result = importer.orders(*span, order(partner_id="?"), **STATED)
    assert days(importer) == (OCTOBER,)
    assert any("rows of somebody who is not named were rejected" in note for note in result.notes)


def test_open_and_closed_cases_of_everybody_are_looked_at_when_anybodys_days_change(
    importer, order, span
):
    month = Month(2026, 9)
    opened = {"opened_at": NOW}
    closed = {**opened, "status": "closed", "outcome": "removed", "closed_at": NOW}
    builders.accept(importer.database, builders.a_policy())
    with importer.database.write() as session:
        session.add_all(
            [builders.a_case("acme", month, **opened), builders.a_case("zenith", month, **closed)]
        )
    result = importer.orders(*span, order(partner_id="?"))
    assert result.cases_to_tell == 1
    with importer.database.read() as session:
        assert session.get_one(CaseRow, "acme-2026-09").untold
        assert session.get_one(CaseRow, "zenith-2026-09").recheck
