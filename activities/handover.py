"""Handing over a message that belongs to no case, once, by the outbox protocol.

Kill switch → still true? → claim (committed) → hand over → settle (rule 14).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from activities.services import Services
from partners.domain.case_view import Sending
from partners.domain.notices import MailState, NoticeKind
from partners.mail.notice import Notice, Rendered
from partners.mail.transport import Message
from partners.store import outbox

SENDING = {
    MailState.ACCEPTED: Sending.SENT,
    MailState.WAITING: Sending.WAITING,
    MailState.REJECTED: Sending.REJECTED,
    MailState.UNKNOWN: Sending.UNKNOWN,
}


@dataclass(frozen=True)
class Draft:
    """A notice and whom it is for; `partner_id` is None for staff."""

    notice: Notice
    to: list[str]
    partner_id: str | None = None


@dataclass(frozen=True)
class Handed:
    """What became of a message, and why."""

    result: Sending
    detail: str = ""


Compose = Callable[[Session], Draft | str]
"""Gathers the facts of a notice, or says why it must not go out now."""


def hand_over(
    services: Services, key: str, kind: NoticeKind, compose: Compose, now: datetime
) -> Handed:
    """Send one message once; `now` is program time. Safe to repeat: the key decides.

    A message that may have been handed over before a crash is handed over again only by a
    transport that can take it twice.
    """
    ready = _prepare(services, key, kind, compose, now)
    if isinstance(ready, Handed):
        return ready
    receipt = services.transport.send(ready)
    with services.database.write() as session:
        row = outbox.message(session, key)
        assert row is not None
        outbox.settle(
            row, receipt.state, now, provider_id=receipt.provider_id, detail=receipt.detail
        )
        return Handed(SENDING[MailState(row.state)], row.detail or "")


def _prepare(
    services: Services, key: str, kind: NoticeKind, compose: Compose, now: datetime
) -> Message | Handed:
    """Everything up to the claim, in one transaction."""
    with services.database.write() as session:
        row = outbox.message(session, key)
        if row is not None and row.state == MailState.SENDING and not services.transport.repeatable:
            outbox.settle(row, MailState.UNKNOWN, now, detail="the worker stopped meanwhile")
        if row is not None and row.state != MailState.SENDING:
            return Handed(SENDING[MailState(row.state)], row.detail or "")
        if switch := outbox.stopped(session, kind):
            return Handed(Sending.STOPPED, f"{switch.name} stopped by {switch.who}")
        if row is None:
            draft = compose(session)
            if isinstance(draft, str):
                return Handed(Sending.SKIPPED, draft)
            row = outbox.claim(
                session,
                key,
                kind,
                services.renderer.render(draft.notice),
                to=draft.to,
                sender=services.sender or draft.notice.policy.program.contact_email,
                now=now,
                partner_id=draft.partner_id,
                case_id=None,
                stated_deadline=None,
            )
        content = Rendered(row.subject, row.text, row.html)
        return Message(row.outbox_id, tuple(row.to), row.sender, content)
