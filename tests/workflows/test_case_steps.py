"""What a case's run does next, with its own code and without a server: see `tests.played`."""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    is_cancelled_exception,
)

from activities.cases.activities import CaseActivities
from activities.overrides.command_activities import CaseCommandActivities
from partners.domain.cases.case import CaseStatus, HoldReason, Next, Outcome, Reminder
from partners.domain.cases.commands import CaseCommand, Command, CommandKind, SignedCommand
from partners.domain.cases.view import (
    CaseView,
    Opening,
    PlainCommand,
    SendNotice,
    Sent,
    Telling,
    Told,
)
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from tests.played import Afresh, Call, Played, Waits
from tests.unserved import Unserved
from workflows.kit import moments
from workflows.kit.commands import CommandQueue

START = datetime(2035, 3, 5, 12, tzinfo=UTC)
DEADLINE_AT = datetime(2035, 4, 20, tzinfo=UTC)
DECISION_AT = datetime(2035, 4, 23, 9, tzinfo=UTC)
FEED_WAIT = DECISION_AT + timedelta(days=7)
ONE_SECOND = timedelta(seconds=1)
REMINDERS = tuple(Reminder(days, DEADLINE_AT - timedelta(days=days, hours=-9)) for days in (14, 3))
ORDER = Command("Ann", "agreed by phone", days=5)

OPENED = CaseView("acme-2035-02", "acme", 1, CaseStatus.OPENED, "preferred", 1)
IN_GRACE = replace(
    OPENED,
    revision=2,
    status=CaseStatus.IN_GRACE,
    deadline=date(2035, 4, 19),
    deadline_at=DEADLINE_AT,
    decision_day=date(2035, 4, 23),
    decision_at=DECISION_AT,
    feed_wait_until=FEED_WAIT,
    reminders=REMINDERS,
)
RECOVERING = replace(IN_GRACE, recovery_until=datetime(2035, 4, 8, 12, tzinfo=UTC), reminders=())
ON_HOLD = replace(
    OPENED,
    status=CaseStatus.ON_HOLD,
    hold_reason=HoldReason.UNDELIVERABLE,
    hold_notices=1,
    staff_notice_at=START + timedelta(days=7),
)
PAUSED = replace(ON_HOLD, hold_reason=HoldReason.PAUSED, resume_at=START + timedelta(days=3))
DECIDING = replace(IN_GRACE, status=CaseStatus.DECIDING, next=Next.REMOVE, revision=7)
DECIDED = replace(
    IN_GRACE,
    status=CaseStatus.DECIDED,
    outcome=Outcome.REMOVED,
    closing_notice=NoticeKind.REMOVAL,
)
CLOSED = replace(DECIDED, status=CaseStatus.CLOSED)
EXTENDED = Telling(1, CommandKind.EXTENDED)


class Clock:
    def __init__(self) -> None:
        self.now = START


@pytest.fixture
def clock() -> Clock:
    return Clock()


def run_of(case: CaseView, clock: Clock) -> Played:
    """A run that has just found the case as it is."""
    played = Played("acme", lambda: clock.now)
    played.answer(Opening(case))
    return played


def asked(played: Played) -> str:
    """The activity that the run asks for; `waits` if it sleeps."""
    return played.at.activity.__name__ if isinstance(played.at, Call) else "waits"


def sent_kind(played: Played) -> NoticeKind:
    assert isinstance(played.at, Call)
    assert isinstance(played.at.request, SendNotice)
    return played.at.request.kind


def rings(played: Played) -> list[datetime]:
    assert isinstance(played.at, Waits)
    return sorted(alarm.at for alarm in played.at.alarms)


# ---- grace ----


def test_a_case_in_grace_waits_for_its_deadline_and_reminders(clock: Clock) -> None:
    assert rings(run_of(IN_GRACE, clock)) == [*(r.due_at for r in REMINDERS), DEADLINE_AT]


@pytest.mark.parametrize("status", [CaseStatus.ON_HOLD, CaseStatus.DECIDING])
def test_a_case_that_is_not_in_grace_waits_for_no_deadline(status: CaseStatus) -> None:
    assert moments.grace_alarms(IN_GRACE, START) != []
    assert moments.grace_alarms(replace(IN_GRACE, status=status), START) == []


