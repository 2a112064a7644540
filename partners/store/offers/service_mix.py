"""A partner's orders by service, from the totals that imports keep."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.domain.offers.service_mix import ServiceMix, ServiceSum, mix
from partners.domain.time.calendar import Month
from partners.store.tables.feed_tables import MonthlyTotalRow, ServiceTotalRow
from partners.store.tables.offer_tables import OfferRow


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
