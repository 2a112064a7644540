"""Sending a notice: one activity, in the order of rule 14, following the outbox protocol.

Kill switch → still true? → guard → claim (committed) → hand over → settle. What follows from the
answer (the clock starts, the case goes on hold) is stored in the same transaction as the answer.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import activity

from activities import case_steps as steps
from activities import notice_facts, still_true
from activities.gathering import CaseFile
from activities.services import Services
from activities.views import view
from partners.domain.case import CaseStatus, HoldReason
from partners.domain.case_view import Sending, SendNotice, Sent
from partners.domain.notices import MailState, NoticeKind, Rendered
from partners.mail.transport import Message
from partners.store import outbox
from partners.store.tables import OutboxRow

_SENDING = {
    MailState.ACCEPTED: Sending.SENT,
    MailState.WAITING: Sending.WAITING,
    MailState.REJECTED: Sending.REJECTED,
    MailState.UNKNOWN: Sending.UNKNOWN,
}


@dataclass(frozen=True)
class _Ready:
    """A claimed message, frozen and committed, to be handed over."""

    key: str
    message: Message


class NoticeActivities:
    """E-mails about a case, to the partner and to staff."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._repeatable = services.transport.repeatable

    @activity.defn
    def send_notice(self, request: SendNotice) -> Sent:
        """Send one notice once, and store what follows from the provider's answer.

        Safe to repeat: the message's key decides. A message that may have been handed over before
        a crash is handed over again only by a transport that can take it twice.
        """
        started = activity.info().started_time
        clock, watch = self._services.clock, time.monotonic()
        ready = self._prepare(request, clock.program_time(started))
        if isinstance(ready, Sent):
            return ready
        receipt = self._services.transport.send(ready.message)
        accepted_at = started + timedelta(seconds=time.monotonic() - watch)
        with self._services.database.write() as session:
            file = CaseFile.of(session, request.case_id, clock.program_time(accepted_at))
            row = outbox.message(session, ready.key)
            assert row is not None
            outbox.settle(
                row,
                receipt.state,
                file.now,
                provider_id=receipt.provider_id,
                detail=receipt.detail,
            )
            return self._follow_up(file, request, row)

    def _prepare(self, request: SendNotice, now: datetime) -> _Ready | Sent:
        """Everything up to the claim, in one transaction."""
        with self._services.database.write() as session:
            file = CaseFile.of(session, request.case_id, now)
            row = outbox.message(session, notice_facts.key(file, request))
            if row is not None and row.state == MailState.SENDING and not self._repeatable:
                outbox.settle(row, MailState.UNKNOWN, now, detail="the worker stopped meanwhile")
            outdated = row is not None and notice_facts.is_outdated(file, row)
            if row is not None and row.state != MailState.SENDING and not outdated:
                return self._follow_up(file, request, row)
            if switch := outbox.stopped(session, request.kind):
                return self._sent(file, Sending.STOPPED, f"{switch.name} stopped by {switch.who}")
            if refusal := still_true.why_not(file, request):
                return self._sent(file, Sending.SKIPPED, refusal)
            if row is not None and outdated:
                notice_facts.supersede(file, row)
                row = None
            row = row or self._claim(file, request)
            content = Rendered(row.subject, row.text, row.html)
            message = Message(row.outbox_id, tuple(row.to), row.sender, content)
            return _Ready(row.message_key, message)

    def _claim(self, file: CaseFile, request: SendNotice) -> OutboxRow:
        notice = notice_facts.notice(file, request)
        return outbox.claim(
            file.session,
            notice_facts.key(file, request),
            request.kind,
            self._services.renderer.render(notice),
            to=notice_facts.recipients(file, request.kind),
            sender=self._services.sender or file.policy.program.contact_email,
            now=file.now,
            partner_id=file.case.partner_id,
            case_id=file.case.case_id,
            stated_deadline=notice.deadline if request.kind.starts_clock else None,
        )

    def _follow_up(self, file: CaseFile, request: SendNotice, row: OutboxRow) -> Sent:
        """Store what follows from a message's state; nothing the second time."""
        state = MailState(row.state)
        if request.kind.starts_clock and file.case.status == CaseStatus.OPENED:
            if state is MailState.ACCEPTED:
                _start_clock(file, row)
            elif state is MailState.REJECTED:
                steps.put_on_hold(file, HoldReason.UNDELIVERABLE, row.detail or "refused")
        elif not request.kind.starts_clock:
            _note_done(file, request, row.message_key)
        return self._sent(file, _SENDING[state], row.detail or "")

    def _sent(self, file: CaseFile, result: Sending, detail: str) -> Sent:
        return Sent(result, view(file, self._services.clock), detail)


def _start_clock(file: CaseFile, row: OutboxRow) -> None:
    """The grace period runs from the acceptance; its deadline only ever moves later (rule 12)."""
    case = file.case
    assert row.settled_at is not None
    assert row.stated_deadline is not None
    case.warned_at = case.warned_at or row.settled_at
    case.clock_from = row.settled_at
    case.stated_deadline = row.stated_deadline
    case.deadline = file.calendar.deadline(row.stated_deadline, row.settled_at, case.period_days)
    case.status = CaseStatus.IN_GRACE
    case.approved_by = None
    steps.record(file, "grace period", f"until {case.deadline}")


def _note_done(file: CaseFile, request: SendNotice, key: str) -> None:
    case = file.case
    if request.kind is NoticeKind.ON_HOLD:
        case.hold_notices = max(case.hold_notices, request.hold_notice or 0)
    elif key not in case.notices_done:
        case.notices_done = [*case.notices_done, key]
