"""What a notice about a change says of offers: which open for the partner, and which close."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.cases.commands import CommandKind
from partners.mail.offer_notice import OffersChange, offers_change
from partners.store.ladder.former_tiers import tiers_at
from partners.store.offers import opened
from partners.store.offers.offer_moment import Moment, moment
from partners.store.offers.opened import Opened
from partners.store.policy import policies
from partners.store.tables.case_tables import InterventionRow
from partners.store.tables.offer_tables import OfferRow


def of_tiers(
    session: Session, partner_id: str, left: str | None, entered: str | None, now: datetime
) -> OffersChange | None:
    """What it changes to be in the one tier and no longer in the other; None: in none."""
    return _said(
        session, now, lambda when: opened.by_tier(session, partner_id, left, entered, when)
    )


def of_deed(session: Session, row: InterventionRow, now: datetime) -> OffersChange | None:
    """What a person's decision changes; of a block of some offers the notice says it elsewhere."""
    whole = row.kind in (CommandKind.BLOCKED, CommandKind.UNBLOCKED) and not row.offers
    if whole:
        blocked = row.kind is CommandKind.BLOCKED
        return _said(
            session, now, lambda when: opened.by_block(session, row.partner_id, blocked, (), when)
        )
    if row.kind in _MOVES:
        left = tiers_at(session, [row.partner_id], row.at)[row.partner_id]
        return of_tiers(session, row.partner_id, left, row.to_tier, now)
    return None


def of_some(session: Session, row: InterventionRow, now: datetime) -> tuple[str, ...]:
    """The offers of a block of some, or of its end, as the partner is told of them: by name.

    Of those that the partner does not see without the block, nothing is said (rule 20). What is no
    offer's id, as older blocks have it, is said as it was written.
    """
    blocked = row.kind is CommandKind.BLOCKED
    query = select(OfferRow.offer_id).where(OfferRow.offer_id.in_(row.offers))
    known = set(session.scalars(query))
    words = tuple(offer for offer in row.offers if offer not in known)
    if not known:
        return words
    change = _said(
        session, now, lambda when: opened.by_block(session, row.partner_id, blocked, known, when)
    )
    seen = (change.closes if blocked else change.opens) if change is not None else ()
    return words + tuple(line.name for line in seen)


_MOVES = (CommandKind.REMOVED, CommandKind.REINSTATED, CommandKind.OVERTURNED)


def _said(session: Session, now: datetime, look: Callable[[Moment], Opened]) -> OffersChange | None:
    if policies.in_force_at(session, now) is None:
        return None
    return offers_change(look(moment(session, now, now)))
