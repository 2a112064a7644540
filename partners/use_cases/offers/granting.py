"""Granting offers to partners, and taking grants back."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from partners.domain.offers.offer import Span
from partners.domain.overrides.override import Override
from partners.store.offers.catalogue import grants
from partners.store.offers.catalogue.known_offer import living_offer
from partners.store.offers.catalogue.term_refusals import (
    GranteeIsBlocked,
)
from partners.store.overrides import overrides
from partners.store.people.known_partner import locked_partner
from partners.use_cases.acting import Manager
from partners.use_cases.copying import copied
from partners.use_cases.offers.offer_desk import at_desk
from partners.use_cases.offers.offer_pages import GrantFacts


def grant(
    by: Manager, offer_id: str, partner_id: str, span: Span, reason: str, only_look: bool = False
) -> GrantFacts:
    """Let a partner have an offer, from today unless a later day is named.

    Raises UnknownPartner, GranteeIsBlocked, GrantOverlaps, or what is wrong with the offer or the
    days.
    """
    with at_desk(by, reason, only_look) as desk:
        living_offer(desk.session, offer_id)
        locked_partner(desk.session, partner_id)  # whoever blocks them comes before, or after
        _refuse_if_blocked(desk.session, offer_id, partner_id, desk.said.today)
        held = grants.standing(desk.session, [(offer_id, partner_id)])
        row = grants.give(desk.session, offer_id, partner_id, span, desk.said, held)
        desk.session.flush()
        return copied(GrantFacts, row)


def revoke(
    by: Manager, offer_id: str, partner_id: str, reason: str, only_look: bool = False
) -> tuple[GrantFacts, ...]:
    """Take back what a partner was granted of an offer, from now on. Raises NoGrant."""
    with at_desk(by, reason, only_look) as desk:
        living_offer(desk.session, offer_id)
        locked_partner(desk.session, partner_id)
        rows = grants.revoke(desk.session, offer_id, partner_id, desk.said)
        return tuple(copied(GrantFacts, row) for row in rows)


def _refuse_if_blocked(session: Session, offer_id: str, partner_id: str, today: date) -> None:
    held = overrides.in_force(session, partner_id, today)
    if any(row.kind == Override.BLOCK for row in held):
        raise GranteeIsBlocked(partner_id, offer_id)
    if any(row.kind == Override.OFFERS and offer_id in row.offers for row in held):
        raise GranteeIsBlocked(partner_id, offer_id, only_this=True)
