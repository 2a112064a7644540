"""Exclusives: proposed, found, listed; the grant that comes with one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from partners.domain.offers.exclusive import ExclusiveStatus, Terms
from partners.errors import Refusal
from partners.store.offers import exclusive_standing
from partners.store.tables.exclusive_tables import (
    ExclusiveReviewRow,
    ExclusiveRow,
    ExclusiveStateRow,
)
from partners.store.tables.offer_tables import GrantRow

_TERMS = tuple(field.name for field in fields(Terms))


@dataclass(eq=False)
class UnknownExclusive(Refusal):
    """No exclusive has this id."""

    says = "unknown exclusive {exclusive_id!r}"

    exclusive_id: str


@dataclass(frozen=True)
class Draft:
    """An exclusive that somebody proposes."""

    partner_id: str
    service: str
    terms: Terms
    offer_id: str | None = None  # the one that the holder is granted with it
    area_code: str | None = None  # None: everywhere
    renews: str | None = None  # the exclusive that it follows


def known(session: Session, exclusive_id: str) -> ExclusiveRow:
    """The exclusive. Raises UnknownExclusive if there is none."""
    row = session.get(ExclusiveRow, exclusive_id)
    if row is None:
        raise UnknownExclusive(exclusive_id)
    return row


def locked(session: Session, exclusive_id: str) -> ExclusiveRow:
    """As it is now, locked until the transaction ends. Raises UnknownExclusive."""
    query = select(ExclusiveRow).where(ExclusiveRow.exclusive_id == exclusive_id)
    query = query.with_for_update().execution_options(populate_existing=True)
    if (row := session.scalar(query)) is None:
        raise UnknownExclusive(exclusive_id)
    return row


def terms_of(row: ExclusiveRow) -> Terms:
    return Terms(**{name: getattr(row, name) for name in _TERMS})


def propose(
    session: Session, draft: Draft, policy_version: int, at: datetime, who: str, reason: str
) -> ExclusiveRow:
    """Write a proposal. The partner is locked, so that the next number is one's own."""
    row = ExclusiveRow(
        exclusive_id=_next_id(session, draft.partner_id),
        partner_id=draft.partner_id,
        service=draft.service,
        offer_id=draft.offer_id,
        area_code=draft.area_code,
        **{name: getattr(draft.terms, name) for name in _TERMS},
        status=ExclusiveStatus.PROPOSED,
        renews=draft.renews,
        policy_version=policy_version,
        proposed_at=at,
        proposed_by=who,
        reason=reason,
        revision=0,
    )
    session.add(row)
    session.flush()
    exclusive_standing.stand(session, row, ExclusiveStatus.PROPOSED, at, who, reason)
    return row


def _next_id(session: Session, partner_id: str) -> str:
    """`acme-x3` is the third of acme's. None is ever deleted."""
    query = select(func.count()).where(ExclusiveRow.partner_id == partner_id)
    return f"{partner_id}-x{(session.scalar(query) or 0) + 1}"


def grant(session: Session, row: ExclusiveRow, at: datetime, who: str) -> None:
    """The grant that comes with an exclusive, through its term; it stays when that is lost."""
    if row.offer_id is None:
        return
    given = GrantRow(
        offer_id=row.offer_id,
        partner_id=row.partner_id,
        from_day=row.first_day,
        until_day=row.last_day,
        granted_at=at,
        who=who,
        reason=f"exclusive {row.exclusive_id}",
        exclusive_id=row.exclusive_id,
    )
    session.add(given)
    session.flush()


@dataclass(frozen=True)
class Wanted:
    """Which exclusives; None: whichever."""

    status: ExclusiveStatus | None = None
    partner_id: str | None = None
    service: str | None = None
    area_code: str | None = None


def count(session: Session, wanted: Wanted) -> int:
    query = select(func.count()).select_from(ExclusiveRow).where(*_conditions(wanted))
    return session.scalar(query) or 0


def listed(session: Session, wanted: Wanted) -> Iterator[ExclusiveRow]:
    """Those whose term ends last leading, read while they are taken."""
    order = ExclusiveRow.last_day.desc(), ExclusiveRow.exclusive_id
    query = select(ExclusiveRow).where(*_conditions(wanted)).order_by(*order)
    yield from session.scalars(query.execution_options(yield_per=500))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    return [
        getattr(ExclusiveRow, field.name) == value
        for field in fields(wanted)
        if (value := getattr(wanted, field.name)) is not None
    ]


def states(session: Session, exclusive_id: str) -> Sequence[ExclusiveStateRow]:
    """How it stood when, the first one leading."""
    row = ExclusiveStateRow
    query = select(row).where(row.exclusive_id == exclusive_id).order_by(row.at, row.state_id)
    return session.scalars(query).all()


def periods(session: Session, exclusive_id: str) -> Sequence[ExclusiveReviewRow]:
    """The periods that were judged, the first one leading."""
    row = ExclusiveReviewRow
    query = select(row).where(row.exclusive_id == exclusive_id).order_by(row.first_month)
    return session.scalars(query).all()


def follower(session: Session, exclusive_id: str) -> ExclusiveRow | None:
    """The one that renews it, unless that was withdrawn."""
    row = ExclusiveRow
    query = select(row).where(row.renews == exclusive_id, row.status != ExclusiveStatus.WITHDRAWN)
    return session.scalars(query.order_by(row.exclusive_id)).first()
