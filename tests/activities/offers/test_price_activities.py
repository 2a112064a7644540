"""Telling partners of prices that rise: who, once each, and what corrects it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from activities.mail.staff_notice_activities import StaffNoticeActivities
from activities.offers import price_activities
from activities.offers.price_activities import PriceChangeActivities
from activities.services import Services
from partners.domain.mail.notices import NoticeKind, price_run
from partners.domain.mail.staff_notice import PageTold, StaffNotice, TellPrice
from partners.domain.mail.view import Sending
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.transport import OutboxTransport
from partners.store.engine.database import Database
from partners.store.mail import outbox
from partners.store.offers import price_rises
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.offer_tables import PriceRow
from tests import builders
from tests.activities.conftest import AMPLE, NOW, TEMPLATES
from tests.offered import offered, priced

DAY = NOW.date() + timedelta(days=30)
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "preferred", "kind": "preferred", "offers": {"discount": "0.10"}},
]


def run(database: Database, activity: Any, request: Any, *heartbeat: Any) -> Any:
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        environment.info,
        started_time=NOW,
        heartbeat_details=heartbeat,
        start_to_close_timeout=AMPLE,
    )
    return environment.run(activity, request)


def services(database: Database) -> Services:
    return Services(database, ProgramClock(), Renderer(TEMPLATES), OutboxTransport(True))


def tell(database: Database, price_id: int, after: str = "", *heartbeat: Any) -> PageTold:
    activities = PriceChangeActivities(services(database))
    told = run(database, activities.tell_price_page, TellPrice(price_id, DAY, after), *heartbeat)
    assert isinstance(told, PageTold)
    return told


def messages(database: Database) -> list[OutboxRow]:
    with database.read() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id)))


def take_back(database: Database, price_id: int) -> None:
    with database.write() as session:
        session.get_one(PriceRow, price_id).until_day = DAY - timedelta(days=1)


@pytest.fixture
def rising(database: Database) -> tuple[Database, int]:
    """`care` costs 120 instead of 100 from DAY on; `own` has a price of their own."""
    builders.accept(database, builders.a_policy(tiers=TIERS))
    with database.write() as session:
        for name in ("acme", "beta", "own"):
            builders.a_partner(session, name)
        builders.a_partner(session, "public", tier="bronze", language="de")
        offered(session, "care", name="Yearly care")
        priced(session, "care", 100, until_day=DAY - timedelta(days=1))
        number = priced(session, "care", 120, from_day=DAY).price_id
        priced(session, "care", 70, partner_id="own")
    return database, number


def test_those_who_pay_more_are_told_how_much_and_from_when(rising: tuple[Database, int]) -> None:
    database, number = rising
    assert tell(database, number) == PageTold(None, told=3)
    acme, beta, public = messages(database)
    assert acme.message_key == f"price/{number}/2035-04-04/acme"
    assert acme.subject == "Yearly care: the price rises on 4 April 2035"
    for words in ("Until then: $90.00", "From then on: $108.00", "Wednesday, 4 April 2035"):
        assert words in acme.text
    assert beta.partner_id == "beta"
    assert "120,00" in public.text


def test_rule_09_nobody_is_told_of_a_price_twice(rising: tuple[Database, int]) -> None:
    database, number = rising
    assert [tell(database, number) for _ in range(2)] == [PageTold(None, told=3)] * 2
    assert len(messages(database)) == 3


def test_a_page_goes_on_where_it_was_and_where_a_crash_ended_it(
    rising: tuple[Database, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, number = rising
    monkeypatch.setattr(price_activities, "PAGE", 1)
    assert tell(database, number) == PageTold("acme", told=1)
    monkeypatch.setattr(price_activities, "PAGE", 50)
    monkeypatch.setattr(price_rises, "PAGE", 2)
    assert tell(database, number, "acme", "acme", 1, 0).told == 3
    assert [row.partner_id for row in messages(database)] == ["acme", "beta", "public"]


def test_a_page_in_which_nobody_pays_more_leads_on_to_the_next(
    rising: tuple[Database, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, number = rising
    with database.write() as session:
        builders.a_partner(session, "aaa")
        priced(session, "care", 70, partner_id="aaa")
    monkeypatch.setattr(price_rises.concerned, "__defaults__", (1,))
    monkeypatch.setattr(price_rises, "PAGE", 1)
    assert tell(database, number) == PageTold("aaa")
    assert tell(database, number, "aaa") == PageTold("acme", told=1)


def test_rule_14_a_kill_switch_ends_the_page_where_it_is(rising: tuple[Database, int]) -> None:
    database, number = rising
    with database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "why", NOW)
    assert tell(database, number, "acme") == PageTold("acme", stopped=True)


def test_a_price_that_is_taken_back_is_told_to_who_had_been_told(
    rising: tuple[Database, int],
) -> None:
    database, number = rising
    tell(database, number)
    with database.write() as session:
        builders.a_partner(session, "late")
    take_back(database, number)
    assert tell(database, number) == PageTold(None, told=3)
    assert tell(database, number) == PageTold(None, told=3)
    sent = messages(database)[3:]
    assert [row.message_key for row in sent] == [
        f"price/{number}/2035-04-04/withdrawn/{name}" for name in ("acme", "beta", "public")
    ]
    assert "would rise on Wednesday, 4 April 2035. We have taken this back" in " ".join(
        sent[0].text.split()
    )
    assert "Your price today: $90.00" in sent[0].text


def test_a_price_that_was_taken_back_before_anybody_was_told_is_no_news(
    rising: tuple[Database, int],
) -> None:
    database, number = rising
    take_back(database, number)
    assert tell(database, number) == PageTold(None)
    assert messages(database) == []


def test_rule_14_who_does_not_pay_more_any_longer_is_not_told(
    rising: tuple[Database, int],
) -> None:
    database, number = rising
    with database.read() as session:
        change = price_activities.change_of(session, number, DAY)
    with database.write() as session:
        priced(session, "care", 60, partner_id="acme")
    with database.read() as session:
        why = price_activities.compose(session, change, "acme", NOW)
    assert why == "the offer does not get dearer for this partner"
    take_back(database, number)
    with database.read() as session:
        assert price_activities.compose(session, change, "beta", NOW) == "the price was taken back"


def test_staff_hear_of_those_who_could_not_be_told(rising: tuple[Database, int]) -> None:
    database, number = rising
    with database.write() as session:
        builders.a_partner(session, "gone", email="")
    assert tell(database, number) == PageTold(None, told=3, untold=1)
    notice = StaffNotice(price_run(number, DAY), NoticeKind.PRICES_TOLD, price_id=number, day=DAY)
    staff = StaffNoticeActivities(services(database)).send_staff_notice
    assert run(database, staff, notice).result is Sending.SENT
    mail = messages(database)[-1]
    assert mail.subject == "Price of care from 4 April 2035 on: 1 could not be told"
    assert "- gone" in mail.text
    assert "Partners told: 3" in mail.text


def test_a_program_that_has_not_begun_for_a_partner_tells_them_nothing(
    rising: tuple[Database, int],
) -> None:
    database, number = rising
    builders.accept(database, builders.a_policy(tiers=TIERS, enrolment={"launch_group": ["beta"]}))
    assert tell(database, number) == PageTold(None, told=1)
    assert [row.partner_id for row in messages(database)] == ["beta"]


def test_rule_09_who_has_several_prices_that_change_is_told_of_the_closest(
    rising: tuple[Database, int],
) -> None:
    database, number = rising
    with database.write() as session:
        own = priced(session, "care", 50, partner_id="acme", until_day=DAY - timedelta(days=1))
        tier = priced(session, "care", 95, tier="preferred", from_day=DAY)
        numbers = number, own.price_id, tier.price_id
    for one in numbers:
        tell(database, one)
    told = {row.partner_id: row.message_key for row in messages(database)}
    assert told == {
        "acme": f"price/{numbers[1]}/2035-04-04/acme",
        "beta": f"price/{numbers[2]}/2035-04-04/beta",
        "public": f"price/{numbers[0]}/2035-04-04/public",
    }
    assert len(messages(database)) == 3
