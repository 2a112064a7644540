"""Each activity is safe to repeat, and what it applies it applies once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select
from temporalio.exceptions import ApplicationError

from activities.judging.gathering import CaseFile
from activities.mail import protocol
from partners.domain.cases.case import CaseStatus, HoldReason, Next, NotOpened, Outcome
from partners.domain.cases.view import ApplyOutcome, CaseView, PlainCommand
from partners.domain.judging.coverage import DayRange
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.view import Sending
from partners.mail.transport import Message, Receipt
from partners.store.cases.cases import decisions_of
from partners.store.cases.guard import waiting
from partners.store.judging.totals import recount_all
from partners.store.mail import outbox
from partners.store.tables.case_tables import CaseRow, TierChangeRow
from partners.store.tables.feed_tables import CoverageRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.activities.conftest import NOW, Desk, too_few_orders

DECISION = datetime(2035, 4, 23, 9, tzinfo=UTC)


def test_rule_09_opening_twice_goes_on_with_the_same_case(desk: Desk) -> None:
    first, second = desk.open(), desk.open()

    assert first.case is not None
    assert second.case is not None
    assert (first.continued, second.continued) == (False, True)
    assert first.case.case_id == second.case.case_id


def test_outside_the_launch_group_a_partner_is_judged_and_not_touched(desk: Desk) -> None:
    builders.accept(desk.database, builders.a_policy(enrolment={"launch_group": ["zenith"]}))

    opening = desk.open()

    assert opening.case is None
    assert opening.reason.startswith("not in the launch group")
    with desk.database.read() as session:
        (decision,) = decisions_of(session, "acme")
    assert decision.findings[0]["verdict"] == "below"


def test_rule_09_opening_at_once_from_two_workers_opens_one_case(desk: Desk) -> None:
    def attempt(_: int) -> bool:
        try:
            return desk.open().case is not None
        except Exception:  # the unique index; Temporal retries, and finds the open case
            return desk.open().case is not None

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(attempt, range(8)))
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(CaseRow)) == 1


def test_rule_09_a_repeated_send_sends_once_and_starts_the_clock_once(desk: Desk) -> None:
    case = desk.warned()
    desk.now += timedelta(days=2)

    again = desk.send(case, NoticeKind.WARNING)

    assert again.result is Sending.SENT
    assert again.case.deadline == case.deadline
    assert _messages(desk) == [("grace/acme-2035-02/warning/1", "accepted")]


def test_rule_09_sending_from_many_workers_at_once_sends_once(desk: Desk) -> None:
    case = desk.open().case
    assert case is not None

    def attempt(_: int) -> Sending:
        try:
            return desk.send(case, NoticeKind.WARNING).result
        except Exception:
            return desk.send(case, NoticeKind.WARNING).result

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(attempt, range(8))) == {Sending.SENT}
    assert len(_messages(desk)) == 1


def test_rule_10_one_case_for_a_partner_and_month(desk: Desk) -> None:
    case = desk.warned()
    desk.call(desk.cases.void_case, PlainCommand(case.case_id, "Ann", "a mistake of ours"))
    desk.close(case)
    with desk.database.write() as session:  # as if it had been closed before the month began
        session.get_one(CaseRow, case.case_id).closed_at = datetime(2035, 1, 1, tzinfo=UTC)

    again = desk.open()
    assert (again.reason, again.detail) == (NotOpened.MONTH_ALREADY_JUDGED, "month: 2035-02")


@pytest.mark.parametrize(
    ("known", "detail"),
    [
        ([DayRange(date(2034, 1, 1), date(2035, 2, 20))], "last covered day: 2035-02-20"),
        ([], "last covered day: none"),
    ],
)
def test_rule_03_a_stale_feed_opens_no_case_and_names_the_last_day_that_is_known(
    desk: Desk, known: list[DayRange], detail: str
) -> None:
    knows(desk, *known)

    opening = desk.open()

    assert (opening.case, opening.reason, opening.detail) == (None, NotOpened.STALE_FEED, detail)


def test_rule_17_an_outcome_applies_once_and_a_repeat_changes_nothing(desk: Desk) -> None:
    case = desk.warned()
    desk.now = DECISION
    decided = desk.decide(case)
    assert (decided.status, decided.next) == (CaseStatus.DECIDING, Next.REMOVE)

    first, second = desk.apply(decided), desk.apply(decided)

    assert first.outcome is second.outcome is Outcome.REMOVED
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(TierChangeRow)) == 1


def test_rule_17_new_numbers_between_decision_and_outcome_decide_again(desk: Desk) -> None:
    case = desk.warned()
    desk.now = DECISION
    decided = desk.decide(case)
    with desk.database.write() as session:
        session.get_one(CaseRow, case.case_id).untold = True  # an import touched the partner

    back = desk.apply(decided)

    assert (back.status, back.outcome) == (CaseStatus.IN_GRACE, None)
    assert desk.apply(desk.decide(back)).outcome is Outcome.REMOVED


@pytest.mark.parametrize(
    "at", [NOW + timedelta(days=1), DECISION], ids=["when told", "at the decision"]
)
def test_rule_19_the_import_that_clears_a_partner_does_not_itself_undo_the_decision(
    desk: Desk, at: datetime
) -> None:
    """An import marks the case as not told yet; to have decided on it is to know it."""
    case = desk.warned()
    with desk.database.write() as session:
        builders.orders(session, "acme", date(2035, 2, 3), date(2035, 2, 20), 10, "accepted")
        recount_all(session.connection())
        session.get_one(CaseRow, case.case_id).untold = True
    desk.now = at

    decided = desk.decide(case) if at == DECISION else desk.assess(case)

    assert decided.status is CaseStatus.DECIDING
    assert desk.apply(decided).outcome is Outcome.VOIDED


def test_rule_17_a_tier_changed_between_decision_and_outcome_removes_nobody(desk: Desk) -> None:
    case = desk.warned()
    desk.now = DECISION
    decided = desk.decide(case)
    with desk.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = "elsewhere"

    assert desk.apply(decided).outcome is None
    assert desk.apply(desk.decide(case)).outcome is Outcome.VOIDED


def test_rule_17_a_decision_about_an_older_revision_is_not_applied(desk: Desk) -> None:
    case = desk.warned()
    desk.now = DECISION
    decided = desk.decide(case)
    stale = ApplyOutcome(case.case_id, decided.revision - 1)

    back = desk.call(desk.cases.apply_outcome, stale)

    assert (back.status, back.outcome) == (CaseStatus.IN_GRACE, None)
    assert back.revision > decided.revision
    with desk.database.read() as session:
        assert session.get_one(PartnerRow, "acme").tier == "preferred"


def test_rule_06_every_decision_names_the_policy_that_the_case_was_warned_by(desk: Desk) -> None:
    newer = builders.accept(desk.database, builders.a_policy(grace={"days": 31}))
    case = desk.warned()
    builders.accept(desk.database, builders.a_policy(grace={"days": 32}))
    desk.now = DECISION
    desk.close(desk.apply(desk.decide(case)))

    with desk.database.read() as session:
        versions = {(d.step, d.policy_version) for d in decisions_of(session, "acme")}
    assert newer == 2
    assert {version for _, version in versions} == {newer}
    assert {"opened", "decided", "concluded", "closed"} <= {step for step, _ in versions}


def test_rule_08_orders_after_the_deadline_cure_nobody(desk: Desk) -> None:
    """Nor are they what a look at the case between the deadline and the decision records."""
    case = desk.warned()
    assert case.deadline is not None
    with desk.database.write() as session:
        day = case.deadline + timedelta(days=1)
        builders.orders(session, "acme", day, day, 40)
        recount_all(session.connection())
    desk.now = DECISION - timedelta(hours=1)

    looked = desk.assess(case)

    assert [line.verdict for line in looked.findings] == ["below"]
    with desk.database.read() as session:
        newest = decisions_of(session, "acme")[-1]
    assert (newest.step, newest.result, newest.as_of) == ("assessed", "below", case.deadline)


def test_rule_26_a_case_is_opened_and_decided_without_a_look_at_what_people_wrote(
    desk: Desk,
) -> None:
    asked: list[str] = []
    event.listen(desk.database.engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
    case = desk.warned()
    desk.assess(case)
    desk.now = DECISION

    decided = desk.apply(desk.decide(case))

    assert decided.outcome is not None
    assert len(asked) > 20
    assert not [query for query in asked if "partner_notes.text" in query]


@pytest.mark.parametrize("rejected", [0, 12], ids=["too little data", "failing"])
def test_rule_07_too_little_data_does_not_stop_a_recovery_and_failing_does(
    desk: Desk, rejected: int
) -> None:
    rate = {"acceptance_rate": {"at_least": "0.90", "window_months": 1}}
    tier = {"key": "preferred", "kind": "preferred", "enter": rate}
    builders.accept(desk.database, builders.a_policy(tiers=[tier]))
    february, march = date(2035, 2, 1), date(2035, 3, 6)
    with desk.database.write() as session:
        builders.orders(session, "acme", february, date(2035, 2, 9), 6, "rejected")
        builders.orders(session, "acme", march, march + timedelta(days=3), 12)
        if rejected:
            day = date(2035, 4, 7)
            builders.orders(session, "acme", day, day, rejected, "rejected")
        recount_all(session.connection())
    case = desk.warned()
    desk.now = datetime(2035, 4, 1, 12, tzinfo=UTC)
    recovering = desk.assess(case)
    assert recovering.recovery_until is not None
    desk.now = datetime(2035, 4, 10, 12, tzinfo=UTC)  # March's orders have left the window

    looked = desk.assess(recovering)

    verdict = "below" if rejected else "insufficient"
    assert [line.verdict for line in looked.findings] == [verdict]
    assert looked.recovery_until == (None if rejected else recovering.recovery_until)


def warned_for_rejecting(desk: Desk) -> CaseView:
    """A case about what acme accepted of the orders of the last month, and there are none since."""
    rate = {"acceptance_rate": {"at_least": "0.90", "window_months": 1}}
    tier = {"key": "preferred", "kind": "preferred", "enter": rate}
    builders.accept(desk.database, builders.a_policy(tiers=[tier]))
    more_orders(desk, date(2035, 2, 1), "rejected", 6)
    return desk.warned()


def more_orders(desk: Desk, day: date, status: str = "completed", number: int = 12) -> None:
    with desk.database.write() as session:
        builders.orders(session, "acme", day, day + timedelta(days=3), number, status)
        recount_all(session.connection())


def held_for_want_of_data(desk: Desk) -> CaseView:
    case = warned_for_rejecting(desk)
    desk.now = DECISION
    held = desk.decide(case)
    assert held.hold_reason is HoldReason.INSUFFICIENT
    return held


@pytest.mark.parametrize("known", [True, False], ids=["no orders", "no feed"])
def test_rule_05_a_case_that_is_resumed_without_data_stays_on_hold(desk: Desk, known: bool) -> None:
    held = held_for_want_of_data(desk)
    if not known:
        knows(desk)

    still = desk.command(desk.cases.resume_case, held)

    assert (still.status, still.hold_reason) == (CaseStatus.ON_HOLD, HoldReason.INSUFFICIENT)


def test_rule_05_a_case_that_is_resumed_cured_is_reinstated(desk: Desk) -> None:
    """By the newest day of which everything is known: the feed may be some days behind."""
    held = held_for_want_of_data(desk)
    knows(desk, DayRange(date(2034, 1, 1), date(2035, 4, 19)))
    more_orders(desk, date(2035, 4, 1))

    resumed = desk.command(desk.cases.resume_case, held)

    assert (resumed.status, resumed.next) == (CaseStatus.DECIDING, Next.REINSTATE)
    assert resumed.hold_reason is None
    assert desk.apply(resumed).outcome is Outcome.REINSTATED


def test_rule_14_a_stop_of_removals_keeps_nobody_from_being_reinstated(desk: Desk) -> None:
    held = held_for_want_of_data(desk)
    more_orders(desk, date(2035, 4, 1))
    resumed = desk.command(desk.cases.resume_case, held)
    with desk.database.write() as session:
        outbox.stop(session, outbox.kind_switch(NoticeKind.REMOVAL), "Ann", "wrong text", NOW)

    assert desk.apply(resumed).outcome is Outcome.REINSTATED


def test_rule_14_nobody_is_removed_while_removals_are_stopped(desk: Desk) -> None:
    case = desk.warned()
    desk.now = DECISION
    decided = desk.decide(case)
    with desk.database.write() as session:
        outbox.stop(session, outbox.kind_switch(NoticeKind.REMOVAL), "Ann", "wrong text", NOW)

    waits = desk.apply(decided)

    assert (waits.status, waits.next) == (CaseStatus.DECIDING, Next.REMOVE)
    with desk.database.write() as session:
        outbox.go(session, outbox.kind_switch(NoticeKind.REMOVAL))
    assert desk.apply(waits).outcome is Outcome.REMOVED


def test_rule_05_a_case_that_is_resumed_failing_gets_a_last_notice_and_its_period(
    desk: Desk,
) -> None:
    """The deadline runs from that notice's acceptance; a second one has a number of its own."""
    held = held_for_want_of_data(desk)
    for attempt, day in enumerate((date(2035, 4, 1), date(2035, 6, 1)), start=1):
        more_orders(desk, day, "rejected")
        resumed = desk.command(desk.cases.resume_case, held)
        assert (resumed.status, resumed.deadline) == (CaseStatus.OPENED, None)
        sent = desk.send(resumed, NoticeKind.FINAL_NOTICE)
        assert _messages(desk)[-1][0] == f"grace/acme-2035-02/final_notice/{attempt}"
        assert sent.case.deadline == desk.now.date() + timedelta(days=14)  # a Monday
        desk.now = datetime(2035, 6, 11, 12, tzinfo=UTC)
        held = desk.decide(sent.case)


