"""Messages as timelines list them: which, when, and with what subject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.mail.notices import MailState, NoticeKind
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.referral_tables import ReferralNewsRow


class Message(NamedTuple):
    """A message of the outbox, without its text."""

    number: int
    kind: NoticeKind
    state: MailState
    subject: str
    at: datetime  # when it was settled, or else written


COLUMNS = (
    OutboxRow.outbox_id,
    OutboxRow.kind,
    OutboxRow.state,
    OutboxRow.subject,
    OutboxRow.rendered_at,
    OutboxRow.settled_at,
)


def message(row: Sequence[Any]) -> Message:
    """Of a row of these columns."""
    number, kind, state, subject, rendered_at, settled_at = row
    return Message(number, kind, state, subject, settled_at or rendered_at)


def by_key(session: Session, begins: str) -> list[Message]:
    """Messages whose notice's key begins so, in order."""
    row = OutboxRow
    query = select(*COLUMNS).where(row.notice_key.startswith(begins, autoescape=True))
    return [message(found) for found in session.execute(query.order_by(row.outbox_id))]


def about_exclusive(session: Session, exclusive_id: str, most: int) -> list[Message]:
    """The latest about an exclusive, to its holder and to staff, in order; not those to others."""
    row, begins = OutboxRow, f"exclusive/{exclusive_id}/"
    query = select(*COLUMNS).where(
        row.notice_key.startswith(begins, autoescape=True),
        row.kind != NoticeKind.EXCLUSIVE_OTHER,
    )
    newest = session.execute(query.order_by(row.outbox_id.desc()).limit(most))
    return [message(found) for found in newest][::-1]


def about_referrals(session: Session, partner_id: str, most: int) -> list[Message]:
    """The latest about a partner's referrals, to the partner and to staff, in order."""
    news = ReferralNewsRow
    query = select(*COLUMNS).join(news, news.key == OutboxRow.notice_key)
    newest = query.where(news.partner_id == partner_id).order_by(OutboxRow.outbox_id.desc())
    return [message(found) for found in session.execute(newest.limit(most))][::-1]
