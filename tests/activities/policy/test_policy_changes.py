"""Telling partners of new standards: who, once each, and what a kill switch does."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from activities.policy import activities as policy_changes
from activities.policy.activities import PolicyChangeActivities, announcement, concerned
from activities.policy.policy_impact import Impact, impact
from activities.services import Services
from partners.domain.judging.assessment import Verdict
from partners.domain.judging.coverage import DayRange
from partners.domain.mail.staff_notice import PageTold, TellPage
from partners.domain.policy.policy import Policy
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.transport import OutboxTransport
from partners.store.engine.database import Database
from partners.store.mail import outbox
from partners.store.policy import policies
from partners.store.tables.mail_tables import OutboxRow
from tests import builders
from tests.activities.conftest import NOW, TEMPLATES

DAY = NOW.date() + timedelta(days=30)


def asking(orders: int, **sections: Any) -> Policy:
    """Preferred asks so many orders a month; public asks nothing."""
    enter = {"orders_per_month": {"at_least": orders}}
    tiers = [
        {"key": "public", "kind": "public"},
        {"key": "preferred", "kind": "preferred", "enter": enter},
    ]
    return builders.a_policy(tiers=tiers, **sections)


def publish(database: Database, policy: Policy, day: date = DAY) -> int:
    with database.write() as session:
        return policies.publish(session, policy, "", NOW, "ann", day, None)


def tell(database: Database, version: int, after: str = "", *heartbeat: Any) -> PageTold:
    services = Services(database, ProgramClock(), Renderer(TEMPLATES), OutboxTransport(True))
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        environment.info, started_time=NOW, heartbeat_details=heartbeat
    )
    told: PageTold = environment.run(
        PolicyChangeActivities(services).tell_page, TellPage(version, after)
    )
    return told


def messages(database: Database) -> dict[str, OutboxRow]:
    with database.read() as session:
        return {row.partner_id or "": row for row in session.scalars(select(OutboxRow))}


@pytest.fixture
def changing(database: Database) -> Database:
    """Version 2 asks 12 orders instead of 10 from DAY on, of two partners; a third is public."""
    builders.accept(database, asking(10))
    with database.write() as session:
        for name in ("acme", "beta"):
            builders.a_partner(session, name)
        builders.a_partner(session, "public", tier="public")
        builders.a_partner(session, "out", tier=None)
    publish(database, asking(12))
    return database


def test_those_whose_standards_change_are_told_old_new_and_from_when(changing: Database) -> None:
    assert tell(changing, 2) == PageTold("beta", told=2)
    assert tell(changing, 2, "beta") == PageTold(None)
    sent = messages(changing)
    assert sorted(sent) == ["acme", "beta"]
    assert sent["acme"].message_key == "policy/2/acme"
    for words in ("Until then: at least 10\n", "From then on: at least 12\n", "4 April 2035"):
        assert words in sent["acme"].text


def test_rule_09_nobody_is_told_twice(changing: Database) -> None:
    assert [tell(changing, 2) for _ in range(2)] == [PageTold("beta", told=2)] * 2
    assert len(messages(changing)) == 2


def test_a_page_goes_on_where_a_crash_ended_it(changing: Database) -> None:
    assert tell(changing, 2, "", "acme", 1, 0) == PageTold("beta", told=2)
    assert sorted(messages(changing)) == ["beta"]


def test_pages_are_small(changing: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_changes, "PAGE", 1)
    assert tell(changing, 2) == PageTold("acme", told=1)
    assert tell(changing, 2, "acme") == PageTold("beta", told=1)


def test_rule_14_a_kill_switch_ends_the_page_where_it_is(changing: Database) -> None:
    with changing.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "why", NOW)
    assert tell(changing, 2, "acme") == PageTold("acme", stopped=True)


def test_who_cannot_be_told_is_counted(changing: Database) -> None:
    with changing.write() as session:
        builders.a_partner(session, "gone", email="")
    assert tell(changing, 2) == PageTold("gone", told=2, untold=1)


def test_a_version_that_another_replaced_is_not_told(changing: Database) -> None:
    publish(changing, asking(11))
    assert tell(changing, 2) == PageTold(None)


def test_a_withdrawn_change_is_told_to_those_who_heard_of_it(changing: Database) -> None:
    publish(changing, asking(10, grace={"days": 50}))
    with changing.read() as session:
        news = announcement(session, 3)
        assert news is not None
        assert concerned(session, news) == ["acme", "beta"]
    tell(changing, 3)
    assert "does not take place" in messages(changing)["acme"].subject


def test_outside_the_launch_group_nobody_is_told(changing: Database) -> None:
    publish(changing, asking(13, enrolment={"launch_group": ["beta"]}), DAY + timedelta(days=1))
    assert tell(changing, 3) == PageTold("beta", told=1)


def test_a_version_in_force_at_once_is_not_announced(changing: Database) -> None:
    builders.accept(changing, asking(14))
    with changing.read() as session:
        assert announcement(session, 3) is None


def test_what_would_change_for_whom(database: Database) -> None:
    with database.write() as session:
        for name, orders in (("acme", 11), ("beta", 30), ("gone", 5)):
            builders.a_partner(session, name)
            builders.orders(session, name, date(2035, 2, 1), date(2035, 2, 28), orders)
        builders.covered(session, DayRange(date(2034, 1, 1), date(2035, 3, 4)))
    with database.read() as session:
        stricter = list(impact(session, asking(10), asking(12), NOW.date()))
        looser = list(impact(session, asking(10), asking(5), NOW.date()))
    assert stricter == [Impact("acme", "preferred", Verdict.PASSING, Verdict.BELOW)]
    assert looser == [Impact("gone", "preferred", Verdict.BELOW, Verdict.PASSING)]


def taking_off(share: str | None, orders: int = 10) -> Policy:
    """Preferred takes so much off base prices."""
    policy = asking(orders)
    tier = policy.tiers[1]
    terms = tier.offers.model_copy(update={"discount": share and Decimal(share)})
    tiers = (policy.tiers[0], tier.model_copy(update={"offers": terms}))
    return policy.model_copy(update={"tiers": tiers})


@pytest.fixture
def discounted(database: Database) -> Database:
    """Preferred takes 10 % off; acme is in it."""
    builders.accept(database, taking_off("0.10"))
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.a_partner(session, "public", tier="public")
    return database


def test_rule_21_a_smaller_discount_is_told_to_whom_it_concerns(discounted: Database) -> None:
    publish(discounted, taking_off("0.05"))
    assert tell(discounted, 2) == PageTold("acme", told=1)
    mail = messages(discounted)["acme"]
    assert mail.subject == "Your discount as a Preferred partner changes on 4 April 2035"
    for words in ("Discount until then: 10 %", "Discount from then on: 5 %"):
        assert words in mail.text.replace("\N{NO-BREAK SPACE}", " ")
    assert "standard" not in mail.text.lower()


def test_a_discount_that_goes_is_told_with_the_standards_that_change(discounted: Database) -> None:
    publish(discounted, taking_off(None, orders=12))
    assert tell(discounted, 2).told == 1
    mail = messages(discounted)["acme"]
    assert mail.subject == "The standards of Preferred change on 4 April 2035"
    assert "From then on: at least 12\n" in mail.text
    assert "Discount from then on: no discount" in mail.text


def test_a_greater_discount_needs_no_word(discounted: Database) -> None:
    publish(discounted, taking_off("0.15"))
    assert tell(discounted, 2) == PageTold(None)


def test_a_smaller_discount_that_is_taken_back_is_told(discounted: Database) -> None:
    publish(discounted, taking_off("0.05"))
    tell(discounted, 2)
    publish(discounted, taking_off("0.10"))
    assert tell(discounted, 3).told == 1
    mail = messages(discounted)["acme"]
    assert mail.subject == "Your discount as a Preferred partner stays as it is"
    assert "Your discount stays as it is today." in " ".join(mail.text.split())