def test_rule_07_a_recovery_reinstates_when_its_days_are_over_and_no_moment_earlier(
    desk: Desk,
) -> None:
    recovering = recovered_at_last(desk)
    desk.now -= timedelta(seconds=1)
    assert desk.decide(recovering).status is CaseStatus.IN_GRACE
    desk.now += timedelta(seconds=1)

    decided = desk.decide(recovering)

    assert (decided.status, decided.next) == (CaseStatus.DECIDING, Next.REINSTATE)


def test_rule_07_a_recovery_ends_by_the_newest_day_of_which_everything_is_known(
    desk: Desk,
) -> None:
    recovering = recovered_at_last(desk)
    knows(desk, DayRange(date(2034, 1, 1), date(2035, 3, 20)))

    assert desk.decide(recovering).next is Next.REINSTATE


def test_rule_07_where_no_day_is_known_a_recovery_ends_by_the_numbers_of_today(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of criteria on orders and others: the others have no days."""
    recovering = recovered_at_last(desk)
    monkeypatch.setattr(CaseFile, "cure_day", lambda _: None)

    assert desk.decide(recovering).next is Next.REINSTATE


def recovered_at_last(desk: Desk) -> CaseView:
    """A case in grace at the moment at which its recovery has lasted long enough."""
    case = desk.warned()
    more_orders(desk, date(2035, 3, 6))
    desk.now = datetime(2035, 3, 12, 12, tzinfo=UTC)
    recovering = desk.assess(case)
    assert recovering.recovery_until == desk.now + timedelta(days=14)
    desk.now = recovering.recovery_until
    return recovering


def knows(desk: Desk, *days: DayRange) -> None:
    """The feed covers these days, and no others."""
    with desk.database.write() as session:
        session.execute(delete(CoverageRow))
        builders.covered(session, *days)


def test_rule_15_a_decision_keeps_the_numbers_of_the_deadline(desk: Desk) -> None:
    case = desk.warned()
    assert desk.row(case).latest == []
    more_orders(desk, date(2035, 4, 2), number=5)
    desk.now = DECISION

    decided = desk.decide(case)

    assert [Decimal(finding["actual"]) for finding in desk.row(decided).latest] == [5]


def test_rule_07_who_is_no_longer_cured_when_the_days_are_over_is_not_reinstated(
    desk: Desk,
) -> None:
    case = warned_for_rejecting(desk)
    more_orders(desk, date(2035, 3, 6))
    desk.now = datetime(2035, 3, 12, 12, tzinfo=UTC)
    recovering = desk.assess(case)
    assert recovering.recovery_until is not None
    more_orders(desk, date(2035, 3, 13), "rejected")
    desk.now = recovering.recovery_until

    still = desk.decide(recovering)

    assert (still.status, still.next, still.recovery_until) == (CaseStatus.IN_GRACE, None, None)


def test_rule_07_too_little_data_begins_no_recovery(desk: Desk) -> None:
    case = warned_for_rejecting(desk)
    desk.now = datetime(2035, 4, 10, 12, tzinfo=UTC)  # February's orders have left the window

    looked = desk.assess(case)

    assert [line.verdict for line in looked.findings] == ["insufficient"]
    assert (looked.recovery_until, desk.row(case).recovery_since) == (None, None)


def test_a_decision_without_a_feed_is_as_of_its_own_day(desk: Desk) -> None:
    case = desk.warned()
    with desk.database.write() as session:
        session.execute(delete(CoverageRow))

    desk.call(desk.cases.void_case, PlainCommand(case.case_id, "Ann", "no data at all"))

    with desk.database.read() as session:
        days = {d.step: d.as_of for d in decisions_of(session, "acme")}
    assert days["voided"] == NOW.date()


def test_rule_08_nothing_is_decided_before_its_time(desk: Desk) -> None:
    case = desk.warned()
    desk.now = DECISION - timedelta(seconds=1)

    assert desk.decide(case).status is CaseStatus.IN_GRACE


def test_rule_12_a_reminder_more_than_a_day_late_is_skipped_and_recorded(desk: Desk) -> None:
    case = desk.warned()
    due = case.reminders[0].due_at
    desk.now = due + timedelta(days=1, seconds=1)

    late = desk.send(case, NoticeKind.REMINDER, reminder_days=14)

    assert (late.result, late.detail) == (Sending.SKIPPED, "more than a day late")
    assert [reminder.days for reminder in late.case.reminders] == [3]


def test_rule_12_a_reminder_less_than_a_day_late_goes_out(desk: Desk) -> None:
    case = desk.warned()
    desk.now = case.reminders[0].due_at + timedelta(hours=23)

    assert desk.send(case, NoticeKind.REMINDER, reminder_days=14).result is Sending.SENT


class SlowProvider:
    """Takes three seconds to accept."""

    repeatable = True

    def __init__(self, watch: SimpleNamespace) -> None:
        self._watch = watch

    def send(self, message: Message) -> Receipt:
        self._watch.seconds = 3.0
        return Receipt(MailState.ACCEPTED)


def test_rule_12_the_full_grace_runs_from_the_acceptance_not_from_the_rendering(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(protocol, "time", SimpleNamespace(monotonic=lambda: watch.seconds))
    slow = Desk(desk.database, SlowProvider(watch))
    slow.now = datetime(2035, 3, 5, 23, 59, 59, tzinfo=UTC)
    case = slow.open().case
    assert case is not None

    sent = slow.send(case, NoticeKind.WARNING)

    # rendered on the 5th, accepted three seconds later on the 6th
    assert desk.row(sent.case).warned_at == datetime(2035, 3, 6, 0, 0, 2, tzinfo=UTC)
    assert sent.case.deadline == datetime(2035, 4, 20, tzinfo=UTC).date()


class LostAnswers:
    """A provider that may have taken the message: the answer never comes."""

    repeatable = False

    def send(self, message: Message) -> Receipt:
        raise ConnectionResetError("dropped")


def test_a_send_without_an_answer_is_unknown_and_never_repeated_blindly(desk: Desk) -> None:
    lossy = Desk(desk.database, LostAnswers())
    case = lossy.open().case
    assert case is not None
    with pytest.raises(ConnectionResetError):
        lossy.send(case, NoticeKind.WARNING)

    again = lossy.send(case, NoticeKind.WARNING)

    assert again.result is Sending.UNKNOWN
    assert (again.case.status, again.case.deadline) == (CaseStatus.OPENED, None)
    assert _messages(lossy) == [("grace/acme-2035-02/warning/1", MailState.UNKNOWN)]


def test_rule_13_of_two_warnings_at_once_the_guard_lets_one_through(desk: Desk) -> None:
    builders.accept(desk.database, builders.a_policy(guard={"always_allow": 1, "max_partners": 1}))
    too_few_orders_for = [f"p{number}" for number in range(4)]
    for partner_id in too_few_orders_for:
        too_few_orders(desk.database, partner_id)
    opened = [desk.open(partner_id).case for partner_id in too_few_orders_for]

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda c: desk.send(c, NoticeKind.WARNING), opened))

    assert sorted(s.case.status for s in sent) == [CaseStatus.IN_GRACE] + [CaseStatus.ON_HOLD] * 3
    held = [s.case.hold_reason for s in sent if s.case.hold_reason]
    assert held == [HoldReason.GUARD] * 3


@pytest.mark.parametrize(
    ("guard", "warned_before", "why"),
    [
        ({"always_allow": 1, "max_partners": 1}, 1, "1 other partners were"),
        ({"always_allow": 1, "max_partners": 1}, 2, "more than 1 other partners were"),
        ({"always_allow": 1, "max_partners": 50, "max_share": "0.50"}, 1, None),
        ({"always_allow": 1, "max_partners": 50, "max_share": "0.49"}, 1, "1 other partners were"),
        ({"always_allow": 2, "max_partners": 50, "max_share": "0.01"}, 1, None),
        ({"always_allow": 0, "max_partners": 2, "max_share": "1"}, 1, None),
    ],
)
def test_rule_13_the_guard_holds_one_too_many_and_says_how_many_there_were(
    desk: Desk, guard: dict[str, Any], warned_before: int, why: str | None
) -> None:
    """Of four partners."""
    others = ["p0", "p1", "p2"]
    for partner_id in others:
        too_few_orders(desk.database, partner_id)
    for partner_id in others[:warned_before]:
        desk.warned(partner_id)
    builders.accept(desk.database, builders.a_policy(guard=guard))
    case = desk.open().case
    assert case is not None

    sent = desk.send(case, NoticeKind.WARNING)

    assert sent.case.hold_reason is (None if why is None else HoldReason.GUARD)
    with desk.database.read() as session:
        asked = [(row.request_id, row.detail) for row in waiting(session)]
    in_words = f"{why} warned or removed in the last 7 days"
    assert asked == ([] if why is None else [(case.case_id, in_words)])


def test_rule_13_what_a_person_approves_goes_on_where_the_guard_held_it(desk: Desk) -> None:
    """A warning goes out, and a removal is carried out; neither is asked about again."""
    builders.accept(desk.database, builders.a_policy(guard={"always_allow": 1, "max_partners": 1}))
    too_few_orders(desk.database, "zenith")
    desk.warned("zenith")
    opening = desk.open()
    assert opening.case is not None
    held = desk.send(opening.case, NoticeKind.WARNING).case
    approved = desk.command(desk.cases.resume_case, held)
    assert (approved.status, approved.hold_reason) == (CaseStatus.OPENED, None)
    warned = desk.send(approved, NoticeKind.WARNING).case
    assert warned.status is CaseStatus.IN_GRACE

    desk.now = DECISION
    zenith = desk.open("zenith").case
    assert zenith is not None
    desk.apply(desk.decide(zenith))
    held = desk.apply(desk.decide(warned))
    assert held.hold_reason is HoldReason.GUARD
    approved = desk.command(desk.cases.resume_case, held)

    assert (approved.status, approved.hold_reason) == (CaseStatus.IN_GRACE, None)
    assert desk.apply(desk.decide(approved)).outcome is Outcome.REMOVED


def test_rule_13_a_hold_for_another_reason_does_not_ask_for_the_guards_approval(
    desk: Desk,
) -> None:
    refuses = Desk(desk.database, RefusesOnce())
    case = refuses.open().case
    assert case is not None

    held = refuses.send(case, NoticeKind.WARNING).case

    assert held.hold_reason is HoldReason.UNDELIVERABLE
    with desk.database.read() as session:
        assert list(waiting(session)) == []


class RefusesOnce:
    """A provider that refuses the first message, and takes all others."""

    repeatable = True

    def __init__(self) -> None:
        self.refused = False

    def send(self, message: Message) -> Receipt:
        refuses, self.refused = not self.refused, True
        return Receipt(MailState.REJECTED if refuses else MailState.ACCEPTED, detail="full")


def test_rule_13_a_warning_that_arrived_at_the_second_attempt_counts_from_that_day(
    desk: Desk,
) -> None:
    builders.accept(desk.database, builders.a_policy(guard={"always_allow": 1, "max_partners": 1}))
    too_few_orders(desk.database, "zenith")
    desk = Desk(desk.database, RefusesOnce())
    acme, zenith = desk.open("acme").case, desk.open("zenith").case
    assert acme is not None
    assert zenith is not None
    assert desk.send(acme, NoticeKind.WARNING).case.hold_reason is HoldReason.UNDELIVERABLE
    desk.now += timedelta(days=10)
    desk.command(desk.cases.resume_case, acme, reason="the address is mended")
    assert desk.send(acme, NoticeKind.WARNING).result is Sending.SENT
    desk.now += timedelta(days=2)

    assert desk.send(zenith, NoticeKind.WARNING).case.hold_reason is HoldReason.GUARD


def test_a_command_on_a_case_that_is_over_is_refused(desk: Desk) -> None:
    case = desk.warned()
    desk.now = DECISION
    over = desk.apply(desk.decide(case))

    with pytest.raises(ApplicationError, match="refused: the case is over: removed"):
        desk.call(desk.cases.void_case, PlainCommand(over.case_id, "Ann", "why"))


def test_rule_16_a_persons_command_is_recorded_with_who_and_why(desk: Desk) -> None:
    case = desk.warned()
    desk.now = NOW + timedelta(days=1)
    desk.call(desk.cases.void_case, PlainCommand(case.case_id, "Ann", "a mistake of ours"))

    with desk.database.read() as session:
        steps = {d.step: (d.actor, d.reason) for d in decisions_of(session, "acme")}
    assert steps["opened"] == ("workflow run-1", None)
    assert steps["voided"] == ("Ann", "a mistake of ours")
    assert desk.close(case).status is CaseStatus.CLOSED


def _messages(desk: Desk) -> list[tuple[str, str]]:
    with desk.database.read() as session:
        query = select(OutboxRow.message_key, OutboxRow.state).order_by(OutboxRow.outbox_id)
        rows = session.execute(query)
        return [(key, state) for key, state in rows]


def test_rule_13_the_guard_holds_no_final_notice(desk: Desk) -> None:
    """Who was warned already has been counted; a last notice gives more time, and takes nothing."""
    too_few_orders(desk.database, "zenith")
    acme = desk.warned("acme")
    desk.warned("zenith")
    builders.accept(desk.database, builders.a_policy(guard={"always_allow": 1, "max_partners": 1}))
    with desk.database.write() as session:
        case = session.get_one(CaseRow, acme.case_id)
        case.status, case.notice_kind, case.attempt = CaseStatus.OPENED, "final_notice", 1
        case.policy_version += 1

    sent = desk.send(acme, NoticeKind.FINAL_NOTICE)

    assert (sent.result, sent.case.status) == (Sending.SENT, CaseStatus.IN_GRACE)