def test_a_reminder_goes_out_from_the_moment_it_is_due(clock: Clock) -> None:
    due = REMINDERS[0].due_at
    assert moments.due_notices(IN_GRACE, due - ONE_SECOND) == []
    assert moments.due_notices(IN_GRACE, due) == [
        SendNotice(IN_GRACE.case_id, NoticeKind.REMINDER, 14)
    ]


def test_rule_12_after_the_deadline_nobody_is_reminded_of_it(clock: Clock) -> None:
    assert len(moments.due_notices(IN_GRACE, DEADLINE_AT - ONE_SECOND)) == 2
    clock.now = DEADLINE_AT

    assert rings(run_of(IN_GRACE, clock)) == [DECISION_AT]


@pytest.mark.parametrize(
    ("untold", "kind"),
    [("relapse_untold", NoticeKind.RELAPSE), ("migration_untold", NoticeKind.STANDARDS_CHANGED)],
)
def test_what_has_yet_to_be_told_goes_out_also_after_the_deadline(
    clock: Clock, untold: str, kind: NoticeKind
) -> None:
    clock.now = DEADLINE_AT
    assert sent_kind(run_of(replace(IN_GRACE, **{untold: True}), clock)) is kind


def test_rule_08_the_decision_comes_with_its_day_and_not_before(clock: Clock) -> None:
    clock.now = DECISION_AT - ONE_SECOND
    assert asked(run_of(IN_GRACE, clock)) == "waits"
    clock.now = DECISION_AT
    assert asked(run_of(IN_GRACE, clock)) == "decide_case"


def test_rule_08_where_the_feed_is_late_the_case_waits_for_it(clock: Clock) -> None:
    clock.now = DECISION_AT
    played = run_of(IN_GRACE, clock)

    played.answer(IN_GRACE)

    assert rings(played) == [FEED_WAIT]
    assert not played.run.deciding


def test_rule_07_a_recovery_hold_that_ends_before_the_deadline_decides(clock: Clock) -> None:
    until = RECOVERING.recovery_until
    assert until is not None
    clock.now = until - ONE_SECOND
    assert rings(run_of(RECOVERING, clock)) == [until, DEADLINE_AT]
    clock.now = until
    assert asked(run_of(RECOVERING, clock)) == "decide_case"


def test_rule_07_a_hold_that_ends_uncured_goes_on_to_the_deadline(clock: Clock) -> None:
    assert RECOVERING.recovery_until is not None
    clock.now = RECOVERING.recovery_until
    played = run_of(RECOVERING, clock)

    played.answer(replace(RECOVERING, recovery_until=None))

    assert rings(played) == [DEADLINE_AT]


@pytest.mark.parametrize("until", [DEADLINE_AT, DEADLINE_AT + timedelta(days=1)])
def test_rule_07_after_the_deadline_the_deadline_decides_alone(
    clock: Clock, until: datetime
) -> None:
    clock.now = until
    assert rings(run_of(replace(RECOVERING, recovery_until=until), clock)) == [DECISION_AT]


def test_new_numbers_are_looked_at_before_anything_is_sent(clock: Clock) -> None:
    clock.now = REMINDERS[0].due_at
    played = Played("acme", lambda: clock.now)
    played.answer(Opening(IN_GRACE, continued=True))

    assert asked(played) == "assess_case"
    played.answer(IN_GRACE)
    assert sent_kind(played) is NoticeKind.REMINDER


def test_a_signal_wakes_a_case_that_waits_and_only_makes_it_look(clock: Clock) -> None:
    played = run_of(IN_GRACE, clock)
    assert isinstance(played.at, Waits)
    assert not played.at.is_over(clock.now)

    played.metrics_changed()

    assert played.at.is_over(clock.now)
    played.answer()
    assert asked(played) == "assess_case"
    played.answer(IN_GRACE)
    assert asked(played) == "waits"  # and not a second time


def test_word_of_a_message_wakes_a_case_once(clock: Clock) -> None:
    played = run_of(IN_GRACE, clock)
    played.notice_changed()
    assert isinstance(played.at, Waits)
    assert played.at.is_over(clock.now)

    played.answer()

    assert isinstance(played.at, Waits)
    assert not played.at.is_over(clock.now)


