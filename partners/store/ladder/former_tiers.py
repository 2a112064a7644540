"""The tier that a partner had on a day, by the changes on record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.store.tables.case_tables import TierChangeRow
from partners.store.tables.program_tables import PartnerRow


def tiers_at(
    session: Session, partner_ids: Sequence[str], moment: datetime
) -> dict[str, str | None]:
    """Each partner's tier just before a moment, in program time; None: in none.

    The newest change before it says so; where all came later, the first of them says what it
    changed; without any, the tier is still the one that the partner entered with.
    """
    row, partner = TierChangeRow, PartnerRow
    now = select(partner.partner_id, partner.tier).where(partner.partner_id.in_(partner_ids))
    tiers = {one.partner_id: one.tier for one in session.execute(now)}
    changes = select(row.partner_id, row.from_tier, row.to_tier, row.changed_at).where(
        row.partner_id.in_(partner_ids)
    )
    newest_first = row.changed_at.desc(), row.key.desc()
    settled: set[str] = set()
    for partner_id, before, after, at in session.execute(changes.order_by(*newest_first)):
        if partner_id not in settled:
            tiers[partner_id] = after if at < moment else before
            if at < moment:
                settled.add(partner_id)
    return tiers
