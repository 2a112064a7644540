"""Candidates, appraisals and facts of the ladder, on both database systems."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.judging.coverage import DayRange
from partners.domain.ladder.ladder import CandidateState, NotPromoted, Promotion, Why
from partners.domain.policy.entering import Approval
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.cases.cases import decisions_of, new_case
from partners.store.engine.database import Database
from partners.store.judging import appraisals
from partners.store.judging.window_sums import Range, partners_page
from partners.store.ladder import ladder, proposals
from partners.store.ladder.ladder_facts import ladder_facts
from partners.store.ladder.ladder_judging import LadderJudge
from partners.store.people.known_partner import locked_partner
from partners.store.tables.case_tables import OverrideRow, TierChangeRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow, ReviewRow
from tests import builders
from tests.interleaved import LONG, beside, until_waiting

NOW = datetime(2026, 11, 4, 9, tzinfo=UTC)
TODAY = NOW.date()
OCTOBER = Month(2026, 10)
ENTER = {"orders_per_month": {"at_least": 10}, "tenure_months": {"at_least": 3}}
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "silver", "kind": "preferred", "removal": "down", "enter": ENTER},
    {
        "key": "gold",
        "kind": "strategic",
        "enter": ENTER | {"orders_per_month": {"at_least": 50}},
        "requires": ["expertise"],
    },
]
FOUND = Finding("orders_per_month", Decimal(12), Decimal(10), True, 1, 1, 1, Verdict.PASSING)
UP = Promotion("acme", "bronze", "silver", (FOUND,))
BELOW = NotPromoted(Why.BELOW, "orders_per_month")


@pytest.fixture
def policy(database: Database) -> Policy:
    policy = builders.a_policy(tiers=TIERS)
    builders.accept(database, policy)
    with database.write() as session:
        for month in (9, 10):
            session.add(a_review(month))
        builders.a_partner(session, "acme", tier="bronze")
    return policy


def a_review(month: int) -> ReviewRow:
    return ReviewRow(
        review_id=f"monthly/2026-{month}",
        kind="monthly",
        period=f"2026-{month}",
        month=202600 + month,
        as_of=TODAY,
        policy_version=1,
        status="running",
        claimed_by="review/monthly",
        started_at=NOW,
        counts={},
    )


def propose(
    session: Session,
    *verdicts: Promotion | NotPromoted,
    approval: Approval = Approval.STAFF,
    month: int = 10,
    now: datetime = NOW,
) -> proposals.Proposed:
    return proposals.propose(
        session,
        dict.fromkeys(["acme"], verdicts[0]),
        policy_version=1,
        approval=approval,
        review_id=f"monthly/2026-{month}",
        now=now,
    )


def states(database: Database) -> list[str]:
    with database.read() as session:
        query = select(CandidateRow.state).order_by(CandidateRow.candidate_id)
        return list(session.scalars(query))


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
def test_rule_16_a_review_does_not_withdraw_whom_staff_approve_at_that_moment(
    database: Database,
) -> None:
    with database.write() as session:
        propose(session, UP, month=9)

    def review() -> proposals.Proposed:
        with database.write() as session:
            return propose(session, BELOW)

    with beside() as start, database.write() as session:
        locked_partner(session, "acme")
        row = ladder.candidate_of(session, "acme", [CandidateState.WAITING])
        assert row is not None
        reviewing = start(review)
        until_waiting(database, reviewing)
        ladder.approve(session, row, "Ann", "well earned", NOW)

    assert reviewing.result(LONG) == proposals.Proposed(approved=["acme"])
    assert states(database) == ["approved"]


@pytest.mark.usefixtures("policy")
def test_rule_09_a_repeated_review_proposes_once(database: Database) -> None:
    with database.write() as session:
        assert propose(session, UP).waiting == ["acme"]
    with database.write() as session:
        assert propose(session, UP) == proposals.Proposed(earned=["acme"])
        assert propose(session, UP, month=9) == proposals.Proposed(earned=["acme"])
    assert states(database) == ["waiting"]


@pytest.mark.usefixtures("policy")
def test_what_is_no_longer_earned_is_withdrawn(database: Database) -> None:
    with database.write() as session:
        propose(session, UP, month=9)
        assert propose(session, BELOW).withdrawn == ["acme"]
        (row,) = ladder.candidates(session, ["withdrawn"])
        assert row.reason == "below the enter standards (orders_per_month)"


@pytest.mark.usefixtures("policy")
def test_rule_02_insufficient_data_withdraws_nothing(database: Database) -> None:
    with database.write() as session:
        propose(session, UP, month=9)
        assert propose(session, NotPromoted(Why.INSUFFICIENT)) == proposals.Proposed()
    assert states(database) == ["waiting"]


@pytest.mark.usefixtures("policy")
def test_auto_approves_at_once_and_a_repeat_names_it_again(database: Database) -> None:
    with database.write() as session:
        first = propose(session, UP, approval=Approval.AUTO)
    with database.write() as session:
        again = propose(session, UP, approval=Approval.AUTO)
    assert first.approved == again.approved == ["acme"]
    assert states(database) == ["approved"]


@pytest.mark.usefixtures("policy")
def test_auto_approves_what_waited_for_staff(database: Database) -> None:
    with database.write() as session:
        propose(session, UP, month=9)
        assert propose(session, UP, approval=Approval.AUTO).approved == ["acme"]
    assert states(database) == ["approved"]


@pytest.mark.usefixtures("policy")
def test_rule_16_a_review_that_repeats_does_not_undo_a_decline(database: Database) -> None:
    with database.write() as session:
        propose(session, UP)
        row = ladder.candidate_of(session, "acme", ["waiting"])
        assert row is not None
        ladder.decline(session, row, "Ann", "too early", NOW)
    with database.write() as session:
        assert propose(session, UP) == proposals.Proposed()
    assert states(database) == ["declined"]


@pytest.mark.usefixtures("policy")
def test_rule_09_two_reviews_at_once_propose_once(database: Database) -> None:
    def attempt(month: int) -> None:
        with database.write() as session:
            propose(session, UP, approval=Approval.AUTO, month=month)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(attempt, (9, 10)))
    assert states(database) == ["approved"]


# ---- carrying out ----


@pytest.fixture
def approved(database: Database, policy: Policy) -> Callable[[], str | None]:
    """Approves a candidate, and returns what carries it out: why it was withdrawn, or None."""
    with database.write() as session:
        propose(session, UP)
        row = ladder.candidate_of(session, "acme", ["waiting"])
        assert row is not None
        ladder.approve(session, row, "Ann", "well done", NOW)

    def carry_out() -> str | None:
        with database.write() as session:
            partner = session.get_one(PartnerRow, "acme", with_for_update=True)
            row = ladder.candidate_of(session, "acme", ["approved"])
            if row is None:
                return "done already"
            return ladder.carry_out(session, row, partner, policy, NOW)

    return carry_out


def test_a_promotion_changes_the_tier_once_and_says_who_and_why(
    database: Database, approved: Callable[[], str | None]
) -> None:
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: approved(), range(3)))
    assert sorted(map(str, results)) == ["None", "done already", "done already"]
    with database.read() as session:
        partner = session.get_one(PartnerRow, "acme")
        (change,) = session.scalars(select(TierChangeRow))
        steps = [(d.step, d.actor, d.reason) for d in decisions_of(session, "acme")]
    assert (partner.tier, partner.tier_since) == ("silver", TODAY)
    assert (change.key, change.actor, change.reason) == ("candidate/1", "Ann", "well done")
    assert (change.from_tier, change.to_tier) == ("bronze", "silver")
    assert steps == [("approved", "Ann", "well done"), ("promoted", "Ann", "well done")]


def open_case(session: Session, partner: PartnerRow) -> None:
    new_case(
        session,
        partner,
        month=OCTOBER,
        since=date(2020, 1, 1),
        policy_version=1,
        repeat=False,
        opened_at=NOW,
        period_days=45,
        findings=[FOUND],
    )


def an_override(session: Session, kind: str) -> None:
    session.add(
        OverrideRow(partner_id="acme", kind=kind, from_day=TODAY, who="Ben", reason="agreed")
    )


MEANWHILE: dict[str, tuple[Callable[[Session, PartnerRow], None], str]] = {
    "a case": (open_case, "a case is open"),
    "a pin": (lambda s, p: an_override(s, "pin"), "a person has pinned the tier"),
    "a block": (lambda s, p: an_override(s, "block"), "blocked: beyond reviews"),
    "another tier": (
        lambda s, p: setattr(p, "tier", "gold"),
        "the tier has changed meanwhile: gold",
    ),
    "another change": (
        lambda s, p: setattr(p, "tier_since", TODAY - timedelta(days=1)),
        "the tier changed too recently (from 2026-12-03 on)",
    ),
}


@pytest.mark.parametrize(("happens", "reason"), MEANWHILE.values(), ids=MEANWHILE.keys())
def test_rule_10_what_came_between_withdraws_a_promotion(
    database: Database,
    approved: Callable[[], str | None],
    happens: Callable[[Session, PartnerRow], None],
    reason: str,
) -> None:
    with database.write() as session:
        happens(session, session.get_one(PartnerRow, "acme"))

    assert approved() == reason

    assert states(database) == ["withdrawn"]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(TierChangeRow)) == 0


def test_by_hand_takes_the_place_of_a_candidate_that_waits(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        propose(session, UP)
        partner = session.get_one(PartnerRow, "acme", with_for_update=True)
        partner.tier_since = TODAY  # people are not bound by the days between changes
        row = ladder.add_by_hand(
            session, partner, "gold", policy_version=1, who="Ann", notes="a launch", now=NOW
        )
        assert ladder.carry_out(session, row, partner, policy, NOW) is None
        assert partner.tier == "gold"
    assert states(database) == ["withdrawn", "promoted"]


# ---- appraisals ----


def appraise(session: Session, on: date, met: bool = True, criterion: str = "expertise") -> None:
    quality = builders.a_policy(tiers=TIERS).quality(criterion)
    assert quality is not None
    appraisals.appraise(
        session, "acme", criterion, quality, met=met, reviewer="Ann", notes="seen", on=on
    )


@pytest.mark.usefixtures("policy")
def test_an_appraisal_counts_until_it_expires_or_a_newer_one_decides(database: Database) -> None:
    with database.write() as session:
        appraise(session, date(2025, 11, 4))
        appraise(session, date(2026, 1, 10), met=False, criterion="segments")

        def met(day: date) -> set[str]:
            return set(appraisals.qualities_met(session, "acme", "other", day, {}).get("acme", ()))

        assert met(date(2025, 11, 3)) == set()
        assert met(date(2025, 11, 4)) == met(date(2026, 11, 4)) == {"expertise"}
        assert met(date(2026, 11, 5)) == set()
        appraise(session, date(2026, 1, 11), criterion="segments")
        appraise(session, date(2026, 2, 1), met=False)
        assert met(date(2026, 1, 31)) == {"expertise", "segments"}
        assert met(date(2026, 2, 1)) == {"segments"}
        newest = appraisals.appraisals_of(session, "acme")[0]
        assert (newest.criterion, newest.expires_on) == ("expertise", date(2027, 2, 1))


# ---- who has earned what ----


def people(database: Database, **partners: dict[str, Any]) -> None:
    """Partners with 60 orders in October unless told otherwise."""
    with database.write() as session:
        for name, columns in partners.items():
            count = columns.pop("orders", 60)
            builders.a_partner(session, name, **columns)
            builders.orders(session, name, OCTOBER.first_day, OCTOBER.last_day, count)
        builders.covered(session, DayRange(date(2026, 1, 1), date(2026, 11, 3)))


def judged(database: Database, policy: Policy) -> dict[str, str]:
    with database.read() as session:
        page = partners_page(session, Range(), everybody=True)
        found = LadderJudge.of(session, policy, OCTOBER, TODAY).judge(session, page)
    return {
        name: f"to {v.to_tier}" if isinstance(v, Promotion) else str(v) for name, v in found.items()
    }


def test_a_page_of_partners_is_judged_on_whole_months(database: Database, policy: Policy) -> None:
    out = {"tier": None, "tier_since": None}
    people(
        database,
        climbing={"tier": "bronze"},
        slow={"tier": "bronze", "orders": 9},
        young={"tier": "bronze", "joined_on": date(2026, 8, 30)},
        expert={"tier": "silver"},
        unproven={"tier": "silver"},
        top={"tier": "gold"},
        lost={"tier": "platinum"},
        newcomer={**out},
        lead={**out, "kind": "referral"},
        back={**out, "left_on": TODAY - timedelta(days=90)},
        gone={**out, "left_on": TODAY - timedelta(days=1)},
    )
    with database.write() as session:
        quality = policy.quality("expertise")
        assert quality is not None
        appraisals.appraise(
            session, "expert", "expertise", quality, met=True, reviewer="A", notes="", on=TODAY
        )
    assert judged(database, policy) == {
        "acme": "below the enter standards (orders_per_month)",
        "climbing": "to silver",
        "slow": "below the enter standards (orders_per_month)",
        "young": "below the enter standards (tenure_months)",
        "expert": "to gold",
        "unproven": "a required quality is not appraised as met (Expertise)",
        "top": "no tier is above",
        "lost": "the policy has no such tier (platinum)",
        "newcomer": "to silver",
        "lead": "a referral partner, who enters by qualifying",
        "back": "to silver",
        "gone": "it is too early to return (from 2027-02-01 on)",
    }


def test_rule_03_an_uncovered_month_promotes_nobody(database: Database, policy: Policy) -> None:
    with database.write() as session:
        builders.covered(session, DayRange(date(2026, 1, 1), date(2026, 10, 30)))
    assert judged(database, policy)["acme"].startswith("not enough data to judge")


def test_a_declined_candidate_rests(database: Database, policy: Policy) -> None:
    people(database, ben={"tier": "bronze"})
    with database.write() as session:
        session.add(
            CandidateRow(
                partner_id="ben",
                from_tier="bronze",
                to_tier="silver",
                review_id=None,
                policy_version=1,
                proposed_at=NOW,
                findings=[],
                state=CandidateState.DECLINED,
                who="Ann",
                reason="not yet",
                decided_at=NOW - timedelta(days=10),
            )
        )
    assert judged(database, policy)["ben"] == "staff declined it lately (from 2026-11-24 on)"


def test_facts_are_as_of_a_day(database: Database, policy: Policy) -> None:
    with database.write() as session:
        open_case(session, session.get_one(PartnerRow, "acme"))
        an_override(session, "waiver")
        calendar = calendar_of(policy)
        today = ladder_facts(session, ["acme"], calendar, TODAY)["acme"]
        before = ladder_facts(session, ["acme"], calendar, TODAY - timedelta(days=1))["acme"]
    assert (today.has_open_case, today.overrides) == (True, frozenset({"waiver"}))
    assert before.overrides == frozenset()
