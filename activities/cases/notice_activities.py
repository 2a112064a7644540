"""Sending a notice: one activity, in the order of rule 14, following the outbox protocol.

Kill switch → still true? → guard → gates → claim (committed) → hand over → learn. What follows
from the answer (the clock starts, the case goes on hold) is stored in the same transaction.
"""

from __future__ import annotations

from datetime import datetime

from temporalio import activity

from activities.cases import bounces, case_responses, notice_facts, still_true, withdrawing
from activities.cases import case_steps as steps
from activities.cases.view import view
from activities.judging.gathering import CaseFile
from activities.mail import protocol
from activities.mail.gates import Gate
from activities.mail.protocol import OPEN, SENDING, Attempt, Ready
from activities.services import Services
from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.cases.view import SendNotice, Sent
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.view import Sending
from partners.domain.record.decisions import Step
from partners.store.cases import cases
from partners.store.mail import outbox
from partners.store.mail.outbox import Claim
from partners.store.tables.mail_tables import OutboxRow


class NoticeActivities:
    """E-mails about a case, to the partner and to staff."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def send_notice(self, request: SendNotice) -> Sent:
        """Send one notice once, and store what follows from the provider's answer.

        Safe to repeat: the message's key decides. Raises, to be tried again, while the provider
        asks to wait or cannot be reached.
        """
        attempt, clock = Attempt.running(), self._services.clock
        ready = self._prepare(request, attempt)
        if isinstance(ready, Sent):
            return ready
        receipt = protocol.deliver(self._services, ready, attempt)
        with self._services.database.write() as session:
            file = CaseFile.of(session, request.case_id, attempt.now(clock))
            row = protocol.learn(session, ready, receipt, attempt, file.now)
            sent = None if row.state in OPEN else self._follow_up(file, request, row)
        protocol.raise_if_open(row, receipt)
        assert sent is not None
        return sent

    def _prepare(self, request: SendNotice, attempt: Attempt) -> Ready | Sent:
        """Everything up to the claim, in one transaction."""
        with self._services.database.write() as session:
            file = CaseFile.of(session, request.case_id, attempt.now(self._services.clock))
            row = outbox.message(session, notice_facts.key(file, request))
            protocol.examine(self._services, session, row, attempt)
            if row is not None and not notice_facts.may_go(file, row):
                _withdraw_if_untrue(file, request, row)
                return self._follow_up(file, request, row)
            if switch := outbox.stopped(session, request.kind):
                return self._sent(file, Sending.STOPPED, f"{switch.name} stopped by {switch.who}")
            if refusal := still_true.why_not(file, request):
                outbox.withdraw(row, refusal, file.now)
                return self._sent(file, Sending.SKIPPED, refusal)
            gate = notice_facts.gate(file, request, self._services.rules)
            if gate.waits:
                return self._sent(file, gate.stop, gate.detail, gate.until)
            protocol.refuse_while_paused(session, attempt)
            claim = attempt.claim()
            row = notice_facts.make_way(file, request, row)
            if row is not None and row.state in OPEN:
                outbox.take(row, claim, file.now)
            else:
                row = self._claim(file, request, claim, row, gate)
            if gate.stop is Sending.REJECTED:
                outbox.settle(row, MailState.REJECTED, file.now, detail=gate.detail)
                return self._follow_up(file, request, row)
            return protocol.ready(self._services, row, claim)

    def _claim(
        self,
        file: CaseFile,
        request: SendNotice,
        claim: Claim,
        lost: OutboxRow | None,
        gate: Gate,
    ) -> OutboxRow:
        rules = self._services.rules
        notice = rules.footed(notice_facts.notice(file, request))
        return outbox.claim(
            file.session,
            notice_facts.key(file, request),
            request.kind,
            self._services.renderer.render(notice),
            to=list(gate.to),
            sender=rules.sender(
                request.kind, self._services.sender or file.policy.program.contact_email
            ),
            now=file.now,
            partner_id=file.case.partner_id,
            case_id=file.case.case_id,
            stated_deadline=notice.deadline if request.kind.starts_clock else None,
            by=claim,
            after=lost,
        )

    def _follow_up(self, file: CaseFile, request: SendNotice, row: OutboxRow) -> Sent:
        """Store what follows from a message's state; nothing the second time."""
        state = row.state
        if request.kind.starts_clock and file.case.status == CaseStatus.OPENED:
            if state == MailState.ACCEPTED:
                _start_clock(file, row)
                bounces.stop_if_undelivered(file, row)  # it may have come back before the answer
            elif state == MailState.REJECTED:
                bounces.undeliverable(file, row, row.detail or "refused")
            elif state == MailState.LOST:
                steps.put_on_hold(file, HoldReason.UNDELIVERABLE, row.detail or "refused")
        elif not request.kind.starts_clock and state != MailState.UNKNOWN:
            _note_done(file, request, row.notice_key)
        return self._sent(file, SENDING[state], row.detail or "")

    def _sent(
        self, file: CaseFile, result: Sending, detail: str, until: datetime | None = None
    ) -> Sent:
        withdrawing.withdraw_of_case(file)
        return Sent(result, view(file, self._services.clock), detail, until)


def _withdraw_if_untrue(file: CaseFile, request: SendNotice, row: OutboxRow) -> None:
    """A notice that waits for a person holds up its case: what has become of that comes first."""
    opened = request.kind.starts_clock and file.case.status == CaseStatus.OPENED
    waits = opened and row.state == MailState.WAITING
    if waits and (why := still_true.why_no_start_yet(file)):
        outbox.withdraw(row, why, file.now)


def _start_clock(file: CaseFile, row: OutboxRow) -> None:
    """The grace period runs from the acceptance; its deadline only ever moves later (rule 12)."""
    case = file.case
    assert row.settled_at is not None
    assert row.stated_deadline is not None
    if case.notice_kind == NoticeKind.WARNING:  # also a later attempt: the guard counts this day
        key = f"{case.case_id}/warned/{case.attempt}"
        cases.record_action(file.session, key, case.partner_id, row.settled_at)
    case.warned_at = case.warned_at or row.settled_at
    case.clock_from = row.settled_at
    case.stated_deadline = row.stated_deadline
    case.deadline = file.calendar.deadline(row.stated_deadline, row.settled_at, case.period_days)
    case.status = CaseStatus.IN_GRACE
    case.approved_by = None
    steps.record(file, Step.GRACE_PERIOD, f"until {case.deadline}")
    if case.notice_kind == NoticeKind.WARNING:
        case_responses.note_warning(file)


def _note_done(file: CaseFile, request: SendNotice, key: str) -> None:
    case = file.case
    if request.kind is NoticeKind.ON_HOLD:
        case.hold_notices = max(case.hold_notices, request.hold_notice or 0)
    elif key not in case.notices_done:
        case.notices_done = [*case.notices_done, key]
