"""Complaints as a criterion: counted by the day, in reviews and in cases, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from activities.inbox.inbox import inbox
from partners.domain.cases.case import NotOpened
from partners.domain.cases.view import SendNotice
from partners.domain.inbox.inbox import InboxKind
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.judging.coverage import DayRange
from partners.domain.mail.notices import NoticeKind
from partners.domain.responses.response import Severity
from partners.domain.reviews.review import Action
from partners.domain.time.calendar import Month
from partners.mail.words.inbox_words import command
from partners.store.engine.database import Database
from partners.store.judging.judging import Judge
from partners.store.judging.window_sums import Range
from partners.store.responses import complaints
from tests import builders
from tests.activities.conftest import NOW, Desk

FEBRUARY = Month(2035, 2)


def policy(window: int = 1, at_most: int = 1, **sections: Any) -> Any:
    asked = {"complaints": {"at_most": at_most, "window_months": window}}
    tier = {"key": "preferred", "kind": "preferred", "enter": asked}
    return builders.a_policy(tiers=[tier], **sections)


@pytest.fixture
def desk(database: Database) -> Desk:
    """One complaint a month is allowed; no order was ever imported."""
    builders.accept(database, policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
    return Desk(database)


def complain(desk: Desk, *days: date, partner_id: str = "acme", **columns: Any) -> None:
    with desk.database.write() as session:
        for day in days:
            builders.a_complaint(session, partner_id, day, **columns)


def in_february(*numbers: int) -> list[date]:
    return [date(2035, 2, number) for number in numbers]


def judged(desk: Desk, month: Month = FEBRUARY, **sections: Any) -> tuple[Finding, Action]:
    """As a review judges acme."""
    with desk.database.read() as session:
        judge = Judge.of(session, policy(**sections), month, desk.now.date())
        page = judge.next_page(session, Range())
    assert page is not None
    (found,) = page.judged
    (finding,) = found.assessment.findings
    return finding, found.action


def test_rule_03_a_month_without_complaints_is_zero_whatever_the_feed_covers(desk: Desk) -> None:
    finding, action = judged(desk)
    assert (finding.actual, finding.sample, finding.verdict) == (0, 1, Verdict.PASSING)
    assert action is Action.NONE
    assert desk.open().reason == NotOpened.NOT_BELOW


def test_complaints_of_the_month_are_counted_alone_and_in_pages(desk: Desk) -> None:
    complain(desk, *in_february(9, 20), date(2035, 1, 31), date(2035, 3, 1))
    finding, action = judged(desk)
    assert (finding.actual, action) == (Decimal(2), Action.CASE)

    case = desk.open().case

    assert case is not None
    assert case.headline == "2 complaints, at most 1 allowed"


def test_a_window_of_months_adds_them_up(desk: Desk) -> None:
    complain(desk, date(2034, 12, 3), date(2035, 1, 3), date(2035, 2, 3), date(2034, 11, 30))
    finding, _ = judged(desk, window=3, at_most=2)
    assert (finding.actual, finding.sample, finding.verdict) == (3, 3, Verdict.BELOW)


def test_rule_10_months_that_do_not_count_have_no_complaints_to_hold_against_anybody(
    desk: Desk,
) -> None:
    complain(desk, *in_february(9, 20))
    with desk.database.write() as session:
        session.get_one(builders.PartnerRow, "acme").tier_since = date(2035, 2, 1)
    finding, action = judged(desk)
    assert (finding.actual, finding.verdict, action) == (None, Verdict.INSUFFICIENT, Action.NONE)


def test_one_that_was_withdrawn_does_not_count(desk: Desk) -> None:
    complain(desk, *in_february(9))
    complain(desk, *in_february(20), withdrawn_at=NOW, withdrawn_by="Ann", withdrawn_why="mixed up")
    assert judged(desk)[1] is Action.NONE


def test_rule_04_trailing_days_without_complaints_cure(desk: Desk) -> None:
    complain(desk, *in_february(20, 21))
    case = desk.warned()
    desk.now += timedelta(days=10)
    assert desk.assess(case).recovery_until is None
    desk.now = datetime(2035, 3, 24, 12, tzinfo=UTC)  # the last 30 days begin on 22 February
    assert desk.assess(case).recovery_until is not None


def test_rule_14_who_had_none_lately_is_not_warned(desk: Desk) -> None:
    complain(desk, *in_february(1, 2))
    case = desk.open().case
    assert case is not None
    sent = desk.call(desk.notices.send_notice, _warning(case.case_id))
    assert sent.detail == "already cured"


def _warning(case_id: str) -> Any:
    return SendNotice(case_id, NoticeKind.WARNING)


def test_rule_19_a_complaint_that_is_withdrawn_voids_the_case_it_opened(desk: Desk) -> None:
    complain(desk, *in_february(20, 21))
    case = desk.warned()
    with desk.database.write() as session:
        complaints.withdraw(session, 1, who="Ann", why="another partner's", now=desk.now)

    assert desk.assess(case).next == "void"


def test_complaints_join_order_metrics_and_do_not_wait_for_their_feed(database: Database) -> None:
    builders.accept(database, policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.covered(session, DayRange(date(2034, 1, 1), date(2035, 1, 31)))  # stale
    desk = Desk(database)
    complain(desk, *in_february(20, 21))
    assert desk.open().case is not None


def test_a_serious_complaint_waits_in_the_inbox_until_it_is_settled(desk: Desk) -> None:
    complain(desk, *in_february(20), severity=Severity.SERIOUS)
    complain(desk, *in_february(21))

    (item,) = inbox(desk.database, desk.now)

    assert (item.kind, item.partner_id) == (InboxKind.COMPLAINT, "acme")
    assert command(item) == "partners complaint settle 1 --reason …"
    assert "rude" not in f"{item.about} {item.why}"
    with desk.database.write() as session:
        complaints.settle(session, 1, who="Ann", how="talked to them", now=desk.now)
    assert inbox(desk.database, desk.now) == []
