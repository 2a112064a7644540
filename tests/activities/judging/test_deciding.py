"""What is said of a case on its decision day: its reason stands in the decision, for people."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, update

from activities.judging.deciding import Decision, at_deadline, why_void
from activities.judging.gathering import CaseFile
from partners.domain.cases.case import HoldReason, Next
from partners.domain.cases.view import CaseView
from partners.store.judging.unknown_days import EVERYBODY
from partners.store.tables.feed_tables import CoverageRow, UnknownDaysRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.activities.conftest import Desk


@pytest.fixture
def case(desk: Desk) -> CaseView:
    """Warned, and its decision day has come."""
    case = desk.warned()
    assert case.deadline is not None
    assert case.decision_at is not None
    desk.now = case.decision_at
    return case


def decision(desk: Desk, case: CaseView, days_later: int = 0) -> Decision:
    with desk.database.read() as session:
        now = desk.now + timedelta(days=days_later)
        return at_deadline(CaseFile.unlocked(session, case.case_id, now))


def unknown(desk: Desk, partner_id: str, day: date) -> None:
    with desk.database.write() as session:
        row = UnknownDaysRow(partner_id=partner_id, order_id="", first_day=day, last_day=day)
        row.import_id = 1
        session.add(row)


def test_it_says_as_of_which_day_it_was_decided(desk: Desk, case: CaseView) -> None:
    found = decision(desk, case)
    assert (found.next, found.why) == (Next.REMOVE, f"as of {case.deadline}")


def test_it_says_that_the_feed_does_not_reach_the_deadline(desk: Desk, case: CaseView) -> None:
    assert case.deadline is not None
    newest = case.deadline - timedelta(days=3)
    with desk.database.write() as session:
        session.execute(update(CoverageRow).values(last_day=newest))
    waits, holds = decision(desk, case), decision(desk, case, days_later=30)
    words = f"the feed covers days through {newest}, the deadline was {case.deadline}"
    assert (waits.next, waits.why) == (None, words)
    assert (holds.next, holds.hold, holds.why) == (Next.HOLD, HoldReason.FEED, words)


def test_it_says_that_the_feed_has_no_day(desk: Desk, case: CaseView) -> None:
    with desk.database.write() as session:
        session.execute(delete(CoverageRow))
    assert decision(desk, case).why == f"the feed covers no day, the deadline was {case.deadline}"


def test_it_says_that_rows_of_the_partner_were_rejected(desk: Desk, case: CaseView) -> None:
    assert case.deadline is not None
    unknown(desk, "acme", case.deadline)
    found = decision(desk, case)
    assert found.next is None
    assert found.why == f"rows of the partner for the deadline, {case.deadline}, were rejected"


def test_it_says_that_rows_which_may_be_anybodys_were_rejected(desk: Desk, case: CaseView) -> None:
    assert case.deadline is not None
    unknown(desk, EVERYBODY, case.deadline)
    found = decision(desk, case)
    assert found.next is None
    assert found.why.startswith(f"the feed covers days through {case.deadline - timedelta(days=1)}")


def test_it_says_that_there_is_too_little_data(desk: Desk, case: CaseView) -> None:
    unknown(desk, "acme", case.deadline - timedelta(days=5))  # type: ignore[operator]
    found = decision(desk, case)
    assert (found.next, found.hold) == (Next.HOLD, HoldReason.INSUFFICIENT)
    assert found.why == "too little data at the deadline to judge fairly"


def test_it_says_why_a_case_does_not_go_on(desk: Desk, case: CaseView) -> None:
    def why() -> str | None:
        with desk.database.read() as session:
            because = why_void(CaseFile.unlocked(session, case.case_id, desk.now))
        return because and because.words

    assert why() is None
    with desk.database.write() as session:
        builders.orders(session, "acme", date(2035, 2, 1), date(2035, 2, 28), 9, "accepted")
        builders.recount_all(session.connection())
    assert why() == "corrected data: not below after all"
    with desk.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = None
    assert why() == "a person changed the tier meanwhile"
