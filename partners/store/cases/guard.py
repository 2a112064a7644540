"""What the guard holds until a person approves or rejects it (rule 13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session, defer

from partners.domain.cases.case import Permission
from partners.errors import Refusal
from partners.store.tables.review_tables import GuardRequestPartnerRow, GuardRequestRow, ReviewRow


def request(
    session: Session,
    request_id: str,
    partner_ids: Iterable[str],
    detail: str,
    now: datetime,
    *,
    anew: bool = False,
) -> Permission:
    """Ask for a person's approval, once per id; returns where the request stands.

    Safe to repeat: what is waiting or decided stays as it is. `anew` asks again after a decision:
    a case may be held for its warning, and later for its removal.
    """
    row = find(session, request_id)
    if row is None:
        row = GuardRequestRow(request_id=request_id, state=Permission.WAITING)
        session.add(row)
    elif row.state == Permission.WAITING or not anew:
        return row.state
    row.asked_at, row.partner_ids, row.detail = now, sorted(partner_ids), detail
    row.state = Permission.WAITING
    row.who = row.reason = row.decided_at = None
    session.flush()
    _name_partners(session, row)
    return Permission.WAITING


def _name_partners(session: Session, row: GuardRequestRow) -> None:
    """Keep whom a request is about where one of them can be looked up."""
    one = GuardRequestPartnerRow
    session.execute(delete(one).where(one.request_id == row.request_id))
    ids = sorted(set(row.partner_ids))
    if ids:
        rows = [{"partner_id": one_id, "request_id": row.request_id} for one_id in ids]
        session.execute(insert(one), rows)


def find(session: Session, request_id: str) -> GuardRequestRow | None:
    """A request, locked until the transaction ends; None if there is none."""
    return session.get(GuardRequestRow, request_id, with_for_update=True)


def decision(session: Session, request_id: str) -> Permission | None:
    """Where a request stands; None if nothing was asked under this id."""
    query = select(GuardRequestRow).where(GuardRequestRow.request_id == request_id)
    row = session.scalar(query)
    return row.state if row else None


@dataclass(eq=False)
class NothingHeld(Refusal):
    """The guard was never asked under this id, nor about this partner's open case."""

    says = "the guard holds nothing under {request!r}"

    request: str


@dataclass(eq=False)
class AlreadyAnswered(Refusal):
    """A person has answered what the guard held."""

    says = "{request_id} does not wait for approval: it was {state} by {who} ({reason})"

    request_id: str
    state: str
    who: str | None
    reason: str | None


def refuse_answered(row: GuardRequestRow) -> None:
    """Raises AlreadyAnswered for a request that does not wait."""
    if row.state != Permission.WAITING:
        raise AlreadyAnswered(row.request_id, row.state, row.who, row.reason)


def decide(
    session: Session, request_id: str, approved: bool, who: str, reason: str, now: datetime
) -> GuardRequestRow:
    """Record a person's word on a waiting request.

    Raises NothingHeld or AlreadyAnswered.
    """
    row = find(session, request_id)
    if row is None:
        raise NothingHeld(request_id)
    refuse_answered(row)
    _settle(row, Permission.APPROVED if approved else Permission.REJECTED, who, reason, now)
    return row


def settle(
    session: Session, request_id: str, approved: bool, who: str, reason: str, now: datetime
) -> None:
    """Record how a request ended if one waits; for a case that a person resumed or voided."""
    row = find(session, request_id)
    # Locked, and asked whether it still waits: the word of whoever answered first stays.
    if row is not None and row.state == Permission.WAITING:
        _settle(row, Permission.APPROVED if approved else Permission.REJECTED, who, reason, now)


def approved_with(session: Session, partner_id: str, since: datetime) -> GuardRequestRow | None:
    """The review whose approval, given after `since`, covers a warning of this partner."""
    row, about = GuardRequestRow, GuardRequestPartnerRow
    query = (
        select(row)
        .join(ReviewRow, ReviewRow.review_id == row.request_id)
        .join(about, about.request_id == row.request_id)
        .where(
            about.partner_id == partner_id, row.state == Permission.APPROVED, row.decided_at > since
        )
        .options(defer(row.partner_ids))  # all that the review found: long, and not asked for
    )
    return session.scalars(query.order_by(row.request_id)).first()


def waiting(session: Session) -> Iterator[GuardRequestRow]:
    """What waits for a person, the oldest first, read as it is asked for."""
    query = select(GuardRequestRow).where(GuardRequestRow.state == Permission.WAITING)
    order = (GuardRequestRow.asked_at, GuardRequestRow.request_id)
    yield from session.scalars(query.order_by(*order).execution_options(yield_per=100))


def waiting_reviews(session: Session) -> Iterator[Any]:
    """Of the reviews that wait: id, since when, why and for how many partners; the oldest first.

    Whom they are about is long, and is not read.
    """
    row, about = GuardRequestRow, GuardRequestPartnerRow
    query = (
        select(row.request_id, row.asked_at, row.detail, func.count(about.partner_id).label("many"))
        .join(ReviewRow, ReviewRow.review_id == row.request_id)
        .outerjoin(about, about.request_id == row.request_id)
        .where(row.state == Permission.WAITING)
        .group_by(row.request_id, row.asked_at, row.detail)
    )
    yield from session.execute(query.order_by(row.asked_at, row.request_id))


def _settle(row: GuardRequestRow, state: Permission, who: str, reason: str, now: datetime) -> None:
    row.state, row.who, row.reason, row.decided_at = state, who, reason, now
