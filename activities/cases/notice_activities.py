"""Sending a notice about a case: one activity, by the send protocol.

What follows from the answer (the clock starts, the case goes on hold) is stored in the transaction
that learns it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from temporalio import activity

from activities.cases import bounces, case_responses, notice_facts, still_true, withdrawing
from activities.cases import case_steps as steps
from activities.cases.view import view
from activities.judging.gathering import CaseFile
from activities.mail import protocol
from activities.mail.errand import Draft, Errand
from activities.mail.gates import Gate
from activities.mail.protocol import SENDING, Attempt
from activities.services import Activities, Services
from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.cases.view import SendNotice, Sent
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.view import Sending
from partners.domain.record.decisions import Step
from partners.mail.send_rules import SendRules
from partners.store.cases import cases
from partners.store.mail import outbox
from partners.store.tables.mail_tables import OutboxRow


class NoticeActivities(Activities):
    """E-mails about a case, to the partner and to staff."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def send_notice(self, request: SendNotice) -> Sent:
        """Send one notice once, and store what follows from the provider's answer.

        Safe to repeat: the message's key decides. Raises, to be tried again, while the provider
        asks to wait or cannot be reached.
        """
        attempt, services = Attempt.running(), self._services

        def notice_of(session: Session) -> _CaseNotice:
            file = CaseFile.of(session, request.case_id, attempt.now(services.clock))
            return _CaseNotice(file, request, services)

        return protocol.send(services, attempt, notice_of)


class _CaseNotice(Errand[Sent]):
    """A notice that a step of a case waits for. The case is locked while it is looked at."""

    def __init__(self, file: CaseFile, request: SendNotice, services: Services) -> None:
        self.session, self.kind, self.now = file.session, request.kind, file.now
        self._file, self._request, self._services = file, request, services

    @property
    def key(self) -> str:
        return notice_facts.key(self._file, self._request)

    def ended(self, row: OutboxRow) -> Sent | None:
        if notice_facts.may_go(self._file, row):
            return None
        _withdraw_if_untrue(self._file, self._request, row)
        return self.follow_up(row)

    def why_not(self) -> str | None:
        return still_true.why_not(self._file, self._request)

    def gate(self, rules: SendRules) -> Gate:
        return notice_facts.gate(self._file, self._request, rules)

    def make_way(self, row: OutboxRow | None) -> OutboxRow | None:
        return notice_facts.make_way(self._file, self._request, row)

    def draft(self) -> Draft:
        notice, case = notice_facts.notice(self._file, self._request), self._file.case
        stated = notice.deadline if self.kind.starts_clock else None
        return Draft(notice, [], case.partner_id, case.case_id, stated_deadline=stated)

    def follow_up(self, row: OutboxRow) -> Sent:
        file, state = self._file, row.state
        # Only of an opened case: a repeat finds its clock running already.
        if self.kind.starts_clock and file.case.status == CaseStatus.OPENED:
            if state is MailState.ACCEPTED:
                _start_clock(file, row)
                bounces.stop_if_undelivered(file, row)  # it may have come back before the answer
            elif state == MailState.REJECTED:
                bounces.undeliverable(file, row, row.detail or "refused")
            elif state == MailState.LOST:
                steps.put_on_hold(file, HoldReason.UNDELIVERABLE, row.detail or "refused")
        elif not self.kind.starts_clock and state is not MailState.UNKNOWN:
            _note_done(file, self._request, row.notice_key)
        return self.not_sent(SENDING[state], row.detail or "")

    def not_sent(self, result: Sending, detail: str, until: datetime | None = None) -> Sent:
        withdrawing.withdraw_of_case(self._file)
        return Sent(result, view(self._file, self._services), detail, until)


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
    case.approved_by = None  # used up: the removal asks the guard anew
    steps.record(file, Step.GRACE_PERIOD, f"until {case.deadline}")
    if case.notice_kind == NoticeKind.WARNING:
        case_responses.note_warning(file)


def _note_done(file: CaseFile, request: SendNotice, key: str) -> None:
    case = file.case
    if request.kind is NoticeKind.ON_HOLD:
        case.hold_notices = max(case.hold_notices, request.hold_notice or 0)
    elif key not in case.notices_done:
        case.notices_done = [*case.notices_done, key]
