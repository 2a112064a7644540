"""Exclusives that are proposed, to begin with or to follow another. A proposal binds nobody."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal

from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.offers.renewing import next_term
from partners.store.offers.holding import exclusive_places, exclusives
from partners.store.offers.holding.exclusive_places import SharedWith
from partners.store.offers.holding.exclusives import Draft
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.use_cases.acting import Manager
from partners.use_cases.copying import copied
from partners.use_cases.offers.exclusive_desk import Desk
from partners.use_cases.offers.exclusive_refusals import NeverSigned, NoProposal, RenewedAlready
from partners.use_cases.offers.exclusive_view import Exclusive

_NEVER_SIGNED = (ExclusiveStatus.PROPOSED, ExclusiveStatus.WITHDRAWN)


@dataclass(frozen=True)
class Proposed:
    """A proposal, and who would be in its way if it were signed now."""

    exclusive: Exclusive
    rivals: tuple[SharedWith, ...]


@dataclass(frozen=True)
class Changed:
    """What a renewal changes of the terms; None: as they were."""

    last_day: date | None = None
    minimum_orders: int | None = None
    completion: Decimal | None = None
    max_holders: int | None = None


def preview_proposal(by: Manager, draft: Draft, reason: str) -> Proposed:
    """What would be proposed; nothing of it stays."""
    with by.database.rolled_back() as session:
        return _propose(Desk.of(session, by, reason), draft)


def propose(by: Manager, draft: Draft, reason: str) -> Proposed:
    """Write a proposal, which waits for a person to sign it."""
    with by.database.write() as session:
        return _propose(Desk.of(session, by, reason), draft)


def _propose(desk: Desk, draft: Draft) -> Proposed:
    desk.check_new(draft)
    row = exclusives.propose(desk.session, draft, desk.version, desk.now, desk.who, desk.reason)
    codes = exclusive_places.codes_of(desk.session, row)
    found = exclusive_places.look(desk.session, row, codes)
    return Proposed(copied(Exclusive, row), tuple(found) if isinstance(found, list) else ())


def preview_renewal(
    by: Manager, exclusive_id: str, reason: str, changed: Changed = Changed()
) -> Proposed:
    """What would be proposed to follow an exclusive; nothing of it stays."""
    with by.database.rolled_back() as session:
        return _renew(Desk.of(session, by, reason), exclusive_id, changed)


def renew(by: Manager, exclusive_id: str, reason: str, changed: Changed = Changed()) -> Proposed:
    """Propose an exclusive that follows another: the same terms for as long, but for `changed`."""
    with by.database.write() as session:
        return _renew(Desk.of(session, by, reason), exclusive_id, changed)


def _renew(desk: Desk, exclusive_id: str, changed: Changed) -> Proposed:
    row = desk.exclusive(exclusive_id)
    if row.status in _NEVER_SIGNED:
        raise NeverSigned(exclusive_id, row.status)
    if (follower := exclusives.follower(desk.session, exclusive_id)) is not None:
        raise RenewedAlready(exclusive_id, follower.exclusive_id)
    terms = next_term(exclusives.terms_of(row), desk.today)
    given = {f.name: v for f in fields(changed) if (v := getattr(changed, f.name)) is not None}
    return _propose(desk, _following(row, replace(terms, **given)))


def _following(row: ExclusiveRow, terms: exclusives.Terms) -> Draft:
    return Draft(
        row.partner_id, row.service, terms, row.offer_id, row.area_code, renews=row.exclusive_id
    )


def withdraw(by: Manager, exclusive_id: str, reason: str) -> Exclusive:
    """Take a proposal back."""
    with by.database.write() as session:
        desk = Desk.of(session, by, reason)
        row = desk.exclusive(exclusive_id)
        if row.status is not ExclusiveStatus.PROPOSED:
            raise NoProposal(exclusive_id, row.status)
        desk.stand(row, ExclusiveStatus.WITHDRAWN)
        return copied(Exclusive, row)
