"""The orders that an exclusive is held against, beside a naive count."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from partners.domain.offers.exclusive_figures import ExclusiveFigures, Subject
from partners.domain.offers.offer import OfferStatus, Visibility
from partners.domain.time.calendar import Month
from partners.store.offers.exclusive_orders import exclusive_figures, monthly_figures
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.offer_tables import OfferRow

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 8, 20, tzinfo=UTC)
OFFERS = {"scan-1": "scan", "print-1": "print"}
STATUSES = ("placed", "accepted", "rejected", "completed", "completed", "cancelled", "failed")
CODES = ("10115", "10117", "SW1A 1AA")

blank_or = lambda values: st.one_of(st.just(""), st.sampled_from(values))  # noqa: E731
drawn_orders = st.lists(
    st.fixed_dictionaries(
        {
            "partner_id": st.sampled_from(["acme", "zenith"]),
            "hours": st.integers(0, 60 * 24),
            "days": st.integers(0, 20),
            "status": st.sampled_from(STATUSES),
            "service": blank_or(("print", "scan")),
            "offer_id": blank_or((*OFFERS, "unheard-of")),
            "postal_code": blank_or(CODES),
            "excluded_reason": st.sampled_from(["", "", "", "outage"]),
        }
    ),
    min_size=1,
    max_size=25,
)
subjects = st.builds(
    lambda named, codes: Subject("acme", codes=codes, **named),
    st.sampled_from([{"service": "print"}, {"service": "scan"}, {"offer_id": "scan-1"}]),
    st.one_of(st.none(), st.frozensets(st.sampled_from(CODES))),
)


def as_row(number, drawn):
    row = dict(drawn)
    placed = START + timedelta(hours=row.pop("hours"))
    ended = placed + timedelta(days=row.pop("days"))
    return {
        "order_id": f"o{number}",
        "placed_at": placed.isoformat(),
        "outcome_at": ended.isoformat(),
        **row,
    }


@pytest.fixture
def fed(importer):
    with importer.database.write() as session:
        for offer_id, service in OFFERS.items():
            session.add(
                OfferRow(
                    **{"offer_id": offer_id, "service": service, "name": "", "description": ""},
                    **{"status": OfferStatus.ACTIVE, "visibility": Visibility.PUBLIC},
                )
            )
    return importer


def is_of(order, subject):
    if order.partner_id != subject.partner_id:
        return False
    if subject.codes is not None and order.postal_code not in subject.codes:
        return False
    if subject.offer_id is not None:
        return order.offer_id == subject.offer_id
    return (order.service or OFFERS.get(order.offer_id)) == subject.service


def naive(orders, subject, first, last):
    def within(seconds):
        return first <= datetime.fromtimestamp(seconds, BERLIN).date() <= last

    own = [o for o in orders if is_of(o, subject)]
    placed = [o for o in own if within(o.placed_at)]
    ended = [o for o in own if within(o.outcome_at) and o.excluded_reason is None]
    return ExclusiveFigures(
        placed=sum(o.excluded_reason is None for o in placed),
        completed=sum(o.status == "completed" for o in ended),
        concluded=sum(o.status in ("completed", "failed", "cancelled") for o in ended),
        excluded=sum(o.excluded_reason is not None for o in placed),
    )


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=drawn_orders, subject=subjects, first=st.integers(0, 70), days=st.integers(-1, 40))
def test_figures_of_an_exclusive_equal_a_naive_count(fed, drawn, subject, first, days):
    with fed.database.write() as session:
        for table in ("coverage", "imports", "orders", "order_versions", "monthly_totals"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")
    assert not fed.orders(*(as_row(*one) for one in enumerate(drawn))).rejected
    start = START.date() + timedelta(days=first)
    end = start + timedelta(days=days)
    with fed.database.read() as session:
        orders = list(session.scalars(select(OrderRow)))
        found = exclusive_figures(session, subject, start, end, BERLIN)
    assert found == naive(orders, subject, start, end)


def test_days_begin_and_end_at_midnight_of_the_programs_zone(fed, order):
    fed.orders(
        order("before", service="print", placed_at="2026-10-24T21:59:59Z"),
        order("first", service="print", placed_at="2026-10-24T22:00:00Z"),
        order("last", service="print", placed_at="2026-10-25T22:59:59Z"),
        order("after", service="print", placed_at="2026-10-25T23:00:00Z"),
    )
    day = date(2026, 10, 25)
    with fed.database.read() as session:
        found = exclusive_figures(session, Subject("acme", service="print"), day, day, BERLIN)
    assert (found.placed, found.completed) == (2, 2)


def test_an_area_without_a_postal_code_has_no_orders(fed, order):
    fed.orders(order(service="print", postal_code="10115"), order("nowhere", service="print"))
    everywhere = Subject("acme", service="print")
    nowhere = Subject("acme", service="print", codes=frozenset())
    with fed.database.read() as session:
        days = (date(2026, 10, 1), date(2026, 10, 31), BERLIN)
        assert exclusive_figures(session, everywhere, *days).placed == 2
        assert exclusive_figures(session, nowhere, *days) == ExclusiveFigures()


def test_each_month_has_its_own_figures(fed, order):
    fed.orders(
        order(service="print", placed_at="2026-09-28", outcome_at="2026-10-02"),
        order("o2", service="print", placed_at="2026-10-05", status="failed"),
        order("o3", service="print", placed_at="2026-10-05", excluded_reason="outage"),
    )
    with fed.database.read() as session:
        found = monthly_figures(
            session, Subject("acme", service="print"), Month(2026, 8), Month(2026, 10), BERLIN
        )
    assert found == {
        Month(2026, 8): ExclusiveFigures(),
        Month(2026, 9): ExclusiveFigures(placed=1),
        Month(2026, 10): ExclusiveFigures(placed=1, completed=1, concluded=2, excluded=1),
    }
    assert found[Month(2026, 8)].completion is None
    assert found[Month(2026, 10)].completion == Decimal("0.5")


@pytest.mark.parametrize("named", [{}, {"service": "print", "offer_id": "print-1"}])
def test_an_exclusive_is_about_a_service_or_an_offer(named):
    with pytest.raises(ValueError, match="a service or about one offer"):
        Subject("acme", **named)
