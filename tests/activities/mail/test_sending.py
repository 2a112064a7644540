"""The send protocol: a claim is committed first, and what is unknown is never sent blindly."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.cases.notice_activities import NoticeActivities
from activities.mail import protocol
from activities.mail.resolution_activities import ResolutionActivities
from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.cases.view import CaseView, Sent
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.resolution import Evidence
from partners.domain.mail.view import Resolve, Resolved, Sending
from partners.mail.transport import Message, NoTrace, Receipt
from partners.store.engine.database import Database
from partners.store.mail import outbox, pause
from partners.store.tables.mail_tables import OutboxRow
from tests.activities.conftest import NOW, Desk

WINDOW = timedelta(hours=1)
SLACK = timedelta(minutes=1)
"""A step's own time counts too, and a busy machine may take seconds for the first."""
SEND_TIMEOUT = timedelta(seconds=60)
UNKNOWN = Receipt(MailState.UNKNOWN, detail="no answer from SendGrid (TimeoutError)")
WARNING = NoticeKind.WARNING


class Provider:
    """Answers as it is told, and keeps what it was handed."""

    repeatable = False

    def __init__(self, *answers: Receipt | Callable[[], Receipt]) -> None:
        self.answers = list(answers)
        self.handed: list[Message] = []

    def send(self, message: Message) -> Receipt:
        self.handed.append(message)
        answer = self.answers.pop(0) if self.answers else Receipt(MailState.ACCEPTED, "sg-1")
        return answer() if callable(answer) else answer


class Logs:
    """The provider's logs, as the test says."""

    def __init__(self) -> None:
        self.evidence: Evidence | None = None
        self.closed = False

    def find(self, public_id: str, to: str, since: object) -> Evidence | None:
        if self.closed:
            raise NoTrace("SendGrid's logs answered 500")
        return self.evidence


class Waiting:
    """Whom the resolution told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def mail_changed(self, partner_id: str) -> bool:
        self.told.append(partner_id)
        return True


class Office(Desk):
    """A desk whose attempts are those of a real activity, with the resolution beside it."""

    def __init__(self, desk: Desk, *answers: Receipt | Callable[[], Receipt]) -> None:
        self.provider, self.logs, self.waiting = Provider(*answers), Logs(), Waiting()
        super().__init__(desk.database, self.provider)
        self.attempt = 1
        services = self.notices._services
        self.resolution = ResolutionActivities(services, self.logs, self.waiting, WINDOW)

    def call(self, activity: Callable[[Any], Any], request: Any) -> Any:
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(
            environment.info,
            started_time=self.now,
            start_to_close_timeout=SEND_TIMEOUT,
            attempt=self.attempt,
        )
        return environment.run(activity, request)

    def take_turns(self, turns: AbstractContextManager[object]) -> None:
        """From here on messages wait for their turn."""
        self.notices = NoticeActivities(dataclasses.replace(self.notices._services, turns=turns))

    def case(self) -> CaseView:
        case = self.open().case
        assert case is not None
        return case

    def warn(self, case: CaseView) -> Sent:
        """One more attempt at the warning."""
        self.attempt += 1
        return self.send(case, WARNING)

    def resolve(self) -> Resolved:
        done: Resolved = self.call(self.resolution.resolve_unknown, Resolve())
        asyncio.run(ActivityEnvironment().run(self.resolution.tell_resolved))
        return done

    def rows(self) -> list[OutboxRow]:
        return rows_of(self.database)


def rows_of(database: Database) -> list[OutboxRow]:
    with database.read() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id)))


def states(office: Office) -> list[tuple[str, str]]:
    return [
        (row.message_key.removeprefix("grace/acme-2035-02/"), row.state) for row in office.rows()
    ]


# ---- the claim ----


def test_the_claim_is_committed_before_the_hand_over(desk: Desk) -> None:
    seen: list[str] = []

    def look() -> Receipt:
        seen.extend(row.state for row in rows_of(desk.database))
        return Receipt(MailState.ACCEPTED)

    office = Office(desk, look)
    office.warn(office.case())

    assert seen == ["sending"]


def test_only_so_many_messages_are_with_the_provider_at_once(desk: Desk) -> None:
    turns, another_could_go = BoundedSemaphore(1), []

    def look() -> Receipt:
        another_could_go.append(turns.acquire(blocking=False))
        return Receipt(MailState.ACCEPTED)

    office = Office(desk, look)
    office.take_turns(turns)
    office.warn(office.case())

    assert another_could_go == [False]
    assert turns.acquire(blocking=False), "the turn has been given back"


def test_a_message_whose_turn_comes_too_late_is_not_handed_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim could end while it is with the provider, and another attempt send it again."""

    @contextmanager
    def late() -> Iterator[None]:
        now = time.monotonic()
        monkeypatch.setattr(protocol.time, "monotonic", lambda: now + 40)
        yield

    office = Office(desk)
    case = office.case()
    office.take_turns(late())
    with pytest.raises(ApplicationError, match="too slow"):
        office.warn(case)

    assert office.provider.handed == []
    assert states(office) == [("warning/1", "queued")]


