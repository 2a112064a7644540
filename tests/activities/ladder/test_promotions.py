"""Carrying out what was approved: once, and only if it is still right."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.ladder.activities import PromotionActivities
from activities.reviews.promotion_activities import ReviewPromotionActivities
from partners.domain.cases.view import Act, PartnerRef
from partners.domain.judging.coverage import DayRange
from partners.domain.ladder.ladder import Promotion
from partners.domain.ladder.view import PromotionRange, PromotionStep
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.entering import Approval
from partners.store.engine.database import Database
from partners.store.ladder import ladder, proposals
from partners.store.referrals import qualifications
from partners.store.tables.case_tables import TierChangeRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow, ReviewAssessmentRow, ReviewRow
from tests import builders
from tests.activities.conftest import NOW, Desk
from tests.activities.reviews.test_review_activities import Bench

ENTER = {"orders_per_month": {"at_least": 10}}
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "silver", "kind": "preferred", "removal": "out", "enter": ENTER},
    {"key": "gold", "kind": "strategic", "removal": "down", "enter": ENTER},
]


class Ladder:
    """A program of three tiers, with acme in one of them."""

    def __init__(self, database: Database) -> None:
        self.desk = Desk(database)
        self.activities = PromotionActivities(self.desk.cases._services)

    def added(self, to_tier: str, from_tier: str | None = "bronze") -> None:
        """A person puts acme into a tier."""
        with self.desk.database.write() as session:
            partner = session.get_one(PartnerRow, "acme")
            partner.tier = from_tier
            ladder.add_by_hand(
                session, partner, to_tier, policy_version=1, who="Ann", notes="met them", now=NOW
            )

    def promote(self) -> PromotionStep:
        return self.desk.call(self.activities.promote, PartnerRef("acme"))

    def tier(self) -> str | None:
        with self.desk.database.read() as session:
            return session.get_one(PartnerRow, "acme").tier

    def changes(self) -> list[tuple[str | None, str | None]]:
        with self.desk.database.read() as session:
            rows = session.scalars(select(TierChangeRow))
            return [(row.from_tier, row.to_tier) for row in rows]


@pytest.fixture
def steps(database: Database) -> Ladder:
    builders.accept(database, builders.a_policy(tiers=TIERS))
    with database.write() as session:
        builders.a_partner(session, "acme", tier="bronze")
    return Ladder(database)


def test_rule_09_what_is_approved_is_carried_out_once_and_told_as_it_was(steps: Ladder) -> None:
    steps.added("silver")

    first, second = steps.promote(), steps.promote()

    act = Act(NOW.date(), "added: to silver", "Ann", "see the notes: show acme")  # rule 18
    assert (
        first
        == second
        == PromotionStep(
            *(1, "silver", NoticeKind.PROMOTED),
            from_tier="bronze",
            why="added by hand",
            since=NOW.date(),
            acts=(act,),
        )
    )
    assert steps.changes() == [("bronze", "silver")]


def test_nobody_is_promoted_of_whom_nothing_is_approved(steps: Ladder) -> None:
    assert steps.promote() == PromotionStep()
    assert (steps.tier(), steps.changes()) == ("bronze", [])


FEBRUARY, JANUARY = "monthly/2035-02", "monthly/2035-01"


def a_review(session: Session, review_id: str = FEBRUARY, policy_version: int = 1) -> None:
    session.add(
        ReviewRow(
            review_id=review_id, kind="monthly", period=review_id[8:], month=203502,
            as_of=NOW.date(), policy_version=policy_version, status="running",
            claimed_by="tests", started_at=NOW, counts={},
        )
    )  # fmt: skip
    session.flush()


def test_who_waits_for_staff_is_not_promoted(steps: Ladder) -> None:
    with steps.desk.database.write() as session:
        a_review(session)
        earned = {"acme": Promotion("acme", "bronze", "silver", ())}
        proposals.propose(
            session, earned, policy_version=1, approval=Approval.STAFF,
            review_id=FEBRUARY, now=NOW,
        )  # fmt: skip

    assert steps.promote() == PromotionStep()
    assert steps.tier() == "bronze"


def test_a_promotion_from_a_tier_that_the_partner_has_left_is_withdrawn(steps: Ladder) -> None:
    steps.added("silver")
    with steps.desk.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = "gold"

    assert steps.promote().refusal == "the tier has changed meanwhile: gold"

    assert (steps.tier(), steps.changes()) == ("gold", [])
    assert steps.promote() == PromotionStep()


@pytest.mark.parametrize(
    ("from_tier", "by_referrals", "kind"),
    [
        ("bronze", False, NoticeKind.PROMOTED),
        (None, False, NoticeKind.WELCOME),
        (None, True, NoticeKind.QUALIFIED),
    ],
)
def test_who_enters_is_welcomed_and_who_did_so_by_referrals_is_told_so(
    steps: Ladder, from_tier: str | None, by_referrals: bool, kind: NoticeKind
) -> None:
    steps.added("silver", from_tier)
    if by_referrals:
        with steps.desk.database.write() as session:
            candidate = session.scalars(select(CandidateRow)).one()
            row = qualifications.qualification(session, "acme", NOW)
            row.candidate_id = candidate.candidate_id

    assert steps.promote().kind is kind


# ---- what a review proposes ----


class Started:
    """In place of the server: writes down whose promotion was started."""

    def __init__(self) -> None:
        self.partners: list[str] = []

    async def start(self, partner_id: str) -> None:
        self.partners.append(partner_id)


def climbers(steps: Ladder, approval: str) -> None:
    """ben and cy do enough for silver; the review of February has judged them."""
    version = builders.accept(
        steps.desk.database, builders.a_policy(tiers=TIERS, promotion={"approval": approval})
    )
    with steps.desk.database.write() as session:
        for review_id in (FEBRUARY, JANUARY):
            a_review(session, review_id, version)
        for name in ("ben", "cy"):
            builders.a_partner(session, name, tier="bronze")
            builders.orders(session, name, date(2035, 2, 1), date(2035, 2, 28), 12)
        builders.covered(session, DayRange(date(2034, 1, 1), date(2036, 12, 31)))


def proposes(steps: Ladder, started: Started) -> dict[str, int]:
    activities = ReviewPromotionActivities(steps.desk.cases._services, started)
    found: dict[str, int] = Bench(steps.desk).call(
        activities.propose_promotions, PromotionRange(FEBRUARY, "", None)
    )
    return found


def judged(steps: Ladder, review_id: str, partner_id: str, verdict: str) -> None:
    with steps.desk.database.write() as session:
        session.add(
            ReviewAssessmentRow(
                review_id=review_id, partner_id=partner_id, tier="bronze", verdict=verdict,
                action="none", findings=[],
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    ("approval", "started", "action"),
    [("auto", ["ben", "cy"], "promote"), ("staff", [], "candidate")],
)
def test_a_review_starts_promotions_only_where_the_policy_approves_them(
    steps: Ladder, approval: str, started: list[str], action: str
) -> None:
    climbers(steps, approval)
    judged(steps, FEBRUARY, "ben", "passing")
    running = Started()

    counts = proposes(steps, running)

    assert running.partners == started
    assert (counts["promoted"], counts["candidates"]) == (len(started), 2 - len(started))
    with steps.desk.database.read() as session:
        assert [row.action for row in session.scalars(select(ReviewAssessmentRow))] == [action]


def test_who_is_below_in_this_review_is_not_promoted_by_it(steps: Ladder) -> None:
    climbers(steps, "auto")
    judged(steps, FEBRUARY, "ben", "below")
    judged(steps, JANUARY, "cy", "below")
    running = Started()

    proposes(steps, running)

    assert running.partners == ["cy"]
