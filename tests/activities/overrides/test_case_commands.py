"""People's commands on an open case: what each does, when it is refused, and who wins."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from temporalio.exceptions import ApplicationError

from partners.domain.cases.case import CaseStatus, HoldReason, Next, Outcome
from partners.domain.cases.commands import CaseCommand
from partners.domain.cases.view import CaseRef, CaseView, PlainCommand
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from partners.store.judging.totals import recount_all
from partners.store.overrides import overrides
from partners.store.tables.audit_tables import AuditRow
from partners.store.tables.case_tables import (
    AppealRow,
    CaseRow,
    DecisionRow,
    GuardActionRow,
    InterventionRow,
    OverrideRow,
    TierChangeRow,
)
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.activities.conftest import NOW, ONE_MINUTE, Desk

DEADLINE = date(2035, 4, 19)
DECISION = datetime(2035, 4, 23, 9, tzinfo=UTC)


def rows(desk: Desk, table: type[Any]) -> list[Any]:
    with desk.database.read() as session:
        return list(session.scalars(select(table).order_by(*table.__table__.primary_key)))


def kinds(desk: Desk) -> list[str]:
    return [row.kind for row in rows(desk, OutboxRow)]


def partner(desk: Desk) -> PartnerRow:
    with desk.database.read() as session:
        return session.get_one(PartnerRow, "acme")


# ---- extend ----


def test_an_extended_deadline_moves_later_to_a_working_day_and_is_reminded_of_anew(
    desk: Desk,
) -> None:
    case = desk.warned()
    desk.now = datetime(2035, 4, 5, 9, tzinfo=UTC)
    desk.send(case, NoticeKind.REMINDER, reminder_days=14)

    extended = desk.command(desk.commands.extend_case, case, days=9)

    assert extended.deadline == date(2035, 4, 30)  # 28 April is a Saturday
    assert extended.status is CaseStatus.IN_GRACE
    assert [r.days for r in extended.reminders] == [14, 3]
    assert desk.tell(extended) == [Sending.SENT]
    assert kinds(desk) == ["warning", "reminder", "extended"]
    (told,) = [m for m in rows(desk, OutboxRow) if m.kind == "extended"]
    assert "your deadline is now 30 April 2035" in told.subject
    assert told.case_id == case.case_id


def test_rule_12_extensions_stay_within_60_days_of_grace_unless_a_person_says_otherwise(
    desk: Desk,
) -> None:
    case = desk.warned()
    case = desk.command(desk.commands.extend_case, case, days=10)

    with pytest.raises(ApplicationError, match=r"61 days of grace .* \(5 more are left\)"):
        desk.command(desk.commands.extend_case, case, days=6)
    beyond = desk.command(desk.commands.extend_case, case, days=6, beyond_policy=True)

    assert beyond.deadline == date(2035, 5, 7)  # 5 May is a Saturday
    assert [row.beyond_policy for row in rows(desk, InterventionRow)] == [False, True]


def test_a_repeated_extension_extends_once(desk: Desk) -> None:
    case = desk.warned()
    command = CaseCommand("Ann", "asked for it", days=5, case_id=case.case_id)

    first = desk.call(desk.commands.extend_case, command, "7")
    second = desk.call(desk.commands.extend_case, command, "7")

    assert first.deadline == second.deadline == date(2035, 4, 24)
    assert len(rows(desk, InterventionRow)) == 1


@pytest.mark.parametrize("step", ["resume", "void"])
def test_a_step_that_is_repeated_for_its_answer_was_lost_is_not_refused(
    desk: Desk, step: str
) -> None:
    """Else the person reads that it was refused, and the run knows nothing of it."""
    activity = {"resume": desk.cases.resume_case, "void": desk.cases.void_case}[step]
    with desk.database.write() as session:
        session.get_one(PartnerRow, "acme").email = "nobody@acme.invalid"
    case = desk.open().case
    assert case is not None
    on_hold = desk.send(case, NoticeKind.WARNING).case
    assert on_hold.status is CaseStatus.ON_HOLD

    resume = CaseCommand("Ann", "called them", case_id=case.case_id)
    command = resume if step == "resume" else PlainCommand(case.case_id, "Ann", "called them")
    first = desk.call(activity, command)
    desk.now += ONE_MINUTE
    again = desk.call(activity, command, attempt=2)
    assert (again.status, again.attempt) == (first.status, first.attempt)
    desk.now += timedelta(days=1)
    with pytest.raises(ApplicationError, match="refused"):
        desk.call(activity, command)  # a command of its own


def test_the_same_words_on_another_day_are_a_command_of_their_own(desk: Desk) -> None:
    """Though its first attempt was lost before it did anything: what was done then is not this."""
    with desk.database.write() as session:
        session.get_one(PartnerRow, "acme").email = "nobody@acme.invalid"
    case = opened(desk)
    command = CaseCommand("Ann", "called them", case_id=case.case_id)
    desk.send(case, NoticeKind.WARNING)
    first = desk.call(desk.cases.resume_case, command)
    desk.now += timedelta(days=1)
    again = desk.send(first, NoticeKind.WARNING).case
    assert (first.attempt, again.status) == (2, CaseStatus.ON_HOLD)
    desk.now += timedelta(days=1)

    second = desk.call(desk.cases.resume_case, command, attempt=2)

    assert (second.status, second.attempt) == (CaseStatus.OPENED, 3)


def test_quiet_is_recorded_and_the_partner_is_not_told(desk: Desk) -> None:
    extended = desk.command(desk.commands.extend_case, desk.warned(), days=5, quiet=True)

    assert extended.to_tell == ()
    (row,) = rows(desk, InterventionRow)
    assert (row.quiet, row.told) == (True, "not told, as was said")
    (decision,) = [d for d in rows(desk, DecisionRow) if d.step == "extended"]
    assert (decision.actor, decision.reason) == ("Ann", "agreed by phone")
    assert decision.result == "deadline 2035-04-24, quietly"


def test_a_notice_of_an_older_deadline_is_not_sent(desk: Desk) -> None:
    first = desk.command(desk.commands.extend_case, desk.warned(), days=5)
    second = desk.command(desk.commands.extend_case, first, days=5)

    assert desk.tell(second) == [Sending.SKIPPED, Sending.SENT]
    assert kinds(desk) == ["warning", "extended"]


# ---- pause and resume ----


def test_rule_12_a_pause_stops_the_clock_and_adds_its_own_length(desk: Desk) -> None:
    case = desk.warned()
    desk.now = datetime(2035, 3, 10, 12, tzinfo=UTC)
    paused = desk.command(desk.commands.pause_case, case)
    assert (paused.status, paused.hold_reason) == (CaseStatus.ON_HOLD, HoldReason.PAUSED)
    assert paused.standing == "on_hold"
    assert desk.tell(paused) == [Sending.SENT]

    desk.now = DECISION + timedelta(days=30)
    assert desk.decide(paused).status is CaseStatus.ON_HOLD  # nothing is decided meanwhile
    resumed = desk.command(desk.cases.resume_case, paused)

    length = DECISION.date() + timedelta(days=30) - date(2035, 3, 10)
    assert resumed.status is CaseStatus.IN_GRACE
    assert resumed.deadline == DEADLINE + length  # a Monday
    assert desk.tell(resumed) == [Sending.SENT]
    assert kinds(desk) == ["warning", "paused", "extended"]
    resumed_mail = rows(desk, OutboxRow)[-1]
    assert resumed_mail.subject.startswith("The pause is over")
    assert desk.command(desk.commands.extend_case, resumed, days=15).deadline  # pauses do not count


def test_a_resumption_whose_attempts_are_counted_anew_is_not_refused(desk: Desk) -> None:
    """As when somebody resets the activity: what it has done, it has done."""
    paused = desk.command(desk.commands.pause_case, desk.warned())
    command = CaseCommand("Ann", "they are back", case_id=paused.case_id)

    first = desk.call(desk.cases.resume_case, command, "7")
    second = desk.call(desk.cases.resume_case, command, "7")

    assert first.status is second.status is CaseStatus.IN_GRACE
    assert [row.kind for row in rows(desk, InterventionRow)] == ["paused", "resumed"]


def test_a_pause_with_a_last_day_ends_by_itself_after_it(desk: Desk) -> None:
    case = desk.command(desk.commands.pause_case, desk.warned(), until=date(2035, 3, 14))
    assert case.resume_at == datetime(2035, 3, 15, tzinfo=UTC)
    assert case.staff_notice_at is None

    desk.now = datetime(2035, 3, 14, 23, 59, tzinfo=UTC)
    early = desk.call(desk.commands.end_pause, CaseRef(case.case_id))
    desk.now = datetime(2035, 3, 15, tzinfo=UTC)
    ended = desk.call(desk.commands.end_pause, CaseRef(case.case_id))

    assert early.status is CaseStatus.ON_HOLD
    assert ended.status is CaseStatus.IN_GRACE
    assert ended.deadline == DEADLINE + timedelta(days=11)  # 10 days of pause; Sunday to Monday
    assert desk.call(desk.commands.end_pause, CaseRef(case.case_id)).deadline == ended.deadline


@pytest.mark.parametrize("quiet", [True, False])
def test_the_end_of_a_pause_is_told_if_the_pause_was(desk: Desk, quiet: bool) -> None:
    case = desk.command(desk.commands.extend_case, desk.warned(), days=5, quiet=not quiet)
    case = desk.command(desk.commands.pause_case, case, until=date(2035, 3, 14), quiet=quiet)
    desk.now = datetime(2035, 3, 15, tzinfo=UTC)

    desk.call(desk.commands.end_pause, CaseRef(case.case_id))

    assert [row.quiet for row in rows(desk, InterventionRow)] == [not quiet, quiet, quiet]


@pytest.mark.parametrize(
    "columns", [{"status": "deciding"}, {"hold_reason": "undeliverable"}], ids=str
)
def test_only_a_case_that_stands_still_for_its_pause_goes_on_when_its_day_is_over(
    desk: Desk, columns: dict[str, Any]
) -> None:
    case = desk.command(desk.commands.pause_case, desk.warned(), until=date(2035, 3, 14))
    with desk.database.write() as session:
        for name, value in columns.items():
            setattr(session.get_one(CaseRow, case.case_id), name, value)
    desk.now = datetime(2035, 3, 15, tzinfo=UTC)
    before = everything(desk)

    desk.call(desk.commands.end_pause, CaseRef(case.case_id))

    assert everything(desk) == before


def test_a_recovery_goes_on_after_a_pause_where_it_was(desk: Desk) -> None:
    with desk.database.write() as session:
        builders.orders(session, "acme", date(2035, 3, 6), date(2035, 3, 31), 60)
    case = desk.warned()
    desk.now = datetime(2035, 3, 25, tzinfo=UTC)
    case = desk.assess(case)
    assert case.recovery_until == datetime(2035, 4, 8, tzinfo=UTC)

    paused = desk.command(desk.commands.pause_case, case)
    desk.now += timedelta(days=7)
    resumed = desk.command(desk.cases.resume_case, paused)

    assert resumed.recovery_until == datetime(2035, 4, 15, tzinfo=UTC)


def test_rule_07_in_a_pause_no_recovery_begins(desk: Desk) -> None:
    with desk.database.write() as session:
        builders.orders(session, "acme", date(2035, 3, 6), date(2035, 3, 31), 60)
        recount_all(session.connection())
    paused = desk.command(desk.commands.pause_case, desk.warned())
    desk.now = datetime(2035, 3, 25, tzinfo=UTC)

    looked = desk.assess(paused)

    assert [line.verdict for line in looked.findings] == ["passing"]
    assert desk.row(paused).recovery_since is None


def test_rule_19_corrected_data_void_a_paused_case_and_a_second_look_keeps_it_paused(
    desk: Desk,
) -> None:
    paused = desk.command(desk.commands.pause_case, desk.warned())
    more_orders(desk)
    void = desk.assess(paused)
    assert (void.status, void.next) == (CaseStatus.DECIDING, Next.VOID)
    with desk.database.write() as session:
        session.get_one(CaseRow, void.case_id).untold = True

    again = desk.apply(void)

    assert again.status is CaseStatus.ON_HOLD
    assert again.hold_reason is HoldReason.PAUSED


def more_orders(desk: Desk) -> None:
    """Late orders of February: 12 in all, where 10 are required."""
    with desk.database.write() as session:
        builders.orders(session, "acme", date(2035, 2, 1), date(2035, 2, 27), 6, "accepted")
        recount_all(session.connection())


# ---- what ends a case ----


def test_a_waiver_ends_the_case_and_keeps_reviews_away_until_its_day(desk: Desk) -> None:
    waived = desk.command(desk.commands.waive_case, desk.warned(), until=date(2035, 5, 31))

    assert (waived.status, waived.outcome) == (CaseStatus.DECIDED, Outcome.WAIVED)
    assert waived.closing_notice is None  # the waiver's own notice tells it
    assert desk.tell(waived) == [Sending.SENT]
    desk.close(waived)
    assert kinds(desk) == ["warning", "waived"]
    assert partner(desk).tier == "preferred"
    desk.now = datetime(2035, 5, 10, tzinfo=UTC)
    assert desk.open().reason == "a waiver is in force"
    desk.now = datetime(2035, 6, 10, tzinfo=UTC)  # May, which began during the waiver, is spared
    assert desk.open().reason.startswith("the month began before")
    desk.now = datetime(2035, 7, 10, tzinfo=UTC)  # June is judged again: no orders
    assert desk.open().case is not None


def test_a_person_reinstates(desk: Desk) -> None:
    case = desk.command(desk.commands.reinstate_case, desk.warned())

    assert (case.outcome, case.closing_notice) == (Outcome.REINSTATED, None)
    assert desk.tell(case) == [Sending.SENT]
    assert rows(desk, OutboxRow)[-1].subject == "Good news: you keep your Preferred status"


def test_rule_01_a_person_removes_only_after_the_full_grace_period(desk: Desk) -> None:
    case = desk.warned()
    desk.now = datetime(2035, 4, 19, 23, tzinfo=UTC)
    with pytest.raises(ApplicationError, match="has not run out") as refused:
        desk.command(desk.commands.remove_case, case)
    assert refused.value.details[0] == "goes_beyond_policy"
    assert partner(desk).tier == "preferred"

    desk.now = datetime(2035, 4, 20, tzinfo=UTC)
    removed = desk.command(desk.commands.remove_case, case)

    assert removed.outcome is Outcome.REMOVED
    assert partner(desk).tier is None
    assert {row.key for row in rows(desk, GuardActionRow)} == {
        f"{case.case_id}/removed",
        f"{case.case_id}/warned",
        f"{case.case_id}/warned/1",
    }
    assert desk.tell(removed) == [Sending.SENT]
    text = rows(desk, OutboxRow)[-1].text
    assert "Our partner team has decided this." in text
    assert "At that deadline they were not" not in text


def test_rule_01_beyond_policy_is_recorded_with_the_removal(desk: Desk) -> None:
    desk.command(desk.commands.remove_case, desk.warned(), beyond_policy=True)

    (row,) = rows(desk, InterventionRow)
    assert (row.kind, row.beyond_policy, row.tier, row.to_tier) == (
        *("removed", True),
        *("preferred", None),
    )


def test_a_block_ends_the_case_and_a_block_of_offers_lets_it_go_on(desk: Desk) -> None:
    case = desk.warned()
    with pytest.raises(ApplicationError, match=r"unknown offer 'spring', for there are no offers"):
        desk.command(desk.commands.block_case, case, offers=("spring",))
    with desk.database.write() as session:
        builders.an_offer(session, "spring", name="Spring offer")
    with pytest.raises(ApplicationError, match=r"unknown offer 'sprin'; did you mean spring\?"):
        desk.command(desk.commands.block_case, case, offers=("sprin",))

    some = desk.command(desk.commands.block_case, case, offers=("spring",))
    assert some.status is CaseStatus.IN_GRACE
    assert desk.tell(some) == [Sending.SENT]
    assert "Spring offer" in rows(desk, OutboxRow)[-1].text
    with desk.database.read() as session:
        assert overrides.kinds_in_force(session, "acme", desk.now.date()) == {"offers"}

    whole = desk.command(desk.commands.block_case, some)

    assert (whole.outcome, whole.standing) == (Outcome.BLOCKED, "blocked")
    desk.close(whole)
    desk.now = datetime(2035, 5, 10, tzinfo=UTC)
    assert desk.open().reason == "blocked: beyond reviews"


# ---- appeals ----


def test_an_appeal_stops_the_clock_until_it_is_upheld(desk: Desk) -> None:
    appealed = desk.command(desk.commands.appeal_case, desk.warned())
    assert (appealed.status, appealed.hold_reason) == (CaseStatus.ON_HOLD, HoldReason.APPEAL)
    with pytest.raises(ApplicationError, match="an appeal waits for an answer"):
        desk.command(desk.cases.resume_case, appealed)

    desk.now += timedelta(days=5)
    upheld = desk.command(desk.commands.uphold_case, appealed)

    assert (upheld.status, upheld.deadline) == (CaseStatus.IN_GRACE, date(2035, 4, 24))
    assert desk.tell(upheld) == [Sending.SKIPPED, Sending.SENT]  # received: answered by now
    assert rows(desk, OutboxRow)[-1].subject.endswith("our decision stands")


def test_an_appeal_that_is_overturned_voids_the_case(desk: Desk) -> None:
    appealed = desk.command(desk.commands.appeal_case, desk.warned())
    assert desk.tell(appealed) == [Sending.SENT]

    overturned = desk.command(desk.commands.overturn_case, appealed)

    assert (overturned.outcome, overturned.closing_notice) == (Outcome.VOIDED, None)
    assert desk.tell(overturned) == [Sending.SENT]
    (appeal,) = rows(desk, AppealRow)
    assert (appeal.state, appeal.decided_by) == ("overturned", "Ann")


def test_an_appeal_made_during_a_pause_holds_the_case_beyond_it(desk: Desk) -> None:
    paused = desk.command(desk.commands.pause_case, desk.warned(), until=date(2035, 3, 14))
    desk.command(desk.commands.appeal_case, paused)
    desk.now = datetime(2035, 3, 15, tzinfo=UTC)

    still = desk.call(desk.commands.end_pause, CaseRef(paused.case_id))
    assert (still.status, still.hold_reason) == (CaseStatus.ON_HOLD, HoldReason.APPEAL)
    upheld = desk.command(desk.commands.uphold_case, still)

    assert upheld.deadline == DEADLINE + timedelta(days=11)


def test_an_appeal_is_moot_once_its_case_has_ended_otherwise(desk: Desk) -> None:
    appealed = desk.command(desk.commands.appeal_case, desk.warned())
    desk.call(desk.cases.void_case, PlainCommand(appealed.case_id, "Ben", "our mistake"))

    assert [row.state for row in rows(desk, AppealRow)] == ["moot"]


# ---- refusals ----

Prepare = Callable[[Desk], CaseView]


def opened(desk: Desk) -> CaseView:
    case = desk.open().case
    assert case is not None
    return case


def warned(desk: Desk) -> CaseView:
    return desk.warned()


def paused(desk: Desk) -> CaseView:
    return desk.command(desk.commands.pause_case, desk.warned())


def deciding(desk: Desk) -> CaseView:
    case = desk.warned()
    desk.now = DECISION
    return desk.decide(case)


def decided(desk: Desk) -> CaseView:
    return desk.apply(deciding(desk))


def closed(desk: Desk) -> CaseView:
    return desk.close(decided(desk))


def moved(desk: Desk) -> CaseView:
    case = desk.warned()
    with desk.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = None
    return case


def moved_elsewhere(desk: Desk) -> CaseView:
    case = desk.warned()
    with desk.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = "elsewhere"
    return case


def settling_long_after(desk: Desk) -> CaseView:
    case = desk.warned()
    desk.now = DECISION + timedelta(days=3)
    return case


ALL = (
    *("extend", "pause", "waive", "reinstate", "remove", "block", "unblock", "appeal"),
    *("uphold", "overturn"),
)
UNTIL = date(2036, 1, 31)
REFUSED: list[tuple[Prepare, str, dict[str, Any], str]] = [
    (opened, "extend", {"days": 5}, "no deadline runs yet"),
    (opened, "pause", {}, "no clock runs yet"),
    (opened, "appeal", {}, "no clock runs yet"),
    (opened, "remove", {}, "no accepted warning and full grace period"),
    (warned, "extend", {"days": 0}, "only moves later"),
    (warned, "extend", {"days": -3}, "only moves later"),
    (warned, "extend", {"days": 16}, "61 days of grace are more than the 60"),
    (settling_long_after, "extend", {"days": 2}, "would have passed already"),
    (paused, "extend", {"days": 5}, "on hold, so no clock runs"),
    (paused, "pause", {}, "the case is paused already"),
    (warned, "pause", {"until": date(2035, 3, 4)}, "2035-03-04 has passed"),
    (warned, "waive", {}, "a waiver needs its last day"),
    (warned, "waive", {"until": date(2035, 3, 4)}, "2035-03-04 has passed"),
    (warned, "remove", {}, "has not run out"),
    (paused, "remove", {}, "has not run out"),
    (moved, "reinstate", {}, "a person changed the tier meanwhile: none"),
    (moved, "remove", {"beyond_policy": True}, "a person changed the tier meanwhile: none"),
    (moved_elsewhere, "reinstate", {}, "a person changed the tier meanwhile: elsewhere"),
    (warned, "block", {"until": date(2035, 3, 4)}, "2035-03-04 has passed"),
    (warned, "unblock", {}, "not blocked"),
    (warned, "uphold", {}, "no appeal is open"),
    (warned, "overturn", {}, "no appeal is open"),
    (warned, "extend", {"days": 5, "revision": 1}, "the case has changed meanwhile"),
]


@pytest.mark.parametrize(
    ("prepare", "name", "what", "why"),
    REFUSED,
    ids=[f"{prepare.__name__}-{name}-{why[:24]}" for prepare, name, _, why in REFUSED],
)
def test_a_refusal_says_why_in_one_line_and_changes_nothing(
    desk: Desk, prepare: Prepare, name: str, what: dict[str, Any], why: str
) -> None:
    case = prepare(desk)
    refused_with(desk, case, name, what, why)


@pytest.mark.parametrize(
    ("prepare", "what"), [(deciding, "remove"), (decided, "removed"), (closed, "removed")]
)
def test_rule_17_a_case_that_is_closing_refuses_every_command(
    desk: Desk, prepare: Prepare, what: str
) -> None:
    case, why = prepare(desk), f"the case is being closed: {what}"
    for name in ALL:
        refused_with(desk, case, name, {"days": 5, "until": UNTIL}, why)


def refused_with(desk: Desk, case: CaseView, name: str, what: dict[str, Any], why: str) -> None:
    """Give a command that is refused, and see that nothing has changed."""
    before = everything(desk)

    with pytest.raises(ApplicationError) as refused:
        desk.command(getattr(desk.commands, f"{name}_case"), case, **what)

    assert why in refused.value.message
    assert refused.value.message.startswith("refused: ")
    assert "\n" not in refused.value.message
    assert refused.value.non_retryable
    assert everything(desk) == before


def everything(desk: Desk) -> list[list[object]]:
    """What a command could have changed."""
    tables = (
        *(CaseRow, DecisionRow, InterventionRow, OverrideRow, AppealRow, TierChangeRow),
        *(OutboxRow, PartnerRow, GuardActionRow),
    )
    with desk.database.read() as session:
        return [
            [tuple(row) for row in session.execute(select(table.__table__)).all()]
            for table in tables
        ]


# ---- two at once ----


@pytest.mark.parametrize(
    ("first", "second"),
    [("extend", "extend"), ("pause", "waive"), ("reinstate", "remove"), ("appeal", "appeal")],
)
def test_rule_17_of_two_people_at_once_one_wins_and_one_is_refused(
    desk: Desk, first: str, second: str
) -> None:
    case = desk.warned()
    what = {"days": 5, "until": UNTIL, "beyond_policy": True, "revision": case.revision}

    def give(command: tuple[str, str]) -> str | None:
        name, who = command
        try:
            desk.command(getattr(desk.commands, f"{name}_case"), case, who=who, **what)
        except ApplicationError as error:
            return error.message
        return None

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(give, [(first, "Ann"), (second, "Ben")]))

    refusals = [answer for answer in answers if answer is not None]
    assert len(refusals) == 1
    assert "changed meanwhile" in refusals[0] or "being closed" in refusals[0]
    assert len(rows(desk, InterventionRow)) == 1


def test_rule_17_a_command_against_the_decision_one_of_the_two_counts(desk: Desk) -> None:
    """Over several rounds, for which of the two comes first is chance."""
    case = desk.warned()
    desk.now = DECISION
    decided = desk.decide(case)
    with desk.database.write() as session:  # as if the command had come in before the decision
        row = session.get_one(CaseRow, case.case_id)
        row.status, row.next = CaseStatus.IN_GRACE, None

    def extend() -> bool:
        try:
            desk.command(desk.commands.extend_case, case, days=10)
        except ApplicationError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = pool.submit(extend)
        applied = pool.submit(lambda: desk.apply(desk.decide(case)))

    final = desk.row(case)
    if won.result() and final.outcome is None:
        assert applied.result().outcome is None
        assert final.deadline == date(2035, 4, 30)
        assert partner(desk).tier == "preferred"
    else:
        assert not won.result()
        assert final.outcome == Outcome.REMOVED
        assert final.deadline == DEADLINE
    assert decided.next is Next.REMOVE


def test_rule_16_every_command_is_audited_with_its_person(desk: Desk) -> None:
    desk.command(desk.commands.waive_case, desk.warned(), until=UNTIL, who="Zoë")

    signed = {(row.kind, row.actor) for row in rows(desk, AuditRow)}
    assert {("intervention", "Zoë"), ("override", "Zoë"), ("decision", "Zoë")} <= signed


def test_rule_16_an_override_is_never_undone_by_the_automation(desk: Desk) -> None:
    """Until its last day nothing that a case does on its own touches it (rule 16)."""
    desk.close(desk.command(desk.commands.waive_case, desk.warned(), until=UNTIL))
    desk.now = DECISION

    assert desk.open().case is None
    with desk.database.read() as session:
        (row,) = overrides.in_force(session, "acme", desk.now.date())
        assert row.until_day == UNTIL
        assert session.scalar(select(func.count()).select_from(OverrideRow)) == 1
    assert desk.now > NOW


# ---- a command never hangs ----

FAR = date(9999, 12, 31)


@pytest.mark.parametrize(
    ("step", "what", "why"),
    [
        ("extend", {"days": 3_000_000, "beyond_policy": True}, "more than one command adds"),
        ("extend", {"days": 10**30, "beyond_policy": True}, "more than one command adds"),
        ("pause", {"until": FAR}, "more than 5 years ahead; the furthest is 2040-03-05"),
        ("waive", {"until": FAR}, "more than 5 years ahead"),
        ("block", {"until": FAR}, "more than 5 years ahead"),
        ("block", {"until": date(1, 1, 1)}, "has passed"),
        ("pause", {"reason": "half a character: \ud800"}, "plain text"),
        ("appeal", {"who": "Ann\0"}, "plain text"),
        ("appeal", {"reason": "x" * 10_001}, "10000 characters"),
    ],
)
def test_rule_17_what_a_command_cannot_mean_is_refused_and_changes_nothing(
    desk: Desk, step: str, what: dict[str, Any], why: str
) -> None:
    case = desk.warned()
    before = desk.row(case).revision

    with pytest.raises(ApplicationError, match=why) as refused:
        desk.command(getattr(desk.commands, f"{step}_case"), case, **what)

    assert refused.value.non_retryable
    assert desk.row(case).revision == before


def test_extensions_beyond_policy_do_not_add_up_to_a_day_that_nobody_will_see(desk: Desk) -> None:
    case = desk.warned()
    for _ in range(4):
        case = desk.command(desk.commands.extend_case, case, days=366, beyond_policy=True)

    with pytest.raises(ApplicationError, match=r"the new deadline, .* is more than 5 y"):
        desk.command(desk.commands.extend_case, case, days=366, beyond_policy=True)
    assert desk.row(case).deadline == case.deadline


@pytest.mark.parametrize("error", [OverflowError("date value out of range"), KeyError("acme")])
def test_whatever_a_command_raises_is_a_refusal_that_names_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    case = desk.warned()

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("activities.overrides.command_steps.pauses.stop", fail)
    with pytest.raises(ApplicationError, match="cannot be carried out") as refused:
        desk.command(desk.commands.pause_case, case)

    assert refused.value.non_retryable
    assert type(error).__name__ in str(refused.value)
    assert str(error) not in str(refused.value)
    assert desk.command(desk.commands.extend_case, case, days=5).deadline == date(2035, 4, 24)


def test_a_command_during_the_databases_own_trouble_is_tried_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = desk.warned()

    def fail(*_: object) -> None:
        raise OperationalError("UPDATE cases", {}, Exception("the connection is lost"))

    monkeypatch.setattr("activities.overrides.command_steps.pauses.stop", fail)
    with pytest.raises(OperationalError):
        desk.command(desk.commands.pause_case, case)
