"""What is done to a lead, on both databases: once, whoever asks again and in whatever order."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from activities.referrals import lead_steps
from activities.referrals.lead_file import LeadFile
from partners.domain.policy.policy import Policy
from partners.domain.referrals.lead import LeadState
from partners.domain.referrals.referral import ReferralState, Version
from partners.store.engine.database import Database
from partners.store.record import audit_check
from partners.store.referrals import (
    lead_watch,
    leads,
    referral_leads,
    referral_money,
    referrals,
)
from partners.store.referrals.referrals import Reported
from partners.store.referrals.sellers import Market
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import LeadTurnRow, ReferralRow
from tests import builders

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TERMS: dict[str, Any] = {
    "compensation": {"share": "0.10"},
    "holding_days": 0,
    "routing": {"sales_email": "sales@northwind.example"},
}


class Leads:
    """A program with two sellers; acme refers."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self.database, self.policy = database, policy

    def accept(self, name: str = "r1", **said: str) -> None:
        self.report(name, ReferralState.ACCEPTED, NOW, **said)

    def report(self, name: str, state: ReferralState, at: datetime, **said: Any) -> None:
        closed = at if state in (ReferralState.LOST, ReferralState.REFUNDED) else None
        reported = Reported(
            name, "acme", f"lead-{name}", NOW, Version(at, state, closed_at=closed), **said
        )
        with self.database.write() as session:
            referrals.lock(session)
            referrals.take_in(session, [reported], "tests", "USD", keep_refused=False)
            referral_leads.resolve(session, {reported.lead_ref}, self.policy, at)

    def do(self, act: Callable[[LeadFile], object], at: datetime = NOW, name: str = "r1") -> None:
        with self.database.write() as session:
            referrals.lock(session)
            file = LeadFile.of(session, name, at, "Ann")
            assert file is not None
            act(file)

    def look(self, at: datetime = NOW, name: str = "r1") -> None:
        self.do(lead_steps.look, at, name)

    def order(self, partner_id: str, order_id: str = "o1", **columns: Any) -> None:
        at = int((NOW + HOUR).timestamp())
        row = {
            "order_id": order_id,
            "partner_id": partner_id,
            "customer_id": "lead-r1",
            "placed_at": at,
            "placed_month": 202611,
            "status": "completed",
            "outcome_at": at,
            "outcome_month": 202611,
            "known_at": at,
            "value_cents": 120_000,
            **columns,
        }
        with self.database.write() as session:
            session.execute(insert(OrderRow), [row])

    def correct(self, order_id: str = "o1", **columns: Any) -> None:
        with self.database.write() as session:
            session.execute(update(OrderRow).where(OrderRow.order_id == order_id).values(columns))

    def turns(self, name: str = "r1") -> list[tuple[str, str]]:
        with self.database.read() as session:
            rows = leads.turns_of(session, name)
            return [(row.partner_id or "sales", row.end.value if row.end else "") for row in rows]

    def due(self) -> Decimal:
        with self.database.read() as session:
            return referral_money.money_of(session, "r1").due

    def referral(self) -> ReferralRow:
        with self.database.read() as session:
            return session.get_one(ReferralRow, "r1")

    def waiting(self, at: datetime = NOW) -> list[str]:
        """What the daily look would find."""
        market = Market.of(self.policy, at)
        assert market is not None
        with self.database.read() as session:
            return lead_watch.to_be_looked_at(session, market)

    def state(self) -> LeadState:
        with self.database.read() as session:
            lead = leads.find(session, "r1")
            assert lead is not None
            return lead.state


@pytest.fixture
def program(database: Database) -> Leads:
    policy = builders.a_policy(referral=TERMS)
    builders.accept(database, policy)
    with database.write() as session:
        builders.a_partner(session, "acme", kind="referral", tier=None, tier_since=None)
        for name in ("ben", "cleo"):
            builders.a_partner(session, name)
    found = Leads(database, policy)
    found.accept()
    return found


def test_looking_twice_changes_nothing(program: Leads) -> None:
    assert program.waiting() == ["r1"]
    program.look()
    program.look()
    assert program.turns() == [("ben", "")]
    assert program.waiting() == []


def test_a_lead_that_was_lost_waits_for_nobody(program: Leads) -> None:
    program.look()
    program.report("r1", ReferralState.LOST, NOW + HOUR)
    assert program.waiting() == ["r1"]
    program.look(NOW + HOUR)
    assert program.waiting() == []
    assert (program.state(), program.turns()) == (LeadState.CLOSED, [("ben", "closed")])


