"""Partners as offers ask about them, at a moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.offer import Buyer
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy
from partners.store.ladder.former_tiers import tiers_at
from partners.store.offers.offer_moment import Moment
from partners.store.overrides.overrides import holding
from partners.store.tables.case_tables import OverrideRow

_NOW = timedelta(microseconds=1)
"""What happened at the very moment that is asked about has happened."""


def buyers(session: Session, partner_ids: Sequence[str], when: Moment) -> dict[str, Buyer]:
    """Partners as offers ask about them; unknown ones are left out."""
    tiers = tiers_at(session, partner_ids, when.at + _NOW)
    blocked, blocked_offers = _blocks(session, partner_ids, when.day)
    return {
        partner_id: buyer(
            partner_id, tier, when.policy, partner_id in blocked, blocked_offers[partner_id]
        )
        for partner_id, tier in tiers.items()
    }


def buyer(
    partner_id: str,
    tier: str | None,
    policy: Policy,
    blocked: bool = False,
    blocked_offers: Iterable[str] = (),
) -> Buyer:
    """A partner with what the policy says of their tier, where it still has that tier."""
    terms = policy.tier(tier) if tier is not None else None
    if terms is None:
        return Buyer(partner_id, tier, None, blocked, frozenset(blocked_offers))
    return Buyer(
        partner_id,
        tier,
        terms.kind,
        blocked,
        frozenset(blocked_offers),
        terms.offers.discount,
        terms.offers.early_access_days,
    )


def _blocks(
    session: Session, partner_ids: Sequence[str], day: date
) -> tuple[set[str], Mapping[str, set[str]]]:
    row = OverrideRow
    query = select(row.partner_id, row.kind, row.offers).where(
        row.partner_id.in_(partner_ids),
        row.kind.in_((Override.BLOCK, Override.OFFERS)),
        holding(day),
    )
    blocked, blocked_offers = set[str](), defaultdict[str, set[str]](set)
    for partner_id, kind, names in session.execute(query):
        if kind == Override.BLOCK:
            blocked.add(partner_id)
        else:
            blocked_offers[partner_id] |= set(names)
    return blocked, blocked_offers
