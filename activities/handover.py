"""Handing over a message that belongs to no case, once, by the outbox protocol.

Kill switch → still true? → claim (committed) → hand over → learn (rule 14, and `protocol`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from activities import protocol
from activities.protocol import OPEN, SENDING, Attempt, Ready
from activities.services import Services
from partners.domain.case_view import Sending
from partners.domain.notices import MailState, NoticeKind
from partners.domain.resolution import sends_again
from partners.mail.notice import Notice
from partners.store import outbox
from partners.store.outbox import Claim
from partners.store.tables import OutboxRow


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

    Raises, to be tried again, while the provider asks to wait or cannot be reached.
    """
    attempt = Attempt.running()
    ready = _prepare(services, key, kind, compose, now, attempt)
    if isinstance(ready, Handed):
        return ready
    receipt = protocol.deliver(services, ready, attempt)
    with services.database.write() as session:
        row = protocol.learn(session, ready, receipt, attempt, now)
    protocol.raise_if_open(row, receipt)
    return _handed(row)


def _handed(row: OutboxRow) -> Handed:
    return Handed(SENDING[MailState(row.state)], row.detail or "")


def _prepare(
    services: Services,
    key: str,
    kind: NoticeKind,
    compose: Compose,
    now: datetime,
    attempt: Attempt,
) -> Ready | Handed:
    """Everything up to the claim, in one transaction."""
    with services.database.write() as session:
        row = outbox.message(session, key)
        protocol.examine(services, session, row, attempt)
        if row is not None and row.state not in OPEN and not _is_sent_again(row):
            return _handed(row)
        if switch := outbox.stopped(session, kind):
            return Handed(Sending.STOPPED, f"{switch.name} stopped by {switch.who}")
        draft = compose(session)
        if isinstance(draft, str):
            _withdraw(row, draft, now)
            return Handed(Sending.SKIPPED, draft)
        protocol.refuse_while_paused(session, attempt)
        claim = attempt.claim()
        if row is not None and row.state in OPEN:
            outbox.take(row, claim, now)
        else:
            row = _claim(services, session, key, kind, draft, now, claim, row)
        return protocol.ready(row, claim)


def _is_sent_again(row: OutboxRow) -> bool:
    return row.state == MailState.LOST and sends_again(row.kind, row.attempt)


def _withdraw(row: OutboxRow | None, why: str, now: datetime) -> None:
    """A message that still waits for the provider is not handed over any more."""
    if row is not None and row.state == MailState.QUEUED:
        outbox.settle(row, MailState.SUPERSEDED, now, detail=why)


def _claim(
    services: Services,
    session: Session,
    key: str,
    kind: NoticeKind,
    draft: Draft,
    now: datetime,
    claim: Claim,
    lost: OutboxRow | None,
) -> OutboxRow:
    return outbox.claim(
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
        by=claim,
        after=lost,
    )
