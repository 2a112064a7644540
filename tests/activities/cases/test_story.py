"""What a case's view tells of its story: why, what people did, what was sent, what comes."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

from activities.cases import view
from activities.mail import mailed
from partners.domain.cases.case import HoldReason, Outcome
from partners.domain.cases.view import CaseRef, PlainCommand
from partners.domain.mail.notices import MailState, NoticeKind
from partners.store.engine.database import Database
from partners.store.tables.program_tables import PartnerRow
from tests.activities.conftest import Desk

DEADLINE = date(2035, 4, 19)


def test_a_warned_case_says_for_what_and_with_which_mail(desk: Desk) -> None:
    opened = desk.open().case
    assert opened is not None
    assert (opened.warned_on, opened.mails, opened.acts) == (None, (), ())
    case = desk.warned()

    assert (case.month, case.warned_on) == ("2035-02", date(2035, 3, 5))
    assert case.warned_for == "6 orders a month, 10 required"
    (mail,) = case.mails
    assert mail.subject == "Please act by 19 April 2035 to keep your Preferred status"
    assert (mail.on, mail.state, mail.to_staff) == (date(2035, 3, 5), MailState.ACCEPTED, False)
    assert mail.link == ""


def test_a_message_has_a_link_where_people_can_read_it(desk: Desk) -> None:
    services = dataclasses.replace(desk.notices._services, desk="http://127.0.0.1:8025")
    desk.notices._services = services
    (mail,) = desk.warned().mails
    assert mail.link == f"http://127.0.0.1:8025/{mail.number}"


def test_who_did_what_and_why_is_told_and_long_words_are_cut(desk: Desk) -> None:
    case = desk.command(desk.commands.extend_case, desk.warned(), days=5)
    paused = desk.command(desk.commands.pause_case, case, reason="on\nleave " + "x" * 500)

    first, second = paused.acts
    assert (first.on, first.did) == (date(2035, 3, 5), "extended: deadline 2035-04-24")
    assert (first.who, first.why) == ("Ann", "agreed by phone")
    assert second.did.startswith("paused")
    assert second.why.startswith("on leave x")
    assert len(second.why) == view.WORDS


def test_of_many_acts_and_messages_the_latest_are_listed_and_the_others_counted(
    desk: Desk,
) -> None:
    case = desk.warned()
    for _ in range(view.MOST_ACTS):
        case = desk.command(desk.commands.pause_case, case)
        case = desk.command(desk.cases.resume_case, case)

    assert len(case.acts) == view.MOST_ACTS
    assert case.more_acts == view.MOST_ACTS
    assert case.acts[-1].did.startswith("resumed")


def test_a_pause_says_when_the_deadline_would_be(desk: Desk) -> None:
    case = desk.warned()
    paused = desk.command(desk.commands.pause_case, case, until=date(2035, 3, 14))
    assert paused.held_since == date(2035, 3, 5)
    assert paused.next_deadline == DEADLINE + timedelta(days=11)  # 10 days, and Sunday

    desk.now += timedelta(days=10)
    ended = desk.call(desk.commands.end_pause, CaseRef(paused.case_id))
    assert ended.next_deadline is None
    assert ended.deadline == paused.next_deadline
    assert (ended.acts[-1].who, ended.acts[-1].why) == (
        "the program",
        "the pause ended on 2035-03-14",
    )


def test_an_open_pause_says_when_the_deadline_would_be_if_it_ended_today(desk: Desk) -> None:
    paused = desk.command(desk.commands.pause_case, desk.warned())
    assert paused.next_deadline == DEADLINE
    desk.now += timedelta(days=6)
    later = desk.assess(paused)
    assert later.next_deadline == DEADLINE + timedelta(days=6)
    assert later.outlook[0].steps == (
        "nothing, until somebody resumes the case",
        f"then the deadline moves later by that time: to {later.next_deadline}, if on 2035-03-11",
    )


def test_a_removal_says_how_it_came_about_and_until_when_it_can_be_appealed_against(
    desk: Desk,
) -> None:
    case = desk.warned()
    assert case.decision_at is not None
    desk.now = case.decision_at
    removed = desk.close(desk.apply(desk.decide(case)))

    assert removed.outcome is Outcome.REMOVED
    assert (removed.decided_on, removed.decided) == (
        date(2035, 4, 23),
        "removed: out of the program",
    )
    assert removed.afterwards == (
        "until 2035-05-23: the partner can appeal",
        "from 2035-07-22: may return, on the standards to enter",
    )


def test_a_voided_case_says_who_ended_it_and_that_later_months_count(desk: Desk) -> None:
    case = desk.warned()
    voided = desk.call(desk.cases.void_case, PlainCommand(case.case_id, "Ann", "counted elsewhere"))

    assert voided.decided == "voided: counted elsewhere"
    assert [(act.did, act.who) for act in voided.acts] == [("voided: by a person", "Ann")]
    assert voided.afterwards == ("reviews judge the months that begin after 2035-03-05",)


def test_a_waiver_says_until_when(desk: Desk) -> None:
    waived = desk.command(desk.commands.waive_case, desk.warned(), until=date(2035, 6, 30))
    assert waived.afterwards == ("until 2035-06-30: not judged",)


def test_a_block_says_until_when(desk: Desk) -> None:
    blocked = desk.command(desk.commands.block_case, desk.warned())
    assert blocked.afterwards == ("until somebody unblocks: beyond reviews",)


def test_rule_18_a_subject_names_the_partner_by_id(desk: Desk, database: Database) -> None:
    with database.write() as session:
        partner = session.get_one(PartnerRow, "acme")
        partner.name, partner.email = "Mill & Sons", "hello@mill.invalid"
    case = desk.open().case
    assert case is not None
    held = desk.send(case, NoticeKind.WARNING).case
    assert held.hold_reason is HoldReason.UNDELIVERABLE
    told = desk.send(held, NoticeKind.ON_HOLD, hold_notice=1).case

    mail = told.mails[-1]
    assert mail.to_staff
    assert mail.subject == "On hold: acme, the warning was not delivered"


def test_rule_18_a_subject_is_told_without_names_and_addresses() -> None:
    names = {"Mill & Sons": "mill", "A" * 80: "long"}
    for subject, told in [
        ("On hold: mill (Mill & Sons), it waits", "On hold: mill, it waits"),
        ("MILL & SONS: news", "mill: news"),
        ("Millions of orders", "Millions of orders"),
        ("For " + "A" * 59 + "…", "For long"),
        ("Write to <a.b@mill.invalid>, please", "Write to … please"),
    ]:
        assert mailed.without_names(subject, names) == told
