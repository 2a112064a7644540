from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from partners.cli.refusals import words
from partners.domain.judging.coverage import DayRange
from partners.errors import UserError
from partners.store.imports.result import Advice
from partners.store.judging import facts
from partners.store.tables.feed_tables import (
    CoverageRow,
    ImportRow,
    MonthlyTotalRow,
    OrderRow,
    OrderVersionRow,
)

LATER = datetime(2026, 11, 12, 9, tzinfo=UTC)


def orders_of(importer):
    with importer.database.read() as session:
        return {row.order_id: row for row in session.scalars(select(OrderRow))}


def versions_of(importer):
    """(known_at, replaced_at, status) of each earlier version, oldest first."""
    with importer.database.read() as session:
        rows = session.scalars(select(OrderVersionRow).order_by(OrderVersionRow.known_at))
        return [(row.known_at, row.replaced_at, row.content["status"]) for row in rows]


def totals_of(importer):
    with importer.database.read() as session:
        rows = session.scalars(select(MonthlyTotalRow))
        return {(row.partner_id, row.month): row for row in rows}


def epoch(text):
    return int(datetime.fromisoformat(text).timestamp())


def test_every_column_is_stored_in_exact_units(importer, order):
    result = importer.orders(
        order(
            value="12.5",
            rating="4.25",
            address_ok="Yes",
            response_hours="1.5",
            customer_id="c1",
            known_at="2026-10-06T00:00:00+02:00",
            outcome_at="2026-10-31T23:30:00Z",
            excluded_reason="outage",
            service="print",
            cost="3",
            offer_id=" sku-1 ",
            postal_code=" sw1a  1aa",
            list_value="14",
        )
    )
    assert (result.rows, result.new, result.rejected) == (1, 1, 0)
    stored = orders_of(importer)["o1"]
    assert stored.placed_at == epoch("2026-10-05T10:00:00+00:00")
    assert (stored.placed_month, stored.outcome_month) == (202610, 202611)  # Berlin is an hour on
    assert (stored.value_cents, stored.rating_milli, stored.address_ok) == (1250, 4250, 1)
    assert (stored.response_seconds, stored.cost_cents) == (5400, 300)
    assert stored.known_at == epoch("2026-10-05T22:00:00+00:00")
    assert (stored.customer_id, stored.excluded_reason, stored.service) == ("c1", "outage", "print")
    assert (stored.offer_id, stored.postal_code) == ("sku-1", "SW1A 1AA")
    assert stored.list_value_cents == 1400


def test_blank_and_absent_columns_have_their_defaults(importer, order):
    importer.orders(order(value="", outcome_at="", known_at=""))
    stored = orders_of(importer)["o1"]
    assert stored.outcome_at == stored.placed_at
    assert stored.known_at == int(importer.options.now.timestamp())
    assert (stored.value_cents, stored.rating_milli, stored.customer_id) == (None, None, None)
    assert (stored.offer_id, stored.postal_code, stored.list_value_cents) == (None, None, None)


@pytest.mark.parametrize(
    ("column", "before", "after", "stored"),
    [
        ("offer_id", "sku-1", "sku-2", "offer_id"),
        ("postal_code", "10115", "10117", "postal_code"),
        ("list_value", "10", "12.50", "list_value_cents"),
        ("offer_id", "", "sku-1", "offer_id"),
    ],
)
def test_rule_19_another_offer_place_or_list_value_is_a_correction(
    importer, order, column, before, after, stored
):
    importer.orders(order(**{column: before}))
    was = getattr(orders_of(importer)["o1"], stored)
    result = importer.orders(order(**{column: after}), now=LATER)
    assert (result.corrected, result.touched_months) == (1, 1)
    with importer.database.read() as session:
        [version] = session.scalars(select(OrderVersionRow))
    assert version.content[stored] == was != getattr(orders_of(importer)["o1"], stored)


def test_a_postal_code_that_is_written_otherwise_is_no_correction(importer, order):
    importer.orders(order(postal_code="SW1A 1AA"))
    assert importer.orders(order(postal_code=" sw1a  1aa ")).unchanged == 1


def test_times_without_an_offset_are_in_the_programs_zone(importer, order):
    importer.orders(
        order("summer", placed_at="2026-07-01 00:30:00"),
        order("winter", placed_at="2026-01-31T23:59:59"),
        order("day", placed_at="2026-03-01"),
    )
    stored = orders_of(importer)
    assert stored["summer"].placed_at == epoch("2026-06-30T22:30:00+00:00")
    assert stored["summer"].placed_month == 202607
    assert stored["winter"].placed_at == epoch("2026-01-31T22:59:59+00:00")
    assert stored["day"].placed_at == epoch("2026-02-28T23:00:00+00:00")


