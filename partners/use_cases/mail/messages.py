"""What was written, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from sqlalchemy.orm import Session

from partners.domain.mail.delivery import Delivery
from partners.domain.mail.notices import MailState, NoticeKind
from partners.mail import eml
from partners.mail.unsubscribe import NO_LINKS, Links
from partners.mail.words.history import Line, history
from partners.store.mail import mail_events, mailbox
from partners.store.tables.mail_tables import OutboxRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied

_AT_ONCE = 500


@dataclass(frozen=True)
class Message:
    """A message without its text."""

    outbox_id: int
    message_key: str
    kind: NoticeKind
    partner_id: str | None  # None: to staff, or a test
    case_id: str | None
    state: MailState
    detail: str | None
    sender: str
    to: list[str]
    subject: str
    rendered_at: datetime
    settled_at: datetime | None
    stated_deadline: date | None
    came: str = ""  # how far it came by what was reported; blank: nothing was, or nobody asked


@dataclass(frozen=True)
class WholeMessage(Message):
    """A message with its text, and what became of it."""

    public_id: str = ""  # by which the provider knows it
    text: str = ""
    html: str = ""
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class MessageFile:
    """A message as a file that every mail program opens."""

    number: int
    content: bytes


def messages(
    by: Viewer,
    *,
    partner: str | None = None,
    kind: NoticeKind | None = None,
    state: MailState | Delivery | None = None,
) -> Iterator[Message]:
    """Messages, newest first, read as they are asked for, and how far each came.

    `state`: a state of ours, or one that was reported.
    """
    reported = isinstance(state, Delivery)
    with by.database.read() as session:
        found = mailbox.messages(
            session,
            partner=partner,
            kind=kind,
            state=None if reported else state,
            delivery=state if reported else None,
        )
        while rows := list(islice(found, _AT_ONCE)):
            yield from _with_delivery(session, rows)


def page(
    by: Viewer,
    *,
    size: int,
    partner: str = "",
    kind: str = "",
    state: str = "",
    before: int | None = None,
) -> list[Message]:
    """So many messages, newest first, and how far each came. `state`: a state of ours, or one
    that was reported, else there are none; `before`: older than this number."""
    reported = state in list(Delivery)
    if kind not in ("", *NoticeKind) or state not in ("", *MailState, *Delivery):
        return []
    with by.database.read() as session:
        found = mailbox.messages(
            session,
            partner=partner,
            kind=kind,
            state="" if reported else state,
            delivery=state if reported else "",
            before=before,
            limit=size,
        )
        return list(_with_delivery(session, list(found)))


def _with_delivery(session: Session, rows: Sequence[OutboxRow]) -> Iterator[Message]:
    came = mail_events.deliveries(session, [row.outbox_id for row in rows])
    for row in rows:
        delivery = came.get(row.outbox_id)
        yield copied(Message, row, came=delivery.state if delivery else "")


def whole(by: Viewer, message: str) -> WholeMessage:
    """One message, by its number or key. Raises UnknownMessage."""
    with by.database.read() as session:
        row = mailbox.required(session, message)
        lines = tuple(history(row, mail_events.timeline(session, row.outbox_id)))
        came = mail_events.deliveries(session, [row.outbox_id]).get(row.outbox_id)
        return copied(WholeMessage, row, lines=lines, came=came.state if came else "")


def as_file(by: Viewer, message: str, links: Links = NO_LINKS) -> MessageFile:
    """One message as it is sent. Raises UnknownMessage."""
    with by.database.read() as session:
        row = mailbox.required(session, message)
        content = eml.to_bytes(row, links.headers(row.kind, row.partner_id))
        return MessageFile(row.outbox_id, content)
