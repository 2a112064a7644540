"""Leads under time skipping: taken, declined, passed on, won by an order, taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from partners.domain.overrides.override import Override
from partners.domain.referrals.lead import LeadState
from partners.domain.referrals.referral import ReferralState
from partners.store.mail import outbox
from partners.store.referrals import referral_money
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.program_tables import PartnerRow
from tests.workflows.conftest import START, World
from tests.workflows.lead_world import ROUTING, TERMS, Selling

DAY = timedelta(days=1)


@pytest.fixture
async def selling(stage: World) -> AsyncIterator[Selling]:
    """Workers, leads that are handed over by themselves, three sellers, and a referral accepted."""
    stage.accept(referral=TERMS)
    selling = Selling(stage)
    selling.people()
    selling.accept()
    async with stage.working():
        yield selling


async def test_a_lead_is_offered_taken_and_won_by_an_order(selling: Selling) -> None:
    handle = await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    assert selling.mails() == [("ben", "assigned")]
    await selling.take()
    await selling.looked(LeadState.TAKEN, "ben")
    assert selling.referral().state is ReferralState.WORKING

    await selling.until_day(30)
    selling.order("ben", START + 29 * DAY)
    await selling.start()
    result = await handle.result()

    assert result.state == "won"
    assert selling.turns() == [("ben", "won")]
    assert selling.won() == ["ben"]
    row = selling.referral()
    assert (row.state, row.amount, row.bought_at) == (
        ReferralState.CONVERTED,
        Decimal(1200),
        START + 29 * DAY,
    )
    assert selling.mails() == [("ben", "assigned")]


async def test_who_refers_is_told_of_the_state_and_never_of_the_seller(selling: Selling) -> None:
    await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    selling.order("ben", START + timedelta(hours=1))
    await selling.until_day(1)
    await selling.start()
    await selling.world.eventually(
        lambda: "referral_converted" in selling.world.kinds("acme"), "acme is told"
    )
    for row in selling.world.outbox("acme"):
        assert "ben" not in (row.subject + row.text + row.html).replace("benefits", "").lower()


async def test_a_mail_about_a_lead_names_nobody_but_its_reader(selling: Selling) -> None:
    await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    mail = selling.world.outbox("ben")[0]
    said = mail.subject + mail.text + mail.html
    assert "lead-r1" in said
    assert "acme" not in said.lower()
    assert "r1" not in said.replace("lead-r1", "")


async def test_a_lead_that_is_declined_goes_to_the_next_and_never_back(selling: Selling) -> None:
    await selling.start()
    for name in ("ben", "cleo", "dora"):
        await selling.looked(LeadState.OFFERED, name)
        await selling.decline()
    await selling.looked(LeadState.SALES)
    assert selling.turns() == [
        ("ben", "declined"),
        ("cleo", "declined"),
        ("dora", "declined"),
        ("sales", ""),
    ]
    assert selling.mails() == [
        ("ben", "assigned"),
        ("cleo", "assigned"),
        ("dora", "assigned"),
        ("sales", "sales"),
    ]


async def test_an_untouched_lead_is_reminded_of_once_and_passed_on_to_sales(
    selling: Selling,
) -> None:
    await selling.start()
    await selling.until_day(4.5)
    assert selling.mails() == [("ben", "assigned")]
    await selling.until_day(5.5)
    assert selling.mails() == [("ben", "assigned"), ("ben", "reminder")]
    await selling.until_day(10.5)
    assert selling.turns() == [("ben", "")]
    await selling.until_day(40)
    await selling.looked(LeadState.SALES)
    assert selling.turns() == [
        ("ben", "passed"),
        ("cleo", "passed"),
        ("dora", "passed"),
        ("sales", ""),
    ]
    told = [("ben", "assigned"), ("ben", "reminder"), ("cleo", "assigned"), ("cleo", "reminder")]
    rest = [("dora", "assigned"), ("dora", "reminder"), ("sales", "sales")]
    assert selling.mails() == [*told, *rest]


async def test_a_seller_who_is_blocked_meanwhile_loses_the_lead_to_the_next(
    selling: Selling,
) -> None:
    await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    await selling.take()
    await selling.looked(LeadState.TAKEN, "ben")
    with selling.world.database.write() as session:
        session.add(
            OverrideRow(
                partner_id="ben",
                kind=Override.BLOCK,
                from_day=START.date(),
                who="Ann",
                reason="fraud",
                offers=[],
            )
        )
    await selling.start()
    await selling.looked(LeadState.OFFERED, "cleo")
    assert selling.turns() == [("ben", "withdrawn"), ("cleo", "")]


async def test_a_seller_who_left_gets_no_new_lead(selling: Selling) -> None:
    with selling.world.database.write() as session:
        session.get_one(PartnerRow, "ben").tier = None
    await selling.start()
    await selling.looked(LeadState.OFFERED, "cleo")


async def test_of_equals_the_one_who_got_fewest_lately_is_next(selling: Selling) -> None:
    for number in range(1, 7):
        if number > 1:
            selling.accept(f"r{number}")
        await selling.start(f"r{number}")
        await selling.looked(LeadState.OFFERED, name=f"r{number}")
    found = [selling.turns(f"r{number}")[0][0] for number in range(1, 7)]
    assert found == ["ben", "cleo", "dora", "ben", "cleo", "dora"]


async def test_two_leads_at_once_go_to_two_sellers(selling: Selling) -> None:
    selling.accept("r2")
    await selling.start("r1")
    await selling.start("r2")
    await selling.looked(LeadState.OFFERED, name="r1")
    await selling.looked(LeadState.OFFERED, name="r2")
    assert {selling.turns(name)[0][0] for name in ("r1", "r2")} == {"ben", "cleo"}


async def test_a_message_that_nobody_gets_passes_the_lead_on(selling: Selling) -> None:
    with selling.world.database.write() as session:
        session.get_one(PartnerRow, "ben").email = ""
    await selling.start()
    await selling.looked(LeadState.OFFERED, "cleo")
    assert selling.turns()[0] == ("ben", "unreachable")


async def test_the_days_to_answer_run_from_the_message_and_not_before(selling: Selling) -> None:
    with selling.world.database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "a pause", START)
    await selling.start()
    await selling.until_day(20)
    assert selling.turns() == [("ben", "")]
    with selling.world.database.write() as session:
        outbox.go(session, outbox.MAIL_SWITCH)
    await selling.until_day(30.5)
    assert selling.turns() == [("ben", "")]
    await selling.until_day(32)
    assert selling.turns()[0] == ("ben", "passed")


async def test_an_order_that_is_cancelled_takes_the_purchase_back_once(selling: Selling) -> None:
    await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    selling.order("ben", START + timedelta(minutes=5))
    await selling.until_day(1)
    handle = await selling.start()
    await handle.result()
    assert due(selling) == Decimal(120)

    selling.correct("o1", value_cents=90_000)
    await (await selling.start()).result()
    assert due(selling) == Decimal(90)
    selling.correct("o1", status="cancelled")
    for _ in range(2):
        await (await selling.start()).result()
    assert due(selling) == 0
    assert selling.referral().state is ReferralState.REFUNDED
    assert selling.won() == []
    selling.correct("o1", status="completed")
    await (await selling.start()).result()
    assert due(selling) == Decimal(90)
    assert selling.won() == ["ben"]


def due(selling: Selling) -> Decimal:
    with selling.world.database.read() as session:
        return referral_money.money_of(session, "r1").due


async def test_an_order_of_a_seller_s_own_turn_wins_though_the_lead_has_gone_on(
    selling: Selling,
) -> None:
    await selling.start()
    await selling.until_day(12)
    await selling.looked(LeadState.OFFERED, "cleo")
    selling.order("ben", START + 3 * DAY)
    result = await (await selling.start()).result()
    assert result.state == "won"
    assert selling.won() == ["ben"]
    assert selling.turns() == [("ben", "passed"), ("cleo", "closed")]


async def test_what_a_feed_reported_as_bought_is_not_bought_again_by_an_order(
    selling: Selling,
) -> None:
    await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    await selling.take()
    await selling.looked(LeadState.TAKEN, "ben")
    await selling.until_day(2)
    selling.report("r1", ReferralState.CONVERTED, START + DAY, "500")
    selling.order("ben", START + DAY)
    result = await (await selling.start()).result()
    assert result.state == "won"
    assert selling.referral().amount == Decimal(500)
    assert selling.won() == ["ben"]
    selling.correct("o1", status="cancelled")
    await (await selling.start()).result()
    assert selling.referral().state is ReferralState.CONVERTED


async def test_a_lost_referral_ends_it_and_one_taken_up_anew_goes_back_to_its_seller(
    selling: Selling,
) -> None:
    handle = await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    selling.report("r1", ReferralState.LOST, START + timedelta(hours=1))
    await selling.start()
    assert (await handle.result()).state == "closed"
    selling.report("r1", ReferralState.ACCEPTED, START + timedelta(hours=2))
    await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    assert selling.turns() == [("ben", "closed"), ("ben", "")]


async def test_a_policy_that_begins_to_route_hands_nothing_over_that_was_accepted_before(
    stage: World,
) -> None:
    terms = {name: value for name, value in TERMS.items() if name != "routing"}
    stage.accept(referral=terms)
    selling = Selling(stage)
    selling.people()
    selling.accept()
    stage.accept(referral=TERMS)
    async with stage.working():
        result = await (await selling.start()).result()
    assert result.state == ""


async def test_with_staff_a_lead_waits_until_a_person_hands_it_over(stage: World) -> None:
    stage.accept(referral={**TERMS, "routing": {**ROUTING, "approval": "staff"}})
    selling = Selling(stage)
    selling.people()
    selling.accept()
    async with stage.working():
        assert (await (await selling.start()).result()).state == ""