def test_a_person_may_give_it_to_whoever_may_have_it_and_to_sales(program: Leads) -> None:
    program.look()
    with program.database.read() as session:
        cleo = session.get_one(PartnerRow, "cleo")
    program.do(lambda file: lead_steps.assign(file, cleo, "knows them"))
    program.do(lambda file: lead_steps.assign(file, None, "a key account"))
    assert program.turns() == [("ben", "moved"), ("cleo", "moved"), ("sales", "")]
    assert program.state() is LeadState.SALES


def test_after_sales_declined_nobody_is_asked_again(program: Leads) -> None:
    for _ in range(2):
        program.look()
        program.do(lambda file: lead_steps.decline(file, ""))
    program.look()
    assert program.turns() == [("ben", "declined"), ("cleo", "declined"), ("sales", "")]


def test_a_sale_is_found_by_the_daily_look_and_credited_once(program: Leads) -> None:
    program.look()
    program.order("ben")
    at = NOW + 2 * HOUR
    assert program.waiting(at) == ["r1"]
    for _ in range(3):
        program.look(at)
    assert program.waiting(at) == []
    assert program.due() == Decimal(120)
    assert program.referral().state is ReferralState.CONVERTED
    with program.database.read() as session:
        assert session.get_one(PartnerRow, "acme").tier is None


def test_an_order_without_a_value_waits_for_a_person(program: Leads) -> None:
    program.look()
    program.order("ben", value_cents=None)
    program.look(NOW + 2 * HOUR)
    with program.database.read() as session:
        (lead,) = lead_watch.with_problem(session)
        assert lead.problem == "order o1 names no value; report the purchase yourself"
    assert program.state() is LeadState.OFFERED
    program.correct(value_cents=5_000)
    program.look(NOW + 3 * HOUR)
    with program.database.read() as session:
        assert lead_watch.with_problem(session) == []
    assert program.due() == Decimal(5)


def test_an_order_that_is_too_large_waits_for_a_person(program: Leads) -> None:
    program.look()
    program.order("ben", value_cents=10**12)
    program.look(NOW + 2 * HOUR)
    with program.database.read() as session:
        (lead,) = lead_watch.with_problem(session)
    assert "maximum_amount" in lead.problem
    assert program.state() is LeadState.OFFERED


def test_under_any_corrections_what_is_due_is_what_the_order_is_worth_now(program: Leads) -> None:
    """The ledger equals the share of the order as it stands, or nothing, after every look."""
    program.look()
    program.order("ben")
    dice = random.Random(20261122)
    for number in range(30):
        status = dice.choice(["placed", "accepted", "completed", "cancelled", "failed"])
        cents = dice.choice([40_000, 80_000, 120_000])
        program.correct(status=status, value_cents=cents)
        at = NOW + (number + 2) * HOUR
        for _ in range(dice.randint(1, 2)):
            program.look(at)
        counts = status in ("accepted", "completed")
        assert program.due() == (Decimal(cents) / 1000 if counts else 0), (number, status, cents)
        assert program.waiting(at) == []


def test_another_order_takes_the_place_of_one_that_is_gone(program: Leads) -> None:
    program.look()
    program.order("ben", "o1")
    program.order("ben", "o2", value_cents=70_000, placed_at=int((NOW + 2 * HOUR).timestamp()))
    program.look(NOW + 3 * HOUR)
    assert program.due() == Decimal(120)
    with program.database.write() as session:
        session.execute(delete(OrderRow).where(OrderRow.order_id == "o1"))
    program.look(NOW + 4 * HOUR)
    assert program.due() == Decimal(70)


def test_the_record_of_leads_verifies_and_shows_a_change(program: Leads) -> None:
    program.look()
    program.do(lambda file: lead_steps.decline(file, "no time"))
    program.order("cleo")
    program.look(NOW + 2 * HOUR)
    with program.database.read() as session:
        assert audit_check.verify(session).broken is None
    with program.database.write() as session:
        session.execute(update(LeadTurnRow).values(why="another"))
    with program.database.read() as session:
        assert audit_check.verify(session).broken is not None


def test_turns_of_one_lead_are_numbered_from_one(program: Leads) -> None:
    program.look()
    program.do(lambda file: lead_steps.decline(file, ""))
    with program.database.read() as session:
        query = select(LeadTurnRow.number).order_by(LeadTurnRow.turn_id)
        assert session.scalars(query).all() == [1, 2]