def test_an_alarm_that_has_passed_rings_no_more(clock: Clock) -> None:
    now = DEADLINE_AT - timedelta(days=1)
    assert [alarm.at for alarm in moments.grace_alarms(IN_GRACE, now)] == [DEADLINE_AT]
    assert [a.at for a in moments.grace_alarms(IN_GRACE, DEADLINE_AT)] == [DECISION_AT]
    assert moments.grace_alarms(IN_GRACE, DECISION_AT) == []
    assert moments.grace_alarms(ON_HOLD, START) == []
    for unknown in ("deadline_at", "decision_at"):
        assert moments.grace_alarms(replace(IN_GRACE, **{unknown: None}), START) == []


def test_a_case_is_found_by_tier_standing_and_the_last_second_of_its_deadline(
    clock: Clock,
) -> None:
    played = run_of(replace(IN_GRACE, current_tier="gold", standing="in_grace"), clock)
    assert played.engine.filed == {
        "PartnerTier": "gold",
        "PartnerStanding": "in_grace",
        "GraceDeadline": DEADLINE_AT - ONE_SECOND,
    }


def test_a_case_that_an_older_version_filed_is_filed_anew_at_its_next_step(clock: Clock) -> None:
    """The word comes with the answers of steps, so what an older history says is replayed."""
    played = run_of(replace(IN_GRACE, standing="in grace"), clock)
    assert played.engine.filed["PartnerStanding"] == "in grace"

    played.metrics_changed()
    played.answer()
    played.answer(replace(IN_GRACE, standing="in_grace"))

    assert played.engine.filed["PartnerStanding"] == "in_grace"


def test_who_is_out_is_found_under_no_tier(clock: Clock) -> None:
    played = run_of(replace(DECIDED, current_tier="", standing="out"), clock)
    assert played.engine.filed["PartnerTier"] == "none"


def test_before_the_warning_a_case_is_not_filed(clock: Clock) -> None:
    assert run_of(OPENED, clock).engine.filed == {}


# ---- mail that does not go out ----


def unsent(case: CaseView, clock: Clock, result: Sending, until: datetime | None = None) -> Played:
    played = run_of(case, clock)
    played.answer(Sent(result, case, until=until))
    return played


def test_rule_01_without_an_accepted_warning_no_deadline_runs(clock: Clock) -> None:
    assert sent_kind(run_of(OPENED, clock)) is NoticeKind.WARNING
    assert rings(unsent(OPENED, clock, Sending.STOPPED)) == [START + timedelta(days=1)]


@pytest.mark.parametrize(
    ("result", "at"),
    [
        (Sending.UNKNOWN, START + timedelta(hours=1)),
        (Sending.STOPPED, START + timedelta(days=1)),
        (Sending.WAITING, START + timedelta(days=1)),
        (Sending.PUT_OFF, START + timedelta(days=1)),
    ],
)
def test_a_message_that_did_not_go_out_is_looked_at_again_in_time(
    clock: Clock, result: Sending, at: datetime
) -> None:
    assert rings(unsent(OPENED, clock, result)) == [at]


def test_a_message_put_off_goes_out_at_the_hour_that_was_named(clock: Clock) -> None:
    until = START + timedelta(hours=3)
    assert rings(unsent(OPENED, clock, Sending.PUT_OFF, until)) == [until]


def test_a_warning_that_waits_for_a_person_is_rendered_anew_after_its_day(clock: Clock) -> None:
    ends = datetime(2035, 3, 6, tzinfo=UTC)
    case = replace(OPENED, day_ends_at=ends)
    assert rings(unsent(case, clock, Sending.WAITING)) == [ends]
    assert rings(unsent(case, clock, Sending.STOPPED)) == [START + timedelta(days=1)]


def test_a_reminder_that_cannot_go_out_waits_beside_the_deadline(clock: Clock) -> None:
    clock.now = REMINDERS[1].due_at
    case = replace(IN_GRACE, reminders=REMINDERS[1:])
    played = unsent(case, clock, Sending.STOPPED)
    assert rings(played) == [clock.now + timedelta(days=1), DEADLINE_AT]