def test_the_same_file_twice_changes_nothing(importer, order):
    rows = [order(f"o{n}", placed_at=f"2026-10-0{n}", customer_id="c") for n in range(1, 8)]
    importer.orders(*rows)
    before = totals_of(importer).keys()
    again = importer.orders(*rows, now=LATER)
    assert (again.new, again.corrected, again.unchanged) == (0, 0, 7)
    assert (again.touched_months, again.touched_partners, again.cases_to_tell) == (0, 0, 0)
    assert again.coverage_added.ranges == ()
    assert versions_of(importer) == []
    assert totals_of(importer).keys() == before
    assert orders_of(importer)["o1"].known_at == int(importer.options.now.timestamp())


def test_rule_19_a_changed_row_is_a_correction_that_keeps_both_times(importer, order):
    importer.orders(order(status="completed"), order("o2"))
    result = importer.orders(order(status="failed"), order("o2"), now=LATER)
    assert (result.new, result.corrected, result.unchanged) == (0, 1, 1)
    assert (result.touched_months, result.touched_partners) == (1, 1)
    now = int(importer.options.now.timestamp())
    assert versions_of(importer) == [(now, int(LATER.timestamp()), "completed")]
    october = totals_of(importer)["acme", 202610]
    assert (october.completed, october.failed) == (1, 1)


def test_a_correction_that_moves_an_order_touches_both_partners_and_months(importer, order):
    importer.orders(order(), order("o2"))
    result = importer.orders(
        order("o2", partner_id="zenith", placed_at="2026-09-05", outcome_at="2026-10-02"),
        moves_allowed=True,
    )
    assert result.touched_months == 3
    assert result.touched_partners == 2
    totals = totals_of(importer)
    assert totals["acme", 202610].placed == 1
    assert totals["zenith", 202609].placed == 1
    assert (totals["zenith", 202610].placed, totals["zenith", 202610].completed) == (0, 1)


def test_a_month_that_loses_its_last_order_has_no_totals(importer, order):
    importer.orders(order())
    importer.orders(order(placed_at="2026-09-05"))
    assert totals_of(importer).keys() == {("acme", 202609)}


def test_an_older_version_that_arrives_late_does_not_overwrite(importer, order):
    importer.orders(order(status="failed", known_at="2026-10-30T00:00:00Z"))
    result = importer.orders(
        order(status="placed", known_at="2026-10-10T00:00:00Z"),
    )
    assert (result.corrected, result.late, result.touched_months) == (0, 1, 0)
    importer.orders(order(status="accepted", known_at="2026-10-20T00:00:00Z"))
    again = importer.orders(order(status="accepted", known_at="2026-10-20T00:00:00Z"))
    assert (again.late, again.unchanged) == (0, 1)
    assert orders_of(importer)["o1"].status == "failed"
    days = [epoch(f"2026-10-{day}T00:00:00+00:00") for day in (10, 20, 30)]
    assert versions_of(importer) == [
        (days[0], days[1], "placed"),
        (days[1], days[2], "accepted"),
    ]


def test_the_same_news_known_later_is_no_news(importer, order):
    importer.orders(order(known_at="2026-10-10"))
    assert importer.orders(order(known_at="2026-10-20")).unchanged == 1


def test_a_correction_without_a_time_replaces_what_was_known_in_the_future(importer, order):
    importer.orders(order(known_at="2026-11-11T00:00:00Z"))
    assert importer.orders(order(status="failed")).corrected == 1
    assert orders_of(importer)["o1"].status == "failed"


@pytest.mark.parametrize("first_load", [True, False])
def test_of_one_order_twice_in_a_file_the_later_known_wins(importer, order, first_load):
    if not first_load:
        importer.orders(order("other"))
    result = importer.orders(
        order("new", status="failed", known_at="2026-10-20"),
        order("new", status="placed", known_at="2026-10-10"),
        order("last", status="placed"),
        order("last", status="failed"),
    )
    assert (result.new, result.late, result.unchanged) == (2, 1, 1)
    assert {orders_of(importer)[i].status for i in ("new", "last")} == {"failed"}
    assert [status for _, _, status in versions_of(importer)] == ["placed"]


