"""The send protocol, the same for all mail, in the order of rule 14.

Kill switch → still true? → guard → gates → claim (committed) → hand over → learn, or try again
later. What follows from the answer is stored in the transaction that learns it.

A claim is committed before the hand-over and says which attempt of an activity made it, and until
when that attempt can last. A later attempt that finds the claim waits until then, for the first
may be alive; from then on the message is unknown. It is never handed over again blindly.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.mail import mail_evidence
from activities.mail.errand import Errand, R
from activities.mail.gates import Gate
from activities.services import Services
from partners.domain.mail.notices import MailState, Rendered
from partners.domain.mail.view import Sending
from partners.domain.time.clock import ProgramClock
from partners.mail.transport import Message, Receipt
from partners.store.mail import outbox, pause
from partners.store.mail.outbox import Claim, Written
from partners.store.tables.mail_tables import OutboxRow

SENDING = {
    MailState.ACCEPTED: Sending.SENT,
    MailState.WAITING: Sending.WAITING,
    MailState.REJECTED: Sending.REJECTED,
    MailState.UNKNOWN: Sending.UNKNOWN,
    MailState.LOST: Sending.REJECTED,  # given up, or optional and dropped
    MailState.SUPERSEDED: Sending.SKIPPED,
}
OPEN = (MailState.SENDING, MailState.QUEUED)
"""States of a message that may be handed over."""
STOPPED = "the worker stopped while it handed the message over"
DEFAULT_LENGTH = timedelta(seconds=60)
SPREAD = 0.2
"""Retries are spread over so much more than the wait, lest all come at once."""


@dataclass(frozen=True)
class Attempt:
    """The attempt of an activity that runs now. Its clock is the server's."""

    token: str
    started: datetime
    length: timedelta
    heartbeat: timedelta | None
    watch: float

    @classmethod
    def running(cls) -> Attempt:
        info = activity.info()
        return cls(
            token=f"{info.workflow_run_id}/{info.activity_id}/{info.attempt}",
            started=info.started_time,
            length=info.start_to_close_timeout or DEFAULT_LENGTH,
            heartbeat=info.heartbeat_timeout or None,
            watch=time.monotonic(),
        )

    def real_now(self) -> datetime:
        return self.started + timedelta(seconds=time.monotonic() - self.watch)

    def now(self, clock: ProgramClock) -> datetime:
        """Program time."""
        return clock.program_time(self.real_now())

    def claim(self) -> Claim:
        """This attempt's claim; from its end on the server takes the attempt for dead."""
        if self.heartbeat is not None:
            return Claim(self.token, self.real_now() + self.heartbeat)
        return Claim(self.token, self.started + self.length)


@dataclass(frozen=True)
class Ready:
    """A claimed message, frozen and committed, to be handed over."""

    message: Message
    claim: Claim


def send(services: Services, attempt: Attempt, errand_of: Callable[[Session], Errand[R]]) -> R:
    """Send one message once. Safe to repeat: the key decides.

    Raises, to be tried again, while the provider asks to wait or cannot be reached. Two
    transactions: the claim must be committed before the hand-over, and the answer is learned by
    what is true then.
    """
    with services.database.write() as session:
        errand = errand_of(session)  # held until the commit, which looks at the same rows again
        ready = _prepare(services, attempt, errand)
    if not isinstance(ready, Ready):
        return ready
    receipt = _deliver(services, ready, attempt)
    with services.database.write() as session:
        # The case first and then its message, as in `_prepare`: in the other order two could wait
        # for each other.
        errand = errand_of(session)
        row = _learn(session, ready, receipt, attempt, errand.now)
        answer = None if row.state in OPEN else errand.follow_up(row)
    if answer is None:  # only once that is committed: raised inside, it would be rolled back
        raise not_yet(receipt.detail or "not handed over", receipt.wait)
    return answer


