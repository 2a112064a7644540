"""Handing over a message that no step of a case waits for, once, by the outbox protocol.

Kill switch → still true? → gates → claim (committed) → hand over → learn (rule 14, and `protocol`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from activities.mail import gates, protocol
from activities.mail.gates import Addressee, Gate
from activities.mail.protocol import OPEN, SENDING, Attempt, Ready
from activities.services import Services
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.resolution import sends_again
from partners.domain.mail.view import Sending
from partners.mail.notice import Notice
from partners.store.mail import outbox
from partners.store.mail.outbox import Claim
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow


@dataclass(frozen=True)
class Draft:
    """A notice and whom it is for; `partner_id` is None for staff."""

    notice: Notice
    to: list[str]
    partner_id: str | None = None
    case_id: str | None = None
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
    return _HandOver(services, key, kind, compose, now, Attempt.running()).run()


@dataclass(frozen=True)
class _HandOver:
    """One attempt at one message."""

    services: Services
    key: str
    kind: NoticeKind
    compose: Compose
    now: datetime
    attempt: Attempt

    def run(self) -> Handed:
        with self.services.database.write() as session:
            ready = self._prepare(session)
        if isinstance(ready, Handed):
            return ready
        receipt = protocol.deliver(self.services, ready, self.attempt)
        with self.services.database.write() as session:
            row = protocol.learn(session, ready, receipt, self.attempt, self.now)
        protocol.raise_if_open(row, receipt)
        return _handed(row)

    def _prepare(self, session: Session) -> Ready | Handed:
        """Everything up to the claim, in one transaction."""
        row = outbox.message(session, self.key)
        protocol.examine(self.services, session, row, self.attempt)
        if row is not None and row.state not in OPEN and not _is_sent_again(row):
            return _handed(row)
        if switch := outbox.stopped(session, self.kind):
            return Handed(Sending.STOPPED, f"{switch.name} stopped by {switch.who}")
        draft = self.compose(session)
        if isinstance(draft, str):
            outbox.withdraw(row, draft, self.now)
            return Handed(Sending.SKIPPED, draft)
        gate = self._gate(session, draft)
        if gate.waits:
            return Handed(gate.stop, gate.detail, gate.until)
        protocol.refuse_while_paused(session, self.attempt)
        claim = self.attempt.claim()
        if row is not None and row.state in OPEN:
            outbox.take(row, claim, self.now)
        else:
            row = self._claim(session, draft, claim, row, gate)
        if gate.stop is Sending.REJECTED:
            outbox.settle(row, MailState.REJECTED, self.now, detail=gate.detail)
            return _handed(row)
        return protocol.ready(self.services, row, claim)

    def _gate(self, session: Session, draft: Draft) -> Gate:
        """Whether the message may go out now, and to which of a partner's addresses."""
        zone = draft.notice.policy.program.zone
        partner = session.get_one(PartnerRow, draft.partner_id) if draft.partner_id else None
        to = Addressee(zone, partner, staff=tuple(draft.to))
        rules = self.services.rules
        return gates.check(session, rules, self.key, self.kind, to, self.now, draft.not_after)

    def _claim(
        self, session: Session, draft: Draft, claim: Claim, lost: OutboxRow | None, gate: Gate
    ) -> OutboxRow:
        services = self.services
        usual = services.sender or draft.notice.policy.program.contact_email
        return outbox.claim(
            session,
            self.key,
            self.kind,
            services.renderer.render(services.rules.footed(draft.notice)),
            to=list(gate.to),
            sender=services.rules.sender(self.kind, usual),
            now=self.now,
            partner_id=draft.partner_id,
            case_id=draft.case_id,
            stated_deadline=None,
            by=claim,
            after=lost,
        )


def _handed(row: OutboxRow) -> Handed:
    return Handed(SENDING[row.state], row.detail or "")


def _is_sent_again(row: OutboxRow) -> bool:
    return row.state == MailState.LOST and sends_again(row.kind, row.attempt)
