"""What a change of tier, or of a block, opens and closes for a partner."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from partners.domain.offers.access import access
from partners.domain.offers.offer import Buyer
from partners.domain.offers.opening import Opening, opening
from partners.store.offers.buyers import buyer, buyers
from partners.store.offers.catalogue.known_offer import offer_names
from partners.store.offers.offer_facts import offers
from partners.store.offers.offer_moment import Moment


@dataclass(frozen=True)
class Opened:
    """What opens and closes at a moment, and how the offers that are named are called."""

    opening: Opening
    when: Moment
    names: Mapping[str, str] = field(default_factory=dict)


def by_tier(
    session: Session, partner_id: str, left: str | None, entered: str | None, when: Moment
) -> Opened:
    """What it means for a partner to be in the second tier instead of the first; None: in none."""
    partner = buyers(session, [partner_id], when)[partner_id]
    before, after = (
        buyer(partner_id, tier, when.policy, partner.blocked, partner.blocked_offers)
        for tier in (left, entered)
    )
    return _opened(session, before, after, when)


def by_block(
    session: Session, partner_id: str, blocked: bool, offer_ids: Collection[str], when: Moment
) -> Opened:
    """What it means that a block began, or is over, of these offers; none: of everything."""
    partner = buyers(session, [partner_id], when)[partner_id]
    if offer_ids:
        others = partner.blocked_offers - frozenset(offer_ids)
        without = replace(partner, blocked_offers=others)
        held = replace(partner, blocked_offers=others | frozenset(offer_ids))
    else:
        without, held = replace(partner, blocked=False), replace(partner, blocked=True)
    before, after = (without, held) if blocked else (held, without)
    return _opened(session, before, after, when)


def _opened(session: Session, before: Buyer, after: Buyer, when: Moment) -> Opened:
    if before == after:
        return Opened(Opening(), when)
    asked = offers(session, when, [before.partner_id])
    found = opening(
        (access(before, offer, None, when.day) for offer in asked),
        (access(after, offer, None, when.day) for offer in asked),
    )
    return Opened(found, when, offer_names(session, found.offer_ids) if found else {})
