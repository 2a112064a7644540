"""Carrying out what was approved: once, and only if it is still right."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from activities.promotions import PromotionActivities
from partners.domain.case_view import PartnerRef
from partners.domain.entering import Approval
from partners.domain.ladder import Promotion
from partners.domain.notices import NoticeKind
from partners.domain.promotion_view import PromotionStep
from partners.store import ladder, qualifications
from partners.store.case_tables import TierChangeRow
from partners.store.database import Database
from partners.store.program_tables import PartnerRow
from partners.store.review_tables import CandidateRow, ReviewRow
from tests import builders
from tests.activities.conftest import NOW, Desk

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

    assert first == second == PromotionStep(1, "silver", NoticeKind.PROMOTED)
    assert steps.changes() == [("bronze", "silver")]


def test_nobody_is_promoted_of_whom_nothing_is_approved(steps: Ladder) -> None:
    assert steps.promote() == PromotionStep()
    assert (steps.tier(), steps.changes()) == ("bronze", [])


def test_who_waits_for_staff_is_not_promoted(steps: Ladder) -> None:
    with steps.desk.database.write() as session:
        session.add(
            ReviewRow(
                review_id="monthly/2035-02", kind="monthly", period="2035-02", month=203502,
                as_of=NOW.date(), policy_version=1, status="running", claimed_by="tests",
                started_at=NOW, counts={},
            )
        )  # fmt: skip
        session.flush()
        earned = {"acme": Promotion("acme", "bronze", "silver", ())}
        ladder.propose(
            session, earned, policy_version=1, approval=Approval.STAFF,
            review_id="monthly/2035-02", now=NOW,
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
