"""An offer by id, or a refusal; and the turn of whoever changes offers."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from partners.domain.offers.offer import OfferStatus
from partners.store.offers.catalogue.offer_refusals import OfferIsRetired
from partners.store.offers.known_offers import UnknownOffer
from partners.store.people.near_partners import ALIKE, LOOKED_AT, MOST
from partners.store.tables.offer_tables import OfferRow
from partners.store.tables.program_tables import OFFERS_LOCK, LockRow


def lock(session: Session) -> None:
    """Take the turn to change offers, grants and prices; the others wait until this transaction
    ends. Before cases and partners, as every turn."""
    session.get(LockRow, OFFERS_LOCK, with_for_update=True)


def known_offer(session: Session, offer_id: str) -> OfferRow:
    """The offer as it is now. Raises UnknownOffer if there is none."""
    row = session.get(OfferRow, offer_id, populate_existing=True)
    if row is None:
        raise unknown(session, offer_id)
    return row


def living_offer(session: Session, offer_id: str) -> OfferRow:
    """The offer. Raises UnknownOffer, and OfferIsRetired for one that is over."""
    row = known_offer(session, offer_id)
    if row.status is OfferStatus.RETIRED:
        raise OfferIsRetired(offer_id)
    return row


def all_living(session: Session, offer_ids: Collection[str]) -> None:
    """Raises as `living_offer` for the first that is none."""
    for offer_id in offer_ids:
        living_offer(session, offer_id)


def unknown(session: Session, offer_id: str) -> UnknownOffer:
    """With the ids of those that are meant, perhaps."""
    near = near_offers(session, offer_id)
    none_yet = not near and session.scalar(select(OfferRow.offer_id).limit(1)) is None
    return UnknownOffer(offer_id, near, none_yet)


def near_offers(session: Session, wanted: str) -> tuple[str, ...]:
    """The ids of a few offers whose id or name reads like that one, the nearest first. Retired
    ones are left out."""
    wanted = wanted.strip()
    if not wanted:
        return ()
    row = OfferRow
    query = select(row.offer_id, row.name).where(row.status != OfferStatus.RETIRED)
    query = query.order_by(row.offer_id)
    found = session.execute(query.limit(LOOKED_AT + 1)).all()
    if len(found) > LOOKED_AT:
        begins = or_(
            row.offer_id.istartswith(wanted[0], autoescape=True),
            row.name.istartswith(wanted[0], autoescape=True),
        )
        found = session.execute(query.where(begins).limit(LOOKED_AT)).all()
    ids: dict[str, str] = {name.casefold(): offer_id for offer_id, name in found}
    ids |= {offer_id.casefold(): offer_id for offer_id, _ in found}
    alike = get_close_matches(wanted.casefold(), ids, n=2 * MOST, cutoff=ALIKE)
    return tuple(dict.fromkeys(ids[word] for word in alike))[:MOST]


def offer_names(session: Session, offer_ids: Collection[str]) -> dict[str, str]:
    """The names of offers by id; those that are unknown, or have none, are left out."""
    query = select(OfferRow.offer_id, OfferRow.name).where(OfferRow.offer_id.in_(offer_ids))
    return {offer_id: name for offer_id, name in session.execute(query) if name.strip()}
