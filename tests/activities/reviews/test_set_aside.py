"""A partner whose data cannot be judged stops nobody else's review, and a person is told."""

from __future__ import annotations

from datetime import date

import pytest

from activities.cases import case_news
from activities.inbox.inbox import inbox
from activities.referrals import activities as referrals
from activities.referrals.activities import ReferralActivities
from activities.reviews.promotion_activities import ReviewPromotionActivities
from partners.domain.cases.case import NotOpened
from partners.domain.cases.view import PartnerRef
from partners.domain.inbox.inbox import InboxKind
from partners.domain.ladder.view import PromotionRange
from partners.domain.reviews.review import ReviewKind
from partners.domain.reviews.view import FinishReview, ReviewRef
from partners.store.judging.totals import recount_all
from partners.store.ladder.ladder_judging import LadderJudge
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.activities.conftest import Desk
from tests.activities.reviews.test_review_activities import Bench

NEVER = date(9999, 12, 31)


@pytest.fixture
def bench(desk: Desk) -> Bench:
    """Three partners below standards, and one in their midst who joins in the year 9999."""
    with desk.database.write() as session:
        for partner_id in ("beta", "zeta"):
            builders.a_partner(session, partner_id)
            builders.orders(session, partner_id, date(2035, 2, 1), date(2035, 2, 28), 6)
        builders.a_partner(session, "never", joined_on=NEVER)
        recount_all(session.connection())
    return Bench(desk)


def listed(bench: Bench) -> list[str]:
    found = inbox(bench.desk.database, bench.desk.now)
    return [f"{i.partner_id}: {i.why}" for i in found if i.kind is InboxKind.ASIDE]


def joins(bench: Bench, day: date) -> None:
    with bench.desk.database.write() as session:
        session.get_one(PartnerRow, "never").joined_on = day
        session.get_one(PartnerRow, "never").tier_since = day


@pytest.mark.parametrize("kind", [ReviewKind.MONTHLY, ReviewKind.DAILY])
def test_everybody_else_is_judged_and_who_cannot_be_is_listed(
    bench: Bench, kind: ReviewKind
) -> None:
    view = bench.claim(kind)
    counts = bench.judge(view)

    assert bench.judged(view.review_id) == ["acme", "beta", "zeta"]
    assert listed(bench) == [
        "never: not held against the standards: ValueError: year 10000 is out of range"
    ]
    done = bench.call(bench.reviews.finish_review, FinishReview(view.review_id, counts))
    assert (done.counts["judged"], done.counts["set_aside"], done.counts["exempt"]) == (3, 1, 0)


def test_who_cannot_be_judged_gets_no_case(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OverflowError("date value out of range")

    monkeypatch.setattr("activities.cases.activities.open_or_continue", fail)

    opening = bench.desk.open("never")

    assert (opening.case, opening.reason) == (None, NotOpened.SET_ASIDE)


def test_once_the_data_are_mended_nothing_is_listed_any_more(bench: Bench) -> None:
    view = bench.claim()
    bench.judge(view)
    assert listed(bench)

    joins(bench, date(2020, 1, 1))
    bench.judge(bench.claim(ReviewKind.DAILY))

    assert listed(bench) == []


async def _nobody(partner_id: str) -> None:
    raise AssertionError(f"{partner_id} has earned nothing")


class NoPromotions:
    start = staticmethod(_nobody)


def test_nobody_elses_promotion_waits_for_who_cannot_be_looked_at(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = bench.claim()
    seen: list[str] = []
    real = LadderJudge.judge

    def judge(self, session, page, below=()):  # type: ignore[no-untyped-def]
        if any(partner.partner_id == "never" for partner in page):
            raise OverflowError("date value out of range")
        seen.extend(partner.partner_id for partner in page)
        return real(self, session, page, below)

    monkeypatch.setattr(LadderJudge, "judge", judge)
    services = bench.desk.cases._services
    promotions = ReviewPromotionActivities(services, NoPromotions())
    bench.call(promotions.propose_promotions, PromotionRange(view.review_id, "", None))

    assert sorted(seen) == ["acme", "beta", "zeta"]
    assert listed(bench) == [
        "never: not looked at for a promotion: OverflowError: date value out of range"
    ]


def test_referrals_that_cannot_be_looked_at_wait_a_day_and_are_listed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OverflowError("date value out of range")

    monkeypatch.setattr(referrals.ReferralFile, "of", broken)
    activities = ReferralActivities(bench.desk.cases._services)

    view = bench.call(activities.assess_referrals, PartnerRef("never"))

    assert (view.ended, view.wake_at is None) == (False, False)
    assert listed(bench) == [
        "never: no look at their referrals: OverflowError: date value out of range"
    ]
    monkeypatch.undo()
    bench.call(activities.assess_referrals, PartnerRef("never"))
    assert listed(bench) == []


def test_a_case_that_cannot_be_looked_at_stops_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for partner_id in ("acme", "beta"):
        bench.desk.warned(partner_id)

    def has_changed(file, page, as_of):  # type: ignore[no-untyped-def]
        if file.case.partner_id == "acme":
            raise OverflowError("date value out of range")
        return True

    monkeypatch.setattr(case_news, "_has_changed", has_changed)
    ref = bench.claim(ReviewKind.DAILY)
    bench.call(bench.cases.tell_cases, ReviewRef(ref.review_id))

    assert bench.running.told == ["beta"]
    assert listed(bench) == ["acme: no look at their case: OverflowError: date value out of range"]