def test_what_a_person_did_is_told_and_a_stopped_notice_is_tried_again(clock: Clock) -> None:
    case = replace(IN_GRACE, to_tell=(EXTENDED,))
    played = run_of(case, clock)
    assert asked(played) == "tell_intervention"

    until = START + timedelta(hours=2)
    played.answer(Told(Sending.PUT_OFF, case=case, until=until))
    assert rings(played)[0] == until

    clock.now = until
    played.answer()
    played.answer(Told(Sending.SENT, case=IN_GRACE))
    assert rings(played)[0] == REMINDERS[0].due_at


# ---- holds ----


def test_a_hold_waits_for_a_person_and_reminds_staff_weekly(clock: Clock) -> None:
    at = ON_HOLD.staff_notice_at
    assert at is not None
    clock.now = at - ONE_SECOND
    assert rings(run_of(ON_HOLD, clock)) == [at]
    clock.now = at
    played = run_of(ON_HOLD, clock)
    assert sent_kind(played) is NoticeKind.ON_HOLD
    assert isinstance(played.at, Call)
    assert played.at.request.hold_notice == 2


def test_a_pause_ends_by_itself_after_its_last_day(clock: Clock) -> None:
    at = PAUSED.resume_at
    assert at is not None
    clock.now = at - ONE_SECOND
    assert rings(run_of(PAUSED, clock))[0] == at
    clock.now = at
    assert asked(run_of(PAUSED, clock)) == "end_pause"


def test_on_hold_what_a_person_did_is_told_before_staff_are_reminded(clock: Clock) -> None:
    clock.now = START + timedelta(days=8)
    assert asked(run_of(replace(ON_HOLD, to_tell=(EXTENDED,)), clock)) == "tell_intervention"


# ---- the end ----


def test_rule_17_an_outcome_is_applied_to_the_revision_it_was_decided_on(clock: Clock) -> None:
    played = run_of(DECIDING, clock)
    assert asked(played) == "apply_outcome"
    assert isinstance(played.at, Call)
    assert played.at.request.revision == 7


def test_a_removal_waits_while_it_could_not_be_told(clock: Clock) -> None:
    played = run_of(DECIDING, clock)
    played.answer(DECIDING)
    assert rings(played)[0] == START + timedelta(days=1)


def test_an_outcome_is_told_before_the_case_closes(clock: Clock) -> None:
    played = run_of(replace(DECIDED, to_tell=(EXTENDED,)), clock)
    assert asked(played) == "tell_intervention"
    played.answer(Told(Sending.STOPPED, case=replace(DECIDED, to_tell=(EXTENDED,))))
    assert asked(played) == "waits"
    played.answer()
    played.answer(Told(Sending.SENT, case=DECIDED))
    assert sent_kind(played) is NoticeKind.REMOVAL
    played.answer(Sent(Sending.STOPPED, DECIDED))
    assert asked(played) == "waits"
    played.answer()
    played.answer(Sent(Sending.SENT, replace(DECIDED, closing_notice=None)))
    assert asked(played) == "close_case"
    played.answer(replace(CLOSED, current_tier="silver"))
    assert played.result is not None
    assert (played.result.opened, played.result.outcome) == (True, "removed")
    assert (played.result.tier, played.result.deadline) == ("silver", CLOSED.deadline)


def test_who_is_out_at_the_end_has_no_tier(clock: Clock) -> None:
    played = run_of(replace(DECIDED, closing_notice=None), clock)
    played.answer(CLOSED)
    assert played.result is not None
    assert played.result.tier is None


def test_a_case_that_ends_in_silence_is_closed_without_a_notice(clock: Clock) -> None:
    assert asked(run_of(replace(DECIDED, closing_notice=None), clock)) == "close_case"


def test_without_a_case_the_run_ends_with_the_reason(clock: Clock) -> None:
    played = Played("acme", lambda: clock.now)
    played.answer(Opening(None, "passing", "10 orders a month"))
    assert played.result is not None
    assert (played.result.opened, played.result.reason) == (False, "passing")


def test_without_a_case_a_check_in_that_is_due_is_started(clock: Clock) -> None:
    played = Played("acme", lambda: clock.now)
    played.answer(Opening(None, "check-in first", check_in=True))
    assert asked(played) == "start_check_in"


# ---- people's commands ----


def give(played: Played, order: SignedCommand = ORDER) -> Any:
    return played.command("void", CaseActivities.void_case, order)