def _prepare(services: Services, attempt: Attempt, errand: Errand[R]) -> Ready | R:
    """Everything up to the claim. The order is rule 14's: whoever asks first decides."""
    session, now = errand.session, errand.now
    # Locked, so that of two attempts the second finds the claim of the first; where there is no
    # message yet, the key's constraint refuses the second.
    row = outbox.message(session, errand.key)
    _examine(services, session, row, attempt)
    if row is not None and (answer := errand.ended(row)) is not None:
        return answer
    if switch := outbox.stopped(session, errand.kind):
        return errand.not_sent(Sending.STOPPED, f"{switch.name} stopped by {switch.who}")
    if why := errand.why_not():
        outbox.withdraw(row, why, now)
        return errand.not_sent(Sending.SKIPPED, why)
    gate = errand.gate(services.rules)
    if gate.waits:
        return errand.not_sent(gate.stop, gate.detail, gate.until)
    # It raises, and so what was counted and changed above is rolled back, and asked again later.
    _refuse_while_paused(session, attempt)
    claim = attempt.claim()
    # After every gate: it may supersede a message or use up an attempt, and then one is written.
    row = errand.make_way(row)
    if row is not None and row.state in OPEN:
        outbox.take(row, claim, now)
    else:
        row = _write(services, errand, claim, row, gate)
    if gate.stop is Sending.REJECTED:
        outbox.settle(row, MailState.REJECTED, now, detail=gate.detail)
        return errand.follow_up(row)
    return ready(services, row, claim)


def _write(
    services: Services, errand: Errand[R], claim: Claim, lost: OutboxRow | None, gate: Gate
) -> OutboxRow:
    draft = errand.draft()
    usual = services.sender or draft.notice.policy.program.contact_email
    written = Written(
        errand.key,
        errand.kind,
        services.renderer.render(services.rules.footed(draft.notice)),
        to=list(gate.to),
        sender=services.rules.sender(errand.kind, usual),
        partner_id=draft.partner_id,
        case_id=draft.case_id,
        stated_deadline=draft.stated_deadline,
    )
    return outbox.claim(errand.session, written, now=errand.now, by=claim, after=lost)


def ready(services: Services, row: OutboxRow, claim: Claim) -> Ready:
    message = Message(
        row.outbox_id,
        tuple(row.to),
        row.sender,
        Rendered(row.subject, row.text, row.html),
        public_id=row.public_id,
        kind=row.kind,
        headers=services.rules.links.headers(row.kind, row.partner_id),
    )
    return Ready(message, claim)


def not_yet(why: str, wait: timedelta | None = None) -> ApplicationError:
    """Have the activity tried again: after `wait`, else as its retry policy says."""
    if wait is not None:
        wait *= 1 + random.uniform(0, SPREAD)
    return ApplicationError(
        why, type="NotYet", next_retry_delay=wait, category=ApplicationErrorCategory.BENIGN
    )


def _examine(services: Services, session: Session, row: OutboxRow | None, attempt: Attempt) -> None:
    """Find out about a message that is being handed over, as it seems, or is unknown.

    Raises while another attempt may be alive; after that the message becomes unknown. What events
    have told of it meanwhile is believed.
    """
    if row is None or services.transport.repeatable:
        return
    if row.state == MailState.SENDING:
        if row.claimed_until is not None and row.claim_token != attempt.token:
            left = row.claimed_until - attempt.real_now()
            if left > timedelta():
                raise not_yet("another attempt is handing the message over", left)
        outbox.settle(row, MailState.UNKNOWN, attempt.now(services.clock), detail=STOPPED)
    if row.state == MailState.UNKNOWN:
        mail_evidence.believe_events(session, row, services.clock, attempt.now(services.clock))


def _refuse_while_paused(session: Session, attempt: Attempt) -> None:
    """Raises while the provider has asked all mail to wait."""
    until = pause.resumes_at(session)
    if until is not None and until > attempt.real_now():
        raise not_yet("the provider asked to wait", until - attempt.real_now())


def _deliver(services: Services, ready: Ready, attempt: Attempt) -> Receipt:
    """Hand a claimed message over, once, when its turn has come; unless so much of the claim is
    gone by then that it could end meanwhile."""
    with services.turns:
        left = ready.claim.until - attempt.real_now()
        whole = attempt.heartbeat or attempt.length
        if left < whole / 2 and not services.transport.repeatable:
            return Receipt(MailState.QUEUED, detail="this attempt was too slow")
        return services.transport.send(ready.message)


def _learn(
    session: Session, ready: Ready, receipt: Receipt, attempt: Attempt, now: datetime
) -> OutboxRow:
    """Store the provider's answer; returns the message as it now stands."""
    row = session.get_one(OutboxRow, ready.message.outbox_id, with_for_update=True)
    outbox.answer(
        row,
        ready.claim.token,
        receipt.state,
        now,
        provider_id=receipt.provider_id,
        detail=receipt.detail,
    )
    if receipt.wait is not None:
        pause.pause(session, attempt.real_now() + receipt.wait)
    return row
