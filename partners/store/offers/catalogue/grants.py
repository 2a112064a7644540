"""Grants: that a partner may have an offer of visibility *selected*; given, ended, kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from partners.domain.offers.offer import Span
from partners.store.offers.catalogue.term_refusals import (
    GrantOfExclusive,
    GrantOverlaps,
    NoGrant,
    in_order,
    not_over,
)
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.offer_tables import GrantRow

if TYPE_CHECKING:
    from partners.store.offers.catalogue.offer_changes import Said


def standing(session: Session, whose: Collection[tuple[str, str]]) -> list[GrantRow]:
    """Grants that were not revoked, of these offers to these partners: (offer, partner)."""
    row, partners = GrantRow, {partner_id for _, partner_id in whose}
    query = select(row).where(row.partner_id.in_(partners), row.revoked_at.is_(None))
    query = query.where(row.offer_id.in_({offer_id for offer_id, _ in whose}))
    found = session.scalars(query.order_by(row.from_day, row.grant_id))
    wanted = set(whose)
    return [one for one in found if (one.offer_id, one.partner_id) in wanted]


def give(
    session: Session,
    offer_id: str,
    partner_id: str,
    span: Span,
    said: Said,
    held: Collection[GrantRow],
) -> GrantRow:
    """Grant an offer; `held`: what the partner has of it that was not revoked.

    Raises GrantOverlaps, and DayIsOver or DaysOutOfOrder for days that cannot be.
    """
    first = span.first or said.today
    in_order(first, span.last)
    not_over(first, said.today)
    for other in held:
        if Span(other.from_day, other.until_day).overlaps(Span(first, span.last)):
            raise GrantOverlaps(offer_id, partner_id, other.from_day, other.until_day)
    row = GrantRow(
        offer_id=offer_id,
        partner_id=partner_id,
        from_day=first,
        until_day=span.last,
        granted_at=said.at,
        who=said.who,
        reason=said.reason,
    )
    session.add(row)
    return row


def move_end(row: GrantRow, last: date | None, held: Collection[GrantRow], today: date) -> None:
    """Let a grant hold longer or shorter. Raises GrantOverlaps, DaysOutOfOrder and DayIsOver."""
    not_over(last, today)
    not_over(row.until_day, today)
    span = in_order(row.from_day, last)
    for other in held:
        if other is not row and Span(other.from_day, other.until_day).overlaps(span):
            raise GrantOverlaps(row.offer_id, row.partner_id, other.from_day, other.until_day)
    row.until_day = last


def revoke(session: Session, offer_id: str, partner_id: str, said: Said) -> list[GrantRow]:
    """End what a partner has of an offer, now and in days to come; returns those grants.

    Raises NoGrant, and GrantOfExclusive for one that came with an exclusive which runs.
    """
    found = [
        row
        for row in standing(session, [(offer_id, partner_id)])
        if row.until_day is None or row.until_day >= said.today
    ]
    if not found:
        raise NoGrant(offer_id, partner_id)
    for row in found:
        came_with = row.exclusive_id and session.get(ExclusiveRow, row.exclusive_id)
        if came_with and came_with.status.holds_place:
            raise GrantOfExclusive(offer_id, partner_id, came_with.exclusive_id)
        row.revoked_at, row.revoked_by, row.revoked_because = said.at, said.who, said.reason
    session.flush()
    return found


def number_held(session: Session, offer_id: str, day: date) -> int:
    """How many partners have a grant of an offer that holds on a day or later."""
    query = select(func.count(GrantRow.partner_id.distinct())).where(
        GrantRow.offer_id == offer_id,
        GrantRow.revoked_at.is_(None),
        or_(GrantRow.until_day.is_(None), GrantRow.until_day >= day),
    )
    return session.scalar(query) or 0


def listed(session: Session, offer_id: str) -> Iterator[GrantRow]:
    """Every grant of an offer, the newest first, read as they are asked for."""
    query = select(GrantRow).where(GrantRow.offer_id == offer_id)
    query = query.order_by(GrantRow.grant_id.desc())
    yield from session.scalars(query.execution_options(yield_per=500))


def by_pair(rows: Sequence[GrantRow]) -> dict[tuple[str, str], list[GrantRow]]:
    """Grants by offer and partner."""
    found: dict[tuple[str, str], list[GrantRow]] = {}
    for row in rows:
        found.setdefault((row.offer_id, row.partner_id), []).append(row)
    return found
