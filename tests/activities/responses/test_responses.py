"""Progressive response, step by step, on both database systems."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from temporalio.testing import ActivityEnvironment

from activities.responses.activities import ResponseActivities
from activities.responses.check_in_activities import CheckInActivities
from activities.services import Services
from partners.domain.cases.case import NotOpened
from partners.domain.cases.view import CaseView, Opening, PartnerRef
from partners.domain.judging.coverage import DayRange
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.topics import topic_of
from partners.domain.mail.view import Sending
from partners.domain.responses.view import CheckInStep, CheckInTold, TellCheckIn
from partners.domain.reviews.review import Action
from partners.domain.reviews.view import ReviewRef
from partners.domain.time.calendar import Month
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.transport import OutboxTransport
from partners.mail.words.locales import NBSP
from partners.store.engine.database import Database
from partners.store.judging.judging import Judge
from partners.store.judging.window_sums import Range
from partners.store.mail import outbox
from partners.store.responses import responses
from partners.store.reviews import fairness, reviews
from partners.store.tables.case_tables import GuardActionRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.response_tables import ResponseRow
from partners.store.tables.review_tables import ReviewRow
from tests import builders
from tests.activities.conftest import AMPLE, NOW, TEMPLATES, Desk

STEPS = ["check_in", "warning", "removal"]
KEEP = {
    "orders_per_month": {"at_least": 10},
    "cancellation_rate": {"at_most": "0.10", "response": STEPS},
    "address_accuracy": {"at_least": "0.90", "response": STEPS},
}
TIER = {"key": "preferred", "kind": "preferred", "enter": {"orders_per_month": {"at_least": 10}}}
RATE = "cancellation_rate"
FEBRUARY, MARCH = Month(2035, 2), Month(2035, 3)
IN_APRIL = datetime(2035, 4, 4, 12, tzinfo=UTC)  # when March has settled


def policy(**sections: Any) -> Any:
    tier = {**TIER, "enter": KEEP_WITHOUT_RESPONSE, "keep": KEEP}
    return builders.a_policy(tiers=[tier], **sections)


KEEP_WITHOUT_RESPONSE = {
    name: {k: v for k, v in one.items() if k != "response"} for name, one in KEEP.items()
}


class Starts:
    """In place of the server: writes down whom it was to start."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start(self, partner_id: str) -> None:
        self.started.append(partner_id)


class ResponseDesk(Desk):
    """As a desk, with the activities of check-ins."""

    def __init__(self, database: Database, transport: OutboxTransport | None = None) -> None:
        super().__init__(database, transport)
        services = Services(
            database, ProgramClock(), Renderer(TEMPLATES), transport or OutboxTransport(True)
        )
        self.starts = Starts()
        self.responses = ResponseActivities(services, self.starts)
        self.check_ins = CheckInActivities(services)

    def take(self, partner_id: str = "acme") -> CheckInStep:
        return self.call(self.responses.take_step, PartnerRef(partner_id))

    def tell(self, step: CheckInStep) -> CheckInTold:
        assert step.key is not None
        return self.call(self.check_ins.send_check_in, TellCheckIn(step.key))

    def check_in(self, partner_id: str = "acme") -> None:
        assert self.tell(self.take(partner_id)).result is Sending.SENT

    def rows(self, partner_id: str = "acme") -> Sequence[ResponseRow]:
        with self.database.read() as session:
            return responses.of_partner(session, partner_id)

    def steps(self, partner_id: str = "acme") -> list[tuple[str, str, int]]:
        return [(row.subject, row.step, row.month) for row in self.rows(partner_id)]

    def mails(self, partner_id: str = "acme") -> list[OutboxRow]:
        with self.database.read() as session:
            query = select(OutboxRow).where(OutboxRow.partner_id == partner_id)
            return list(session.scalars(query.order_by(OutboxRow.outbox_id)))

    def bulk(self, month: Month = FEBRUARY, **partners: str) -> Any:
        """How a review judges acme, in a page with everybody else."""
        with self.database.read() as session:
            judge = Judge.of(session, policy(), month, self.now.date())
            page = judge.next_page(session, Range())
            assert page is not None
            return {judged.partner_id: judged for judged in page.judged}["acme"]