def test_a_command_wakes_the_case_and_goes_before_everything_else(clock: Clock) -> None:
    played = run_of(IN_GRACE, clock)
    clock.now = DECISION_AT
    waiting = give(played)
    assert isinstance(played.at, Waits)
    assert played.at.is_woken()

    played.answer()

    assert asked(played) == "void_case"
    played.answer(replace(DECIDED, outcome=Outcome.VOIDED, closing_notice=None))
    assert waiting.result is not None
    assert asked(played) == "close_case"


def test_a_command_that_only_says_who_and_why_is_one_too(clock: Clock) -> None:
    played = run_of(IN_GRACE, clock)
    plain, full = give(played, SignedCommand("Ann", "a mistake")), give(played)
    played.answer()
    assert isinstance(played.at, Call)
    assert played.at.request == PlainCommand(IN_GRACE.case_id, "Ann", "a mistake")
    assert not plain.done

    played.answer(IN_GRACE)

    assert (plain.done, full.done) == (True, False)
    assert played.at.request == CaseCommand("Ann", "agreed by phone", 5, case_id=IN_GRACE.case_id)


def test_a_refusal_answers_the_command_and_the_case_goes_on(clock: Clock) -> None:
    played = run_of(IN_GRACE, clock)
    waiting = give(played)
    played.answer()

    played.fail(ApplicationError("refused: not now", type="Refused", non_retryable=True))

    assert waiting.done
    assert waiting.refusal is not None
    assert waiting.refusal.endswith("refused: not now")
    assert asked(played) == "waits"


def test_rule_17_while_a_decision_is_under_way_a_command_is_refused(clock: Clock) -> None:
    clock.now = DECISION_AT
    played = run_of(IN_GRACE, clock)
    assert asked(played) == "decide_case"

    with pytest.raises(ApplicationError, match="refused: the case is being closed"):
        give(played)


def test_rule_17_of_two_commands_that_wait_the_second_finds_what_the_first_brought(
    clock: Clock,
) -> None:
    """It has passed the first check, and is checked again when its turn comes."""
    played = run_of(IN_GRACE, clock)
    first, second = give(played), give(played)
    played.answer()

    played.answer(replace(DECIDED, outcome=Outcome.VOIDED, closing_notice=None))

    assert first.result is not None
    assert second.refusal is not None
    assert second.refusal.startswith("the case is being closed")
    assert asked(played) == "close_case"


def test_rule_17_after_the_outcome_every_command_is_refused(clock: Clock) -> None:
    with pytest.raises(ApplicationError, match="refused: the case is being closed"):
        give(run_of(DECIDED, clock))


def test_a_command_before_there_is_a_case_is_refused(clock: Clock) -> None:
    with pytest.raises(ApplicationError, match="refused: no case is open"):
        give(Played("acme", lambda: clock.now))


@pytest.mark.parametrize(("who", "reason"), [(" ", "why"), ("Ann", " ")])
def test_rule_16_a_command_without_who_or_why_is_refused(
    clock: Clock, who: str, reason: str
) -> None:
    with pytest.raises(ApplicationError, match="say who you are and why"):
        give(run_of(IN_GRACE, clock), Command(who, reason))


def test_a_long_history_is_left_behind_only_once_no_command_waits(clock: Clock) -> None:
    """The new run would not know of it, and the person would wait for ever."""
    played = run_of(IN_GRACE, clock)
    played.gets_long()
    waiting = give(played)

    played.answer()  # woken by the command, with a history that is long by now

    assert asked(played) == "void_case"
    played.answer(IN_GRACE)
    assert waiting.result is not None
    played.notice_changed()
    with pytest.raises(Afresh):
        played.answer()


def test_a_run_that_is_taken_over_stands_where_it_stood(clock: Clock) -> None:
    """The workflow says the same whenever it is told the same: what a replay rests on."""
    played = run_of(IN_GRACE, clock)
    clock.now = REMINDERS[0].due_at
    give(played)
    played.answer()
    played.fail(ApplicationError("refused: not now", type="Refused", non_retryable=True))
    assert sent_kind(played) is NoticeKind.REMINDER
    clock.now = DEADLINE_AT

    again = copy.deepcopy(played)

    assert again.at == played.at
    again.answer(Sent(Sending.SENT, replace(IN_GRACE, reminders=())))
    assert rings(again) == [DECISION_AT]


