"""What partners and staff are to be told about referrals; once per key, until it is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.topics import topic_of
from partners.store.tables.referral_tables import ReferralNewsRow

SINGLE = (NoticeKind.REFERRAL_RECEIVED, NoticeKind.REFERRAL_CONVERTED)
"""About one referral; many at once go into a digest."""


def add(
    session: Session,
    key: str,
    partner_id: str,
    kind: NoticeKind,
    event: str,
    at: datetime,
    *,
    referral_id: str | None = None,
    detail: dict[str, Any] | None = None,
) -> bool:
    """Note news, unless that key was noted before. Returns whether it is new."""
    # `referrals.lock` is held, so nobody adds the same key between the look and the insert.
    if session.scalar(select(ReferralNewsRow.news_id).where(ReferralNewsRow.key == key)):
        return False
    session.add(
        ReferralNewsRow(
            key=key,
            partner_id=partner_id,
            referral_id=referral_id,
            kind=kind,
            event=event,
            detail=detail or {},
            at=at,
        )
    )
    session.flush()
    return True


def was_noted(session: Session, key: str) -> bool:
    return (
        session.scalar(select(ReferralNewsRow.news_id).where(ReferralNewsRow.key == key))
        is not None
    )


def untold(session: Session, partner_id: str, limit: int) -> Sequence[ReferralNewsRow]:
    """What a partner has yet to be told, oldest first; at most so many."""
    row = ReferralNewsRow
    query = select(row).where(row.partner_id == partner_id, row.told_at.is_(None))
    return session.scalars(query.order_by(row.news_id).limit(limit)).all()


def bundle(session: Session, partner_id: str, now: datetime) -> None:
    """Put all untold news about single referrals into one digest, which is told instead."""
    row = ReferralNewsRow
    mine = (row.partner_id == partner_id, row.told_at.is_(None), row.kind.in_(SINGLE))
    newest = session.scalar(select(func.max(row.news_id)).where(*mine))
    kinds = set(session.scalars(select(row.kind).where(*mine)))
    # News that is service mail stays service mail: who wants no digests is told of money still.
    service = any(topic_of(kind) is None for kind in kinds)
    kind = NoticeKind.REFERRAL_RESULTS if service else NoticeKind.REFERRAL_DIGEST
    key = f"referral/digest/{partner_id}/{newest}"
    told = {"told_at": now, "result": f"in {key}"}
    session.execute(update(row).where(*mine, row.news_id <= newest).values(told))
    add(session, key, partner_id, kind, "digest", now)


def bundled(session: Session, key: str) -> Sequence[ReferralNewsRow]:
    """The news that a digest tells of."""
    partner_id = key.split("/")[2]
    row = ReferralNewsRow
    query = select(row).where(row.partner_id == partner_id, row.result == f"in {key}")
    return session.scalars(query.order_by(row.news_id)).all()


def waiting(session: Session, partner_id: str) -> int:
    """How many news about single referrals have yet to be told."""
    row = ReferralNewsRow
    query = select(func.count()).where(
        row.partner_id == partner_id, row.told_at.is_(None), row.kind.in_(SINGLE)
    )
    return session.scalar(query) or 0


def told(session: Session, news_id: int, result: str, at: datetime) -> None:
    row = session.get_one(ReferralNewsRow, news_id)
    if row.told_at is None:
        row.told_at, row.result = at, result
