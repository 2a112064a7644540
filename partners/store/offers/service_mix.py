"""A partner's orders by service, from the totals that imports keep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.offers.service_mix import ServiceMix, ServiceSum, mix
from partners.domain.time.calendar import Month
from partners.store.policy import policies
from partners.store.tables.feed_tables import MonthlyTotalRow, ServiceTotalRow
from partners.store.tables.offer_tables import OfferRow

RECENT_MONTHS = 12
"""How many months the services that a partner prefers are counted over, with the running one."""


def recent_services(session: Session, partner_id: str, now: datetime) -> ServiceMix | None:
    """Of the last months' orders; None before the first policy, and without any order in them."""
    in_force = policies.in_force_at(session, now)
    if in_force is None:
        return None
    last = Month.of(calendar_of(in_force[1]).day_of(now))
    found = service_mix(session, partner_id, last.plus(1 - RECENT_MONTHS), last)
    return found if found.placed else None


def service_mix(session: Session, partner_id: str, first: Month, last: Month) -> ServiceMix:
    """Which services a partner's orders of these months were of.

    An order's own service counts, else that of the offer it names, as it is now.
    """
    row, total = ServiceTotalRow, MonthlyTotalRow
    service = func.coalesce(func.nullif(row.service, ""), OfferRow.service)
    sums = session.execute(
        select(service, *(func.sum(c) for c in (row.placed, row.completed, row.value_cents)))
        .outerjoin(OfferRow, OfferRow.offer_id == row.offer_id)
        .where(row.partner_id == partner_id, row.month.between(first.number, last.number))
        .group_by(service)
    )
    placed = session.scalar(
        select(func.sum(total.placed)).where(
            total.partner_id == partner_id, total.month.between(first.number, last.number)
        )
    )
    found = [ServiceSum(name, *map(int, counts)) for name, *counts in sums]
    return mix(first, last, int(placed or 0), found)
