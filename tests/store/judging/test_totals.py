"""Totals kept up to date by imports, against a full recount and a naive count in Python."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from partners.cli.refusals import words
from partners.domain.policy.metrics import TOTAL_NAMES, Totals
from partners.domain.time.calendar import Month
from partners.errors import UserError
from partners.store.imports import recount
from partners.store.judging import totals
from partners.store.tables.feed_tables import MonthlyTotalRow, OrderRow, ServiceTotalRow
from partners.store.tables.program_tables import SettingRow

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 8, 20, tzinfo=UTC)

blank_or = lambda values: st.one_of(st.just(""), values)  # noqa: E731
rows = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from([f"o{n}" for n in range(8)]),
        "partner_id": st.sampled_from(["acme", "zenith"]),
        "placed_at": st.integers(0, 60 * 24).map(
            lambda hours: (START + timedelta(hours=hours)).isoformat()
        ),
        "status": st.sampled_from(
            ["placed", "accepted", "rejected", "completed", "completed", "cancelled", "failed"]
        ),
        "value": blank_or(st.sampled_from(["0", "10.50", "3"])),
        "rating": blank_or(st.sampled_from(["0", "4.5", "5"])),
        "address_ok": blank_or(st.sampled_from(["yes", "no"])),
        "response_hours": blank_or(st.sampled_from(["0", "2.5"])),
        "customer_id": blank_or(st.sampled_from(["c1", "c2"])),
        "excluded_reason": st.sampled_from(["", "", "", "outage"]),
        "service": blank_or(st.sampled_from(["print", "scan"])),
        "offer_id": blank_or(st.sampled_from(["sku-1", "sku-2"])),
        "days_until_outcome": st.integers(0, 20),
    }
)
files = st.lists(st.lists(rows, min_size=1, max_size=10), min_size=1, max_size=4)


def as_row(drawn):
    row = dict(drawn)
    days = timedelta(days=row.pop("days_until_outcome"))
    row["outcome_at"] = (datetime.fromisoformat(row["placed_at"]) + days).isoformat()
    return row


def stored_totals(session):
    found = {}
    for row in session.scalars(select(MonthlyTotalRow)):
        found[row.partner_id, row.month] = Totals(*(getattr(row, n) for n in TOTAL_NAMES))
    return found


def stored_services(session):
    """(placed, completed, cents) by partner, month, service and offer."""
    return {
        (row.partner_id, row.month, row.service, row.offer_id): (
            row.placed,
            row.completed,
            row.value_cents,
        )
        for row in session.scalars(select(ServiceTotalRow))
    }


def naive_services(orders):
    """By its own service, else by its offer; what is neither counts nowhere."""
    found = defaultdict(lambda: (0, 0, 0))
    for order in orders:
        named = (order.service or "", "" if order.service else order.offer_id or "")
        if not any(named):
            continue
        placed = Month.of(local_day(order.placed_at)).number
        counts = found[order.partner_id, placed, *named]
        found[order.partner_id, placed, *named] = (counts[0] + 1, *counts[1:])
        if order.status == "completed" and order.excluded_reason is None:
            ended = Month.of(local_day(order.outcome_at)).number
            counts = found[order.partner_id, ended, *named]
            cents = counts[2] + (order.value_cents or 0)
            found[order.partner_id, ended, *named] = (counts[0], counts[1] + 1, cents)
    return dict(found)


def one_order(order, orders):
    """What an order counts for when placed, and at its outcome: the definitions, naively."""
    kept = order.excluded_reason is None
    named = kept and order.customer_id is not None
    repeat = named and any(
        o.partner_id == order.partner_id
        and o.customer_id == order.customer_id
        and (o.placed_at, o.order_id) < (order.placed_at, order.order_id)
        for o in orders
    )
    placed = Totals(placed=1, customer_orders=int(named), repeat_orders=int(repeat))
    if not kept:
        return placed, Totals()
    done = order.status == "completed"
    outcome = Totals(
        accepted=int(order.status in ("accepted", "completed", "failed")),
        rejected=int(order.status == "rejected"),
        completed=int(done),
        failed=int(order.status == "failed"),
        cancelled=int(order.status == "cancelled"),
        value_cents=(order.value_cents or 0) if done else 0,
        value_count=int(done and order.value_cents is not None),
        rating_milli=order.rating_milli or 0,
        rating_count=int(order.rating_milli is not None),
        address_ok=order.address_ok or 0,
        address_count=int(order.address_ok is not None),
        response_seconds=order.response_seconds or 0,
        response_count=int(order.response_seconds is not None),
    )
    return placed, outcome


def local_day(seconds):
    return datetime.fromtimestamp(seconds, BERLIN).date()


def naive_totals(orders):
    found = defaultdict(Totals)
    for order in orders:
        placed, outcome = one_order(order, orders)
        for seconds, counted in ((order.placed_at, placed), (order.outcome_at, outcome)):
            found[order.partner_id, Month.of(local_day(seconds)).number] += counted
    return dict(found)


def naive_days(orders, partner_id, first, last):
    found = Totals()
    for order in orders:
        if order.partner_id != partner_id:
            continue
        placed, outcome = one_order(order, orders)
        for seconds, counted in ((order.placed_at, placed), (order.outcome_at, outcome)):
            if first <= local_day(seconds) <= last:
                found += counted
    return found


def empty(importer):
    with importer.database.write() as session:
        for table in (
            "coverage",
            "imports",
            "orders",
            "order_versions",
            "monthly_totals",
            "service_totals",
        ):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(files=files, first=st.integers(0, 70), days=st.integers(0, 40))
def test_incremental_totals_equal_a_full_recount_and_a_naive_one(importer, files, first, days):
    empty(importer)
    for number, file in enumerate(files):
        when = importer.options.now + timedelta(hours=number)
        assert not importer.orders(*map(as_row, file), now=when, moves_allowed=True).rejected
    with importer.database.write() as session:
        orders = list(session.scalars(select(OrderRow)))
        incremental, by_service = stored_totals(session), stored_services(session)
        totals.recount_all(session.connection())
        session.expunge_all()
        recounted, services = stored_totals(session), stored_services(session)
        start = START.date() + timedelta(days=first)
        end = start + timedelta(days=days)
        trailing = totals.trailing_totals(session, "acme", start, end, BERLIN)
    assert incremental == recounted == naive_totals(orders)
    assert by_service == services == naive_services(orders)
    assert trailing == naive_days(orders, "acme", start, end)


def test_trailing_days_begin_and_end_at_midnight_of_the_programs_zone(importer, order):
    importer.orders(
        order("before", placed_at="2026-10-24T21:59:59Z"),
        order("first", placed_at="2026-10-24T22:00:00Z"),  # midnight in summer
        order("last", placed_at="2026-10-25T22:59:59Z"),  # clocks went back that night
        order("after", placed_at="2026-10-25T23:00:00Z"),
    )
    day = date(2026, 10, 25)
    with importer.database.read() as session:
        assert totals.trailing_totals(session, "acme", day, day, BERLIN).placed == 2
        nothing = totals.trailing_totals(session, "acme", day, date(2026, 10, 24), BERLIN)
    assert nothing == Totals()


def test_another_zone_is_refused_until_the_months_are_recounted(importer, order):
    importer.orders(order(placed_at="2026-10-31T20:00:00Z"))
    program = importer.options.policy.program.model_copy(update={"time_zone": "Asia/Tokyo"})
    policy = importer.options.policy.model_copy(update={"program": program})
    importer.options = replace(importer.options, policy=policy)
    with pytest.raises(UserError, match="counted in Europe/Berlin") as refused:
        importer.orders(order("o2"))
    assert "partners import recount" in words(refused.value)
    assert recount(importer.database, program.zone) == 1
    with importer.database.read() as session:
        assert stored_totals(session) == {("acme", 202611): Totals(1, 1, completed=1)}
        assert session.get(SettingRow, "time_zone").value == "Asia/Tokyo"
    assert importer.orders(order("o2")).new == 1