@pytest.mark.parametrize("unknown", ["deadline_at", "decision_at", "recovery_until"])
def test_rule_01_without_a_clock_nothing_is_due(unknown: str) -> None:
    case = replace(RECOVERING, reminders=REMINDERS, **{unknown: None})
    now = DECISION_AT
    assert moments.decision_is_due(case, now) == (unknown != "decision_at")
    assert not moments.has_recovered(case, now)
    assert moments.due_notices(case, now) == []


# ---- what is refused before it leaves a trace ----


def test_a_case_that_is_not_on_hold_is_not_resumed(clock: Clock) -> None:
    with pytest.raises(ApplicationError, match=r"not on hold\. In grace until 2035-04-19"):
        run_of(IN_GRACE, clock).workflow._check_resume(ORDER)
    run_of(ON_HOLD, clock).workflow._check_resume(ORDER)


def test_an_extension_of_more_days_than_one_command_adds_is_refused(clock: Clock) -> None:
    workflow = run_of(IN_GRACE, clock).workflow
    with pytest.raises(ApplicationError, match="more than one command adds"):
        workflow._check_extend(replace(ORDER, days=3_000_000))
    workflow._check_extend(ORDER)


@pytest.mark.parametrize("refusal", [None, "refused: the case is over"])
async def test_whoever_gives_a_command_hears_its_answer_or_why_it_was_refused(
    monkeypatch: pytest.MonkeyPatch, refusal: str | None
) -> None:
    server, commands = Unserved(monkeypatch), CommandQueue()

    def its_turn_comes() -> None:
        waiting = commands.next()
        assert waiting is not None
        if refusal is None:
            waiting.answer("on hold")
        else:
            waiting.refuse(refusal)

    server.during_wait = its_turn_comes
    if refusal is None:
        assert await commands.give("void", CaseActivities.void_case, ORDER) == "on hold"
        return
    with pytest.raises(ApplicationError, match=refusal) as refused:
        await commands.give("void", CaseActivities.void_case, ORDER)
    assert refused.value.non_retryable


# ---- cancelled ----


def cancelled(played: Played) -> list[tuple[str, Any]]:
    """What a run does once it is cancelled, and with which request."""
    done: list[tuple[str, Any]] = []
    steps = played.workflow._void_without_mail()
    answers = [None, replace(DECIDED, outcome=Outcome.VOIDED), CLOSED]
    with suppress(StopIteration):
        for answer in answers:
            at = steps.send(answer)
            done.append((at.activity.__name__, at.request))
    return done


@pytest.mark.parametrize("case", [OPENED, IN_GRACE, ON_HOLD, DECIDING])
def test_a_cancelled_case_is_voided_silently_and_closed(case: CaseView, clock: Clock) -> None:
    (void, command), (close, _) = cancelled(run_of(case, clock))

    assert (void, close) == ("void_case", "close_case")
    assert command == PlainCommand(
        case.case_id, "Temporal", "the workflow was cancelled", silent=True
    )


def test_a_cancellation_that_meets_a_command_is_no_refusal(clock: Clock) -> None:
    """It comes once: whoever takes it for the command's answer has lost it."""
    played = run_of(IN_GRACE, clock)
    waiting = played.command("pause", CaseCommandActivities.pause_case, ORDER)
    played.answer()
    assert isinstance(played.at, Call)

    with pytest.raises(ActivityError) as raised:
        played.fail(CancelledError("cancelled"))

    assert is_cancelled_exception(raised.value)
    assert waiting.refusal == "the case was cancelled meanwhile"


def test_an_outcome_that_is_applied_stays_when_the_run_is_cancelled(clock: Clock) -> None:
    assert cancelled(run_of(DECIDED, clock)) == []


def test_a_run_that_is_cancelled_before_it_saw_a_case_does_nothing(clock: Clock) -> None:
    assert cancelled(Played("acme", lambda: clock.now)) == []


# ---- what is asked of a run ----


def test_a_run_says_where_its_case_stands_and_that_there_is_none(clock: Clock) -> None:
    assert Played("acme", lambda: clock.now).workflow.show_next() == "no case is open"
    assert run_of(OPENED, clock).workflow.show_next() == (
        "Below standards; the warning is on its way"
    )
