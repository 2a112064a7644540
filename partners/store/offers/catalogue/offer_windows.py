"""From when a tier sees and orders an offer, where its days of early access do not say it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.offer import OfferStatus, Window
from partners.domain.policy.policy import Policy
from partners.store.offers.catalogue.offer_changes import Said
from partners.store.offers.catalogue.offer_refusals import (
    NothingChanges,
    NoWindow,
    TierNotInPolicy,
)
from partners.store.offers.catalogue.term_refusals import (
    in_order,
    not_over,
)
from partners.store.tables.offer_tables import OfferRow, WindowRow


def windows_of(session: Session, offer_id: str) -> Sequence[WindowRow]:
    query = select(WindowRow).where(WindowRow.offer_id == offer_id)
    return session.scalars(query.order_by(WindowRow.window_id)).all()


def put(
    session: Session, offer: OfferRow, tier: str, window: Window, policy: Policy, said: Said
) -> WindowRow:
    """Give a tier a window of its own, or another one. A draft, which nobody has seen, may have
    one that has begun. Raises a refusal that says why not."""
    tiers = tuple(one.key for one in policy.tiers)
    if tier not in tiers:
        raise TierNotInPolicy(tier, tiers)
    in_order(*window)
    if offer.status is not OfferStatus.DRAFT:
        not_over(window.visible_from, said.today)
    row = _of_tier(session, offer.offer_id, tier)
    if row is None:
        row = WindowRow(offer_id=offer.offer_id, tier=tier, **window._asdict())
        session.add(row)
    elif Window(row.visible_from, row.orderable_from) == window:
        raise NothingChanges(offer.offer_id)
    else:
        row.visible_from, row.orderable_from = window
    session.flush()
    return row


def take_away(session: Session, offer: OfferRow, tier: str) -> None:
    """From now on the tier's early access says it. Raises NoWindow."""
    row = _of_tier(session, offer.offer_id, tier)
    if row is None:
        raise NoWindow(offer.offer_id, tier)
    session.delete(row)
    session.flush()


def _of_tier(session: Session, offer_id: str, tier: str) -> WindowRow | None:
    query = select(WindowRow).where(WindowRow.offer_id == offer_id, WindowRow.tier == tier)
    return session.scalar(query)
