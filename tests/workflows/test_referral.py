"""Referral partners under time skipping: qualifying, missing, refunds, mail, handing over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError

from partners.domain.policy.sections.track_policy import CHECKLIST
from partners.domain.referrals.qualification import Stage
from partners.domain.referrals.referral import ReferralState
from partners.domain.referrals.view import ReferralEvent, ReferralNews
from partners.store.ladder import ladder, tracks
from partners.store.mail import outbox
from partners.store.referrals import referral_money
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow
from tests.workflows.conftest import START, World
from tests.workflows.referral_world import TERMS, Referring
from workflows.kit import options
from workflows.kit.options import TASK_QUEUE
from workflows.referral import ReferralInput, ReferralQualification


@pytest.fixture
async def acme(stage: World) -> AsyncIterator[Referring]:
    """Workers, terms of 3 purchases in 30 days, and a referral partner enrolled today."""
    stage.accept(referral=TERMS)
    acme = Referring(stage)
    acme.partner()
    async with stage.working():
        yield acme


def day(number: int) -> date:
    return START.date() + timedelta(days=number)


async def qualify(acme: Referring) -> None:
    """Three purchases on days 0, 2 and 4."""
    await acme.start()
    await acme.world.eventually(lambda: acme.mails() == ["referral_welcome"], "welcomed")
    for number in range(3):
        await acme.until_day(2 * number)
        await acme.buys(f"r{number}")
        await acme.looked(count=number + 1)


async def test_who_qualifies_becomes_a_reseller(acme: Referring) -> None:
    await qualify(acme)
    await acme.world.eventually(lambda: "staff: entered" in acme.mails(), "staff are told")

    assert acme.world.row().tier == "preferred"
    assert acme.qualification().qualified_on == day(4)
    assert acme.mails() == [
        "referral_welcome",
        "referral_converted",
        "referral_converted",
        "referral_converted",
        "qualified",
        "staff: entered",
    ]
    with acme.world.database.read() as session:
        steps = [row.step for row in tracks.steps_of(session, "acme", CHECKLIST)]
    assert steps == ["training", "certification", "contract", "first_offer"]


async def test_who_qualifies_is_told_the_money_and_the_steps(acme: Referring) -> None:
    await qualify(acme)
    await acme.world.eventually(lambda: "staff: entered" in acme.mails(), "staff are told")
    texts = {row.kind: row.text for row in acme.world.outbox()}
    assert "You earn: $100.00" in texts["referral_converted"]
    assert "- Certification" in texts["qualified"]


async def test_the_query_answers_in_words(acme: Referring) -> None:
    await acme.start()
    await acme.buys("r0")
    await acme.looked(count=1)
    shown = await acme.handle.query(ReferralQualification.show_progress)
    last = day(29)
    assert shown.words == f"1 of 3, oldest expires on {day(30)}, 2 more by {last}"


async def test_who_falls_short_is_summed_up_kindly_and_stays(acme: Referring) -> None:
    await acme.start()
    await acme.buys("r0")
    await acme.looked(count=1)
    await acme.until_day(19)
    assert "nudge" not in acme.mails()
    await acme.until_day(62)

    mails = acme.mails()
    assert mails.count("window_ended") == 2
    assert mails.count("nudge") == 1
    assert acme.world.row().tier is None
    await acme.looked(stage=Stage.COLLECTING, count=0)


async def test_a_silence_is_nudged_once_and_the_next_one_again(acme: Referring) -> None:
    await acme.start()
    await acme.until_day(21)
    assert acme.mails() == ["referral_welcome", "nudge"]
    await acme.until_day(25)
    now = await acme.world.now()
    changes = acme.report("late", ReferralState.SUBMITTED, now)
    with acme.world.database.write() as session:
        session.get_one(type(acme.referral("late")), "late").submitted_at = now
    await acme.tell(changes)
    await acme.until_day(44)
    assert acme.mails().count("nudge") == 1
    await acme.until_day(46)
    assert acme.mails().count("nudge") == 2


async def test_who_joined_long_ago_is_not_nudged_as_soon_as_the_program_looks(
    acme: Referring,
) -> None:
    with acme.world.database.write() as session:
        session.get_one(PartnerRow, "acme").joined_on = day(-29)
    await acme.start()
    await acme.until_day(0.2)
    assert acme.mails() == ["referral_welcome"]
    await acme.until_day(19)
    assert "nudge" not in acme.mails()
    await acme.until_day(21)
    assert acme.mails().count("nudge") == 1


async def test_nobody_is_nudged_beside_the_news_that_a_referral_was_accepted(
    acme: Referring,
) -> None:
    await acme.start()
    await acme.tell(acme.report("r0", ReferralState.SUBMITTED, await acme.world.now()))
    await acme.until_day(19.5)
    await acme.tell(acme.report("r0", ReferralState.ACCEPTED, await acme.world.now()))
    await acme.until_day(38)
    assert sorted(acme.mails()) == [*["referral_received"] * 2, "referral_welcome", "window_ended"]
    await acme.until_day(40)
    assert acme.mails().count("nudge") == 1


async def test_rule_a_purchase_reported_late_qualifies_if_its_window_held_enough(
    acme: Referring,
) -> None:
    await acme.start()
    await acme.until_day(0.1)
    await acme.buys("r0", day(0))
    await acme.until_day(90)
    await acme.buys("r1", day(10))
    await acme.buys("r2", day(20))
    await acme.world.eventually(lambda: acme.world.row().tier == "preferred", "promoted")
    assert acme.qualification().qualified_on == day(20)


async def test_rule_a_qualified_partner_is_never_demoted_by_the_window_rolling_on(
    acme: Referring,
) -> None:
    await qualify(acme)
    await acme.world.eventually(lambda: "staff: entered" in acme.mails(), "staff are told")
    await acme.until_day(400)
    await acme.start()
    await acme.world.eventually(lambda: acme.world.row().tier == "preferred", "stays")
    assert acme.qualification().qualified_on == day(4)
    assert "staff: refunded" not in acme.mails()


async def test_a_refund_after_qualifying_keeps_the_status_and_loses_the_money(
    acme: Referring,
) -> None:
    await qualify(acme)
    await acme.world.eventually(lambda: "staff: entered" in acme.mails(), "staff are told")
    await acme.until_day(6)
    await acme.refund("r1")
    await acme.world.eventually(lambda: "staff: refunded" in acme.mails(), "staff are told")

    assert acme.world.row().tier == "preferred"
    with acme.world.database.read() as session:
        assert referral_money.money_of(session, "r1").due == 0
        assert referral_money.balance_of(session, "acme", "USD").due == Decimal(200)
    assert acme.world.kinds()[-1] == "referral_converted"
    assert "taken back" in acme.world.outbox()[-1].text


async def test_with_staff_the_promotion_waits_and_a_decline_starts_a_pause(
    stage: World,
) -> None:
    stage.accept(referral={**TERMS, "approval": "staff", "retry_days": 5, "tries": 1})
    acme = Referring(stage)
    acme.partner()
    async with stage.working():
        await qualify(acme)
        await acme.looked(stage=Stage.PROPOSED)
        await acme.world.eventually(lambda: acme.mails()[-1] == "staff: waiting", "told")
        with stage.database.write() as session:
            (row,) = ladder.candidates(session, ["waiting"])
            ladder.decline(session, row, "Ann", "not yet", START + timedelta(days=4))
        await acme.start()
        await acme.looked(stage=Stage.DECLINED)
        await acme.until_day(20)
        assert acme.world.row().tier is None
        assert acme.mails().count("staff: waiting") == 1


async def test_after_the_pause_a_decline_is_followed_by_another_try(stage: World) -> None:
    stage.accept(referral={**TERMS, "approval": "staff", "retry_days": 5})
    acme = Referring(stage)
    acme.partner()
    async with stage.working():
        await qualify(acme)
        await acme.looked(stage=Stage.PROPOSED)
        with stage.database.write() as session:
            (row,) = ladder.candidates(session, ["waiting"])
            ladder.decline(session, row, "Ann", "not yet", START + timedelta(days=4))
        await acme.start()
        await acme.looked(stage=Stage.COLLECTING)
        await acme.until_day(10)
        await acme.world.eventually(lambda: acme.mails().count("staff: waiting") == 2, "again")


async def test_a_refund_withdraws_what_waits_where_the_policy_says_so(stage: World) -> None:
    stage.accept(referral={**TERMS, "approval": "staff", "after_refund": "withdraw"})
    acme = Referring(stage)
    acme.partner()
    async with stage.working():
        await qualify(acme)
        await acme.looked(stage=Stage.PROPOSED)
        await acme.refund("r0")
        await acme.looked(stage=Stage.COLLECTING, count=2)
        await acme.world.eventually(lambda: "staff: withdrawn" in acme.mails(), "told")
        with stage.database.read() as session:
            assert session.get_one(CandidateRow, 1).state == "withdrawn"


async def test_rule_a_partner_can_be_a_reseller_and_refer(acme: Referring) -> None:
    seller = Referring(acme.world, "seller")
    seller.partner(kind="reseller", tier="preferred", joined_on=date(2034, 1, 1))
    await seller.buys("s0")
    await seller.looked(stage=Stage.NOT_ON_IT)
    await seller.until_day(16)
    with seller.world.database.read() as session:
        money = referral_money.balance_of(session, "seller", "USD")
    assert (money.held, money.payable) == (0, Decimal(100))
    assert "referral_welcome" not in seller.mails()


async def test_held_money_is_payable_after_the_holding_period_and_stated_each_month(
    acme: Referring,
) -> None:
    await acme.start()
    await acme.buys("r0")
    await acme.looked(held="100.00")
    await acme.until_day(13.8)
    await acme.looked(held="100.00", payable="0.00")
    await acme.until_day(14.1)
    await acme.looked(held="0.00", payable="100.00")
    await acme.until_day(28)
    assert "statement" in acme.mails()
    (statement,) = [row for row in acme.world.outbox() if row.kind == "statement"]
    assert statement.message_key == "referral/statement/acme/2035-03"


async def test_with_kept_a_purchase_counts_once_its_holding_period_is_over(stage: World) -> None:
    stage.accept(referral={**TERMS, "successes": 1, "counts": "kept"})
    acme = Referring(stage)
    acme.partner()
    async with stage.working():
        await acme.buys("r0")
        await acme.looked(count=0)
        await acme.until_day(15)
        await acme.world.eventually(lambda: acme.world.row().tier == "preferred", "promoted")
        assert acme.qualification().qualified_on == day(0), "it counts from the purchase"


async def test_many_at_once_are_told_in_one_digest(acme: Referring) -> None:
    now = await acme.world.now()
    changes = []
    for number in range(20):
        changes += acme.report(f"r{number}", ReferralState.ACCEPTED, now)
    await acme.tell(changes)
    await acme.world.eventually(lambda: "referral_digest" in acme.mails(), "told")
    assert acme.mails() == ["referral_welcome", "referral_digest"]
    assert "A-" not in acme.world.outbox()[-1].text
    assert "lead-r7" in acme.world.outbox()[-1].text


async def test_rule_14_while_mail_is_stopped_nothing_is_lost(acme: Referring) -> None:
    with acme.world.database.write() as session:
        outbox.stop(session, "kind/referral_converted", "Ann", "wrong words", START)
    await acme.start()
    await acme.buys("r0")
    await acme.looked(count=1)
    await acme.world.eventually(lambda: "referral_welcome" in acme.mails(), "welcomed")
    with acme.world.database.write() as session:
        outbox.go(session, "kind/referral_converted")
    await acme.until_day(1.5)
    assert acme.mails() == ["referral_welcome", "referral_converted"]


async def test_rule_17_a_signal_only_causes_a_look(acme: Referring) -> None:
    """A signal that claims a purchase the database does not know changes nothing."""
    await acme.start()
    lie = ReferralNews((ReferralEvent("r1", "converted", "1,000.00 USD", day(0)),) * 3)
    await acme.handle.signal(ReferralQualification.referral_changed, lie)
    await acme.looked(count=0)
    await acme.world.eventually(lambda: acme.mails() == ["referral_welcome"], "welcomed")


async def test_rule_09_a_second_start_joins_the_first(acme: Referring) -> None:
    first = await acme.start()
    await acme.looked(stage=Stage.COLLECTING)
    description = await first.describe()
    await acme.world.eventually(lambda: acme.mails() == ["referral_welcome"], "welcomed")
    await acme.start()
    assert (await acme.handle.describe()).run_id == description.run_id
    assert acme.mails() == ["referral_welcome"]


async def test_another_id_is_refused(acme: Referring) -> None:
    with pytest.raises(WorkflowFailureError) as caught:
        await acme.world.client.execute_workflow(
            ReferralQualification.run, ReferralInput("acme"), id="mine", task_queue=TASK_QUEUE
        )
    assert "run under the workflow id referral/acme" in str(caught.value.cause)


async def test_without_terms_there_is_nothing_to_wait_for(world: World) -> None:
    acme = Referring(world)
    acme.partner()
    result = await (await acme.start()).result()
    assert result.stage == Stage.NOT_ON_IT


async def test_a_run_ends_when_nothing_is_left_and_begins_anew_with_the_next_event(
    acme: Referring,
) -> None:
    seller = Referring(acme.world, "seller")
    seller.partner(kind="reseller", tier="preferred")
    await seller.buys("s0")
    await seller.until_day(40)
    described = await seller.handle.describe()
    assert described.status is WorkflowExecutionStatus.COMPLETED
    await seller.buys("s1")
    await seller.looked(held="100.00", payable="100.00")


async def test_it_hands_over_with_signals_in_flight_and_loses_none(
    acme: Referring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "REFERRAL_HISTORY", 40)
    await acme.start()
    now = await acme.world.now()
    for number in range(60):
        await acme.tell(acme.report(f"r{number}", ReferralState.ACCEPTED, now))
    await acme.looked(open=60)
    shown = await acme.handle.query(ReferralQualification.show_progress)
    assert shown.heard == 60
    first = await acme.handle.describe()
    history = await acme.handle.fetch_history()
    assert history.events[0].workflow_execution_started_event_attributes.first_execution_run_id != (
        first.run_id
    ), "it has continued as new"


async def test_a_mail_that_cannot_be_delivered_stops_nothing(acme: Referring) -> None:
    with acme.world.database.write() as session:
        session.get_one(type(acme.world.row()), "acme").email = "a@nowhere.invalid"
    await qualify(acme)
    await acme.world.eventually(lambda: acme.world.row().tier == "preferred", "promoted")
    states = {row.kind: row.state for row in acme.world.outbox()}
    assert states["referral_converted"] == "rejected"