def bad_month(
    database: Database, month: Month, partner_id: str = "acme", cancelled: int = 5
) -> None:
    """Twenty orders, five of them cancelled: a quarter, where a tenth is allowed."""
    with database.write() as session:
        first, last = month.first_day, month.last_day
        builders.orders(session, partner_id, first, last, 20 - cancelled, address_ok=1)
        builders.orders(session, partner_id, first, last, cancelled, "cancelled", address_ok=1)
        builders.recount_all(session.connection())


@pytest.fixture
def desk(database: Database) -> ResponseDesk:
    """A policy with responses, and acme with a bad February."""
    builders.accept(database, policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.covered(session, DayRange(date(2034, 1, 1), date(2036, 12, 31)))
    bad_month(database, FEBRUARY)
    return ResponseDesk(database)


# ---- the first issue ----


def test_a_first_issue_opens_no_case_and_sends_one_friendly_word(desk: ResponseDesk) -> None:
    opening = desk.open()
    assert opening == Opening(
        None,
        NotOpened.CHECK_IN,
        "2035-02: cancellation 25 %, at most 10 % allowed",
        check_in=True,
    )

    step = desk.take()
    assert step.key == "check_in/2035-02/acme/cancellation_rate"
    assert desk.tell(step).result is Sending.SENT

    (mail,) = desk.mails()
    assert (mail.kind, mail.case_id) == ("check_in", None)
    assert "25 %" in mail.text.replace(NBSP, " ")
    for word in ("deadline:", "must", "removed", "end"):
        assert word not in mail.text.split("HOW WE CAN HELP")[0].lower().split()
    (row,) = desk.rows()
    assert (row.subject, row.step, row.month) == (RATE, "check_in", 203502)
    assert (row.result, row.taken_on, row.policy_version) == ("sent", NOW.date(), 1)
    assert row.why == "cancellation 25 %, at most 10 % allowed; the first issue within 180 days"
    assert row.findings[0]["actual"] == "0.25"


def test_bulk_and_single_judging_agree_at_every_step(desk: ResponseDesk) -> None:
    judged = desk.bulk()
    assert (judged.action, judged.reason) == (Action.CHECK_IN, NotOpened.CHECK_IN)
    assert [f.metric for f in judged.checked_in_on] == [RATE]

    desk.check_in()
    judged, opening = desk.bulk(), desk.open()
    assert (judged.action, judged.reason) == (Action.NONE, NotOpened.CHECKED_IN)
    assert (opening.case, opening.reason) == (None, NotOpened.CHECKED_IN)

    bad_month(desk.database, MARCH)
    desk.now = IN_APRIL
    judged, opening = desk.bulk(MARCH), desk.open()
    assert (judged.action, judged.reason) == (Action.CASE, None)
    assert opening.case is not None


def test_rule_09_a_repeated_review_takes_no_second_step(desk: ResponseDesk) -> None:
    desk.check_in()
    desk.now += timedelta(days=3)

    again = desk.take()

    assert (again.key, again.reason) == (None, NotOpened.CHECKED_IN)
    assert len(desk.mails()) == 1
    assert desk.steps() == [(RATE, "check_in", 203502)]


def test_a_retried_step_is_the_same_step(desk: ResponseDesk) -> None:
    assert desk.take() == desk.take()
    assert desk.steps() == [(RATE, "check_in", 203502)]
    step = desk.take()
    assert (desk.tell(step).result, desk.tell(step).result) == (Sending.SENT, Sending.SENT)
    assert len(desk.mails()) == 1


def test_two_criteria_are_checked_in_on_in_one_mail(desk: ResponseDesk) -> None:
    with desk.database.write() as session:
        first, last = FEBRUARY.first_day, FEBRUARY.last_day
        builders.orders(session, "acme", first, last, 20, "accepted", address_ok=0)
        builders.orders(session, "acme", first, last, 30, "failed", address_ok=0)
        builders.orders(session, "acme", first, last, 20, "rejected", address_ok=0)
        session.query(builders.OrderRow).filter_by(status="failed").update({"status": "cancelled"})
        builders.recount_all(session.connection())

    desk.check_in()

    (mail,) = desk.mails()
    assert "Cancellation rate" in mail.text
    assert "Address accuracy" in mail.text
    assert [row.subject for row in desk.rows()] == [RATE, "address_accuracy"]
    assert len({row.notice_key for row in desk.rows()}) == 1


def test_a_criterion_without_a_response_is_warned_at_once_and_alone(desk: ResponseDesk) -> None:
    with desk.database.write() as session:  # too few orders besides
        session.query(builders.OrderRow).delete()
        builders.orders(session, "acme", FEBRUARY.first_day, FEBRUARY.last_day, 9, "cancelled")
        builders.orders(session, "acme", date(2035, 1, 1), date(2035, 1, 31), 30)
        builders.recount_all(session.connection())
    tier = {**TIER, "enter": KEEP_WITHOUT_RESPONSE}
    low = {**KEEP, RATE: {**KEEP[RATE], "min_sample": 5}}
    enter = {**KEEP_WITHOUT_RESPONSE, RATE: {**KEEP_WITHOUT_RESPONSE[RATE], "min_sample": 5}}
    builders.accept(desk.database, builders.a_policy(tiers=[{**tier, "enter": enter, "keep": low}]))

    case = desk.warned()

    assert [(f.label, f.verdict) for f in case.findings if f.verdict == "below"] == [
        ("Orders per month", "below")
    ]
    (mail,) = desk.mails()
    assert "Cancellation" not in mail.text
    assert desk.steps() == []


# ---- it comes again ----


def warned_in_april(desk: ResponseDesk) -> CaseView:
    desk.check_in()
    bad_month(desk.database, MARCH)
    desk.now = IN_APRIL
    return desk.warned()


def test_a_repeat_is_a_formal_warning_that_names_the_check_in(desk: ResponseDesk) -> None:
    case = warned_in_april(desk)

    warning = desk.mails()[-1]
    assert warning.kind == "warning"
    text = " ".join(warning.text.split())
    assert (
        "It is what we checked in with you about on 5 March 2035, and it has come up again: "
        "Cancellation rate." in text
    )
    assert desk.steps() == [(RATE, "check_in", 203502), (RATE, "warning", 203503)]
    row = desk.rows()[-1]
    assert row.case_id == case.case_id
    assert row.why.endswith("came up again after the check-in of 2035-03-05")


def test_ongoing_leads_to_removal_by_the_case_s_own_end(desk: ResponseDesk) -> None:
    case = warned_in_april(desk)
    for month in (Month(2035, 4), Month(2035, 5)):
        bad_month(desk.database, month)
    assert case.decision_at is not None
    desk.now = case.decision_at

    desk.close(desk.apply(desk.decide(case)))

    assert [step for _, step, _ in desk.steps()] == ["check_in", "warning", "removal"]
    assert desk.rows()[-1].why.endswith(f"still so at the deadline, {case.deadline}")


def test_no_warning_follows_while_the_check_in_has_not_gone_out(desk: ResponseDesk) -> None:
    with desk.database.write() as session:
        outbox.stop(session, "kind/check_in", "Ann", "to look at the wording", NOW)
    step = desk.take()
    assert desk.tell(step).result is Sending.STOPPED

    bad_month(desk.database, MARCH)
    desk.now = IN_APRIL

    assert desk.open().reason == NotOpened.CHECKED_IN
    assert desk.bulk(MARCH).action is Action.NONE
    assert desk.mails() == []


def test_a_check_in_that_waits_for_a_person_to_send_it_is_not_told(database: Database) -> None:
    builders.accept(database, policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.covered(session, DayRange(date(2034, 1, 1), date(2036, 12, 31)))
    bad_month(database, FEBRUARY)
    desk = ResponseDesk(database, OutboxTransport(False))

    assert desk.tell(desk.take()).result is Sending.WAITING

    (row,) = desk.rows()
    assert row.told_at is None


def test_nobody_evades_a_warning_by_an_address_that_fails(desk: ResponseDesk) -> None:
    """The check-in was refused: it counts, but no warning says that it was received."""
    with desk.database.write() as session:
        row = session.get_one(builders.PartnerRow, "acme")
        row.email = "nowhere"
    assert desk.tell(desk.take()).result is Sending.REJECTED
    bad_month(desk.database, MARCH)
    desk.now = IN_APRIL
    with desk.database.write() as session:
        session.get_one(builders.PartnerRow, "acme").email = "acme@example.com"

    desk.warned()

    assert "checked in" not in desk.mails()[-1].text


# ---- is it still true? (rule 14) ----


def test_rule_14_a_check_in_that_corrected_data_disproves_does_not_go_out(
    desk: ResponseDesk,
) -> None:
    step = desk.take()
    with desk.database.write() as session:
        session.query(builders.OrderRow).update({"status": "completed"})
        builders.recount_all(session.connection())

    told = desk.tell(step)

    assert (told.result, told.detail) == (
        Sending.SKIPPED,
        "corrected data: not below after all",
    )
    (row,) = desk.rows()
    assert row.withdrawn == "corrected data: not below after all"
    bad_month(desk.database, MARCH)
    desk.now = IN_APRIL
    assert desk.open().reason == NotOpened.CHECK_IN  # it begins anew


def test_rule_14_who_is_cured_already_is_not_checked_in_on(desk: ResponseDesk) -> None:
    step = desk.take()
    with desk.database.write() as session:
        builders.orders(session, "acme", date(2035, 3, 1), date(2035, 3, 4), 60)

    assert desk.tell(step).detail == "already cured"
    assert desk.mails() == []


@pytest.mark.parametrize("change", [{"tier": None}, {"tier": "other"}])
def test_who_has_left_the_tier_is_not_checked_in_on(
    desk: ResponseDesk, change: dict[str, Any]
) -> None:
    step = desk.take()
    with desk.database.write() as session:
        session.get_one(builders.PartnerRow, "acme").tier = change["tier"]

    assert desk.tell(step).detail == "the tier changed meanwhile"


def test_a_case_that_is_voided_takes_its_warning_back(desk: ResponseDesk) -> None:
    case = warned_in_april(desk)
    with desk.database.write() as session:
        march = builders.OrderRow.placed_month == MARCH.number
        session.query(builders.OrderRow).filter(march).update({"status": "completed"})
        builders.recount_all(session.connection())

    desk.apply(desk.assess(case))

    assert [row.withdrawn is None for row in desk.rows()] == [True, False]


# ---- reviews, guard ----


def statements(database: Database, work: Callable[[], object]) -> int:
    """How many statements some work sends to the database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return len(seen)


def test_a_page_asks_no_more_of_the_database_for_more_partners_with_steps(
    desk: ResponseDesk,
) -> None:
    desk.check_in()
    few = statements(desk.database, desk.bulk)
    for n in range(9):
        with desk.database.write() as session:
            builders.a_partner(session, f"b{n}")
        bad_month(desk.database, FEBRUARY, f"b{n}")
        desk.check_in(f"b{n}")

    assert statements(desk.database, desk.bulk) == few


def test_rule_13_the_guard_counts_warnings_and_not_check_ins(desk: ResponseDesk) -> None:
    desk.check_in()
    with desk.database.read() as session:
        assert session.scalars(select(GuardActionRow)).all() == []


async def test_whose_check_in_was_forgotten_is_started_again(desk: ResponseDesk) -> None:
    """Its workflow was ended before the mail went out."""
    desk.take()
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        environment.info, started_time=desk.now, start_to_close_timeout=AMPLE
    )
    a_review(desk.database)

    started = await environment.run(desk.responses.start_check_ins, ReviewRef("daily/2035-03-05"))

    assert (started, desk.starts.started) == (0, ["acme"])


def a_review(database: Database, kind: str = "daily", period: str = "2035-03-05") -> str:
    """A review of February that is done."""
    review_id = f"{kind}/{period}"
    with database.write() as session:
        session.add(
            ReviewRow(
                review_id=review_id,
                kind=kind,
                period=period,
                month=203502,
                as_of=NOW.date(),
                policy_version=1,
                status="done",
                claimed_by="tests",
                started_at=NOW,
                counts={},
            )
        )
    return review_id


def test_fairness_is_told_that_a_check_in_came_first(desk: ResponseDesk) -> None:
    review_id = a_review(desk.database, "monthly", "2035-02")
    judged = desk.bulk()
    with desk.database.write() as session:
        row = (judged.partner_id, judged.tier, judged.assessment, judged.action)
        reviews.record(session, review_id, [row])
    desk.check_in()

    with desk.database.read() as session:
        (treated,) = fairness.treatments(session, NOW.date(), NOW.date())

    assert treated.what == "no case"
    assert treated.why == "answered by a check-in about cancellation_rate, for 2035-02"


def test_a_check_in_is_service_mail_that_no_preference_stops() -> None:
    assert topic_of(NoticeKind.CHECK_IN) is None