def dies() -> Receipt:
    """The worker dies while it hands the message over."""
    raise SystemExit


def test_a_second_attempt_waits_while_the_first_may_be_alive(desk: Desk) -> None:
    office = Office(desk, dies)
    case = office.case()
    with pytest.raises(SystemExit):
        office.warn(case)

    office.now += timedelta(seconds=20)
    with pytest.raises(ApplicationError, match="another attempt") as busy:
        office.warn(case)

    assert busy.value.next_retry_delay is not None
    assert timedelta(seconds=39) < busy.value.next_retry_delay < timedelta(seconds=50)
    assert states(office) == [("warning/1", "sending")]


def test_from_the_end_of_the_claim_on_the_message_is_unknown_and_no_clock_runs(desk: Desk) -> None:
    office = Office(desk, dies)
    case = office.case()
    with pytest.raises(SystemExit):
        office.warn(case)

    office.now += SEND_TIMEOUT
    sent = office.warn(case)

    assert (sent.result, sent.case.status) == (Sending.UNKNOWN, CaseStatus.OPENED)
    assert sent.case.deadline is None
    assert len(office.provider.handed) == 1


def test_an_answer_that_comes_late_is_believed_and_the_case_is_told(desk: Desk) -> None:
    """The first attempt was only slow: while it waited, a second one took it for dead."""
    office = Office(desk)
    case = office.case()
    second: list[Sent] = []

    def slow() -> Receipt:
        office.now += SEND_TIMEOUT
        second.append(office.warn(case))
        return Receipt(MailState.ACCEPTED, "sg-late")

    office.provider.answers = [slow]
    first = office.warn(case)
    office.resolve()

    assert second[0].result is Sending.UNKNOWN
    assert (first.result, first.case.status) == (Sending.SENT, CaseStatus.IN_GRACE)
    assert [row.provider_id for row in office.rows()] == ["sg-late"]
    assert office.waiting.told == ["acme"]
    assert len(office.provider.handed) == 1


# ---- not taken: tried again ----


def test_what_was_not_reached_is_tried_again_under_the_same_key(desk: Desk) -> None:
    office = Office(desk, Receipt(MailState.QUEUED, detail="SendGrid was not reached"))
    case = office.case()
    with pytest.raises(ApplicationError, match="not reached") as failed:
        office.warn(case)
    assert failed.value.next_retry_delay is None  # as the retry policy says
    assert states(office) == [("warning/1", "queued")]

    assert office.warn(case).result is Sending.SENT
    assert states(office) == [("warning/1", "accepted")]
    assert {message.public_id for message in office.provider.handed} == {office.rows()[0].public_id}


def test_a_rate_limit_stops_all_mail_until_its_reset(desk: Desk) -> None:
    office = Office(desk, Receipt(MailState.QUEUED, detail="429", wait=timedelta(minutes=2)))
    case = office.case()
    with pytest.raises(ApplicationError) as limited:
        office.warn(case)
    assert limited.value.next_retry_delay is not None
    assert limited.value.next_retry_delay >= timedelta(minutes=2)

    with pytest.raises(ApplicationError, match="asked to wait"):
        office.warn(case)
    assert len(office.provider.handed) == 1  # the second attempt did not even ask

    office.now += timedelta(minutes=4)  # however long the attempt took
    assert office.warn(case).result is Sending.SENT


def test_a_pause_only_ever_gets_longer(database: Database) -> None:
    with database.write() as session:
        for minutes in (5, 1, 3):
            pause.pause(session, NOW + timedelta(minutes=minutes))
        assert pause.resumes_at(session) == NOW + timedelta(minutes=5)


def test_rule_12_a_warning_that_waited_for_the_provider_overnight_is_written_anew(
    desk: Desk,
) -> None:
    office = Office(desk, Receipt(MailState.QUEUED, detail="not reached"))
    case = office.case()
    with pytest.raises(ApplicationError):
        office.warn(case)

    office.now += timedelta(days=1)
    office.warn(case)

    assert states(office) == [("warning/1", "superseded"), ("warning/2", "accepted")]


def test_rule_14_a_queued_notice_that_is_no_longer_true_is_withdrawn(desk: Desk) -> None:
    office = Office(desk, *[Receipt(MailState.ACCEPTED)], Receipt(MailState.QUEUED, detail="no"))
    case = office.warn(office.case()).case
    office.now = case.reminders[0].due_at
    with pytest.raises(ApplicationError):
        office.send(case, NoticeKind.REMINDER, reminder_days=14)

    office.now += timedelta(days=2)
    assert office.send(case, NoticeKind.REMINDER, reminder_days=14).result is Sending.SKIPPED

    assert [row.state for row in office.rows()] == ["accepted", "superseded"]