def test_repeat_orders_follow_a_correction_of_an_earlier_order(importer, order):
    importer.orders(
        order("o1", placed_at="2026-08-05", customer_id="c"),
        order("o2", placed_at="2026-09-05", customer_id="c"),
        order("o3", placed_at="2026-10-05", customer_id="c"),
    )
    assert [totals_of(importer)["acme", m].repeat_orders for m in (202608, 202609, 202610)] == [
        0,
        1,
        1,
    ]
    importer.orders(order("o1", placed_at="2026-08-05", customer_id="d"))
    assert [totals_of(importer)["acme", m].repeat_orders for m in (202608, 202609, 202610)] == [
        0,
        0,
        1,
    ]


def test_rule_03_coverage_is_the_oldest_day_to_the_day_before_the_newest(importer, order):
    result = importer.orders(
        order("o1", placed_at="2026-08-05"),
        order("o2", placed_at="2026-10-20"),
        order("o3", placed_at="2026-10-07"),
    )
    august, october = result.coverage_added.ranges  # September has no order: a gap
    assert august == DayRange(date(2026, 8, 5), date(2026, 8, 31))
    assert october == DayRange(date(2026, 10, 1), date(2026, 10, 19))
    with importer.database.read() as session:
        assert facts.coverage(session) == result.coverage_added


def test_rule_03_coverage_never_reaches_beyond_yesterday(importer, order):
    result = importer.orders(
        order("o1", placed_at="2026-11-01"),
        order("o2", placed_at="2026-11-11T10:00:00Z"),
        last=date(2026, 12, 31),
    )
    assert result.coverage_added.newest_day == date(2026, 11, 9)


def test_rule_03_a_person_states_the_days_that_a_file_covers(importer, order):
    days = {"first": date(2026, 9, 1), "last": date(2026, 10, 31)}
    assert importer.orders(order(), **days).coverage_added.ranges == (
        DayRange(days["first"], days["last"]),
    )
    with pytest.raises(UserError) as refused:
        importer.orders(order(), first=days["last"], last=days["first"])
    assert "--from 2026-10-31 is after --through 2026-09-01" in words(refused.value)


def test_rule_03_corrections_never_extend_coverage_unless_a_person_says_so(importer, order):
    importer.orders(order("o1"), order("o2", placed_at="2026-10-08"))
    importer.orders(order("o1", status="failed"), order("o2", placed_at="2026-11-08"))
    with importer.database.read() as session:
        assert facts.coverage(session).newest_day == date(2026, 10, 7)
    stated = importer.orders(order("o1", status="placed"), last=date(2026, 10, 31))
    assert stated.coverage_added.newest_day == date(2026, 10, 31)


def test_new_orders_that_cover_no_day_are_advised_upon(importer, order):
    result = importer.orders(order())
    assert "no day was added" in result.notes[0]
    assert result.advice == {Advice.STATE_DAYS}


def test_all_or_nothing_keeps_nothing_beside_a_bad_row(importer, order):
    result = importer.orders(order(), order("o2", status="lost"), all_or_nothing=True)
    assert (result.kept, result.new, result.rejected) == (False, 0, 1)
    assert orders_of(importer) == totals_of(importer) == {}
    with importer.database.read() as session:
        assert not session.scalars(select(ImportRow).where(ImportRow.kind == "orders")).all()
        assert not session.scalars(select(CoverageRow)).all()
    assert importer.orders(order(), all_or_nothing=True).new == 1


def test_an_import_that_fails_half_way_leaves_nothing(importer, order, monkeypatch):
    def fail(*_):
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr("partners.store.imports.records.enter", fail)
        with pytest.raises(RuntimeError):
            importer.orders(order())
    assert orders_of(importer) == totals_of(importer) == {}
    assert importer.orders(order()).new == 1


def test_progress_ends_at_the_files_size(importer, order):
    ticks = []
    importer.orders(order(), progress=lambda done, total: ticks.append((done, total)))
    size = (importer.folder / "orders.csv").stat().st_size
    assert ticks[-1] == (size, size)


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
def test_a_connection_that_is_lost_while_rows_are_staged_is_the_databases_trouble(importer, order):
    def cut(done: int, total: int) -> None:
        with importer.database.engine.connect() as other:
            other.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND query LIKE 'COPY staged%'"
                )
            )

    with pytest.raises(OperationalError):
        importer.orders(*(order(f"o{n}") for n in range(9000)), progress=cut)
    with importer.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OrderRow)) == 0
