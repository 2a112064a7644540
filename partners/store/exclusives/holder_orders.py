"""What a holder sold of an exclusive's service in its area, day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from partners.domain.exclusives.exclusive_minimum import Sold
from partners.domain.judging.coverage import DayRange
from partners.domain.time.calendar import Month
from partners.store.offers.holding import exclusive_places
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.offer_tables import OfferRow

CONCLUDED = ("completed", "failed", "cancelled")


def sold_by_day(
    session: Session, row: ExclusiveRow, days: DayRange, zone: ZoneInfo
) -> Mapping[date, Sold]:
    """The orders of these days, both included; a day without any is absent.

    An order counts as placed on the day it was, and as concluded on that of its outcome. One of the
    provider's own fault counts as placed, and never as concluded. An order without a service is of
    that of its offer. Where the exclusive has an area, an order has to name a place in it.
    """
    codes = exclusive_places.codes_of(session, row)
    placed: Counter[date] = Counter()
    completed: Counter[date] = Counter()
    concluded: Counter[date] = Counter()
    for placed_at, outcome_at, status, excluded, code in session.execute(_query(row, days)):
        if codes is not None and code not in codes:
            continue
        placed[_day(placed_at, zone)] += 1
        if excluded is None and status in CONCLUDED and outcome_at is not None:
            day = _day(outcome_at, zone)
            concluded[day] += 1
            completed[day] += status == "completed"
    found = {*placed, *concluded}
    inside = (day for day in found if days.first <= day <= days.last)
    return {day: Sold(placed[day], completed[day], concluded[day]) for day in inside}


def _query(row: ExclusiveRow, days: DayRange):  # type: ignore[no-untyped-def]
    order = OrderRow
    first, last = Month.of(days.first).number, Month.of(days.last).number
    of_offers = select(OfferRow.offer_id).where(OfferRow.service == row.service)
    of_service = or_(
        order.service == row.service,
        and_(order.service.is_(None), order.offer_id.in_(of_offers)),
    )
    months = or_(order.placed_month.between(first, last), order.outcome_month.between(first, last))
    columns = (
        order.placed_at,
        order.outcome_at,
        order.status,
        order.excluded_reason,
        order.postal_code,
    )
    return select(*columns).where(order.partner_id == row.partner_id, months, of_service)


def _day(at: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at, zone).date()
