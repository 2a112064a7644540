"""Handing over a message that belongs to no case, once, by the outbox protocol.

Kill switch → still true? → gates → claim (committed) → hand over → learn (rule 14, and `protocol`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from activities import gates, protocol
from activities.gates import Addressee, Gate
from activities.protocol import OPEN, SENDING, Attempt, Ready
from activities.services import Services
from partners.domain.case_view import Sending
from partners.domain.notices import MailState, NoticeKind
from partners.domain.resolution import sends_again
from partners.mail.notice import Notice
from partners.store import outbox
from partners.store.mail_tables import OutboxRow
from partners.store.outbox import Claim
from partners.store.program_tables import PartnerRow


@dataclass(frozen=True)
class Draft:
    """A notice and whom it is for; `partner_id` is None for staff."""

    notice: Notice
    to: list[str]
    partner_id: str | None = None
    not_after: datetime | None = None  # the last moment at which it is of use, in program time


@dataclass(frozen=True)
class Handed:
    """What became of a message, and why."""

    result: Sending
    detail: str = ""
    until: datetime | None = None  # put off: when to try again, in program time


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
        gate = _gate(services, session, key, kind, draft, now)
        if gate.waits:
            return Handed(gate.stop, gate.detail, gate.until)
        protocol.refuse_while_paused(session, attempt)
        claim = attempt.claim()
        if row is not None and row.state in OPEN:
            outbox.take(row, claim, now)
        else:
            row = _claim(services, session, key, kind, draft, now, claim, row, gate)
        if gate.stop is Sending.REJECTED:
            outbox.settle(row, MailState.REJECTED, now, detail=gate.detail)
            return _handed(row)
        return protocol.ready(services, row, claim)


def _gate(
    services: Services,
    session: Session,
    key: str,
    kind: NoticeKind,
    draft: Draft,
    now: datetime,
) -> Gate:
    """Whether the message may go out now, and to which of a partner's addresses."""
    zone = draft.notice.policy.program.zone
    partner = session.get_one(PartnerRow, draft.partner_id) if draft.partner_id else None
    to = Addressee(zone, partner, staff=tuple(draft.to))
    return gates.check(session, services.rules, key, kind, to, now, draft.not_after)


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
    gate: Gate,
) -> OutboxRow:
    usual = services.sender or draft.notice.policy.program.contact_email
    return outbox.claim(
        session,
        key,
        kind,
        services.renderer.render(services.rules.footed(draft.notice)),
        to=list(gate.to),
        sender=services.rules.sender(kind, usual),
        now=now,
        partner_id=draft.partner_id,
        case_id=None,
        stated_deadline=None,
        by=claim,
        after=lost,
    )