# ---- unknown: resolved ----


def test_a_warning_that_turns_out_to_be_accepted_starts_the_clock_when_it_was_accepted(
    desk: Desk,
) -> None:
    office = Office(desk, UNKNOWN)
    case = office.case()
    office.warn(case)
    accepted_at = NOW + timedelta(seconds=3)
    office.now += timedelta(minutes=10)
    assert office.resolve() == Resolved(0, 0, 1)
    office.logs.evidence = Evidence(MailState.ACCEPTED, accepted_at, "by SendGrid's logs", "sg-9")

    assert office.resolve() == Resolved(1, 0, 0)
    sent = office.warn(case)

    assert (sent.result, sent.case.status) == (Sending.SENT, CaseStatus.IN_GRACE)
    assert office.row(case).clock_from == accepted_at
    assert office.waiting.told == ["acme"]
    assert len(office.provider.handed) == 1


def test_a_warning_that_turns_out_to_be_refused_puts_the_case_on_hold(desk: Desk) -> None:
    office = Office(desk, UNKNOWN)
    case = office.case()
    office.warn(case)
    office.logs.evidence = Evidence(MailState.REJECTED, NOW, "by SendGrid's logs: dropped")
    office.resolve()

    sent = office.warn(case)

    assert (sent.case.status, sent.case.hold_reason) == (
        CaseStatus.ON_HOLD,
        HoldReason.UNDELIVERABLE,
    )


def test_without_a_trace_the_warning_is_sent_again_under_the_next_key_and_only_then(
    desk: Desk,
) -> None:
    office = Office(desk, UNKNOWN)
    case = office.case()
    office.warn(case)
    office.now += WINDOW - SLACK
    office.resolve()
    assert office.warn(case).result is Sending.UNKNOWN
    assert len(office.provider.handed) == 1

    office.now += SLACK * 2
    assert office.resolve() == Resolved(0, 1, 0)
    sent = office.warn(case)

    assert states(office) == [("warning/1", "lost"), ("warning/2", "accepted")]
    assert sent.case.status is CaseStatus.IN_GRACE
    assert len({message.public_id for message in office.provider.handed}) == 2


def test_other_notices_are_sent_again_under_a_numbered_key(desk: Desk) -> None:
    office = Office(desk, Receipt(MailState.ACCEPTED), UNKNOWN)
    case = office.warn(office.case()).case
    office.now = case.reminders[0].due_at
    first = office.send(case, NoticeKind.REMINDER, reminder_days=14)
    assert first.result is Sending.UNKNOWN
    assert 14 in [reminder.days for reminder in first.case.reminders]  # it is not done with

    office.now += WINDOW + SLACK
    office.resolve()
    again = office.send(case, NoticeKind.REMINDER, reminder_days=14)

    assert again.result is Sending.SENT
    assert [key for key, _ in states(office)][1:] == [
        "reminder/14/2035-04-19",
        "reminder/14/2035-04-19/2",
    ]
    assert 14 not in [reminder.days for reminder in again.case.reminders]


def test_a_warning_lost_three_times_puts_the_case_on_hold(desk: Desk) -> None:
    office = Office(desk, UNKNOWN, UNKNOWN, UNKNOWN)
    case = office.case()
    for _ in range(3):
        office.warn(case)
        office.now += WINDOW + SLACK
        office.resolve()

    sent = office.warn(case)

    assert [state for _, state in states(office)] == ["lost"] * 3
    assert (sent.case.status, len(office.provider.handed)) == (CaseStatus.ON_HOLD, 3)


def test_logs_that_give_no_answer_lose_nothing(desk: Desk) -> None:
    office = Office(desk, UNKNOWN)
    office.warn(office.case())
    office.logs.closed = True
    office.now += WINDOW * 2

    assert office.resolve() == Resolved(0, 0, 1)


def test_evidence_that_comes_after_the_window_is_still_believed(desk: Desk) -> None:
    office = Office(desk, UNKNOWN)
    office.warn(office.case())
    office.now += WINDOW + SLACK
    office.resolve()
    with office.database.write() as session:
        row = session.get_one(OutboxRow, office.rows()[0].outbox_id)
        assert outbox.learn(row, MailState.ACCEPTED, NOW, "by an event: delivered")

    assert states(office) == [("warning/1", "accepted")]


def test_a_message_whose_workflow_was_ended_is_found_all_the_same(desk: Desk) -> None:
    office = Office(desk, dies)
    with pytest.raises(SystemExit):
        office.warn(office.case())
    office.now += SEND_TIMEOUT + timedelta(minutes=9)
    office.resolve()
    assert states(office) == [("warning/1", "sending")]

    office.now += timedelta(minutes=2)
    assert office.resolve() == Resolved(0, 0, 1)
    assert states(office) == [("warning/1", "unknown")]
