"""A person's word on what the guard holds, and looking at what a review would do."""

from __future__ import annotations

import asyncio

import pytest

from partners.domain.reviews.review import ReviewKind
from partners.store.cases import guard
from partners.store.cases.guard import AlreadyAnswered, NothingHeld
from partners.store.record import audit
from partners.use_cases.acting import Manager
from partners.use_cases.reviews import guarded, review_preview, review_results
from partners.use_cases.reviews.review_refusals import (
    UnfitPeriod,
    UnknownReview,
)
from tests import builders
from tests.use_cases.conftest import NOW


@pytest.fixture(autouse=True)
def _program(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")


def test_rule_13_what_does_not_wait_says_who_has_answered(ann: Manager) -> None:
    with ann.database.write() as session:
        guard.request(session, "monthly/2026-10", ["acme"], "1 of 1", NOW)
        guard.decide(session, "monthly/2026-10", True, "Bob", "checked", NOW)
    with pytest.raises(AlreadyAnswered) as refused:
        asyncio.run(guarded.answer(ann, "monthly/2026-10", False, "no"))
    assert vars(refused.value) == {
        "request_id": "monthly/2026-10",
        "state": "approved",
        "who": "Bob",
        "reason": "checked",
    }
    with pytest.raises(NothingHeld) as nothing:
        asyncio.run(guarded.answer(ann, "beta", True, "yes"))
    assert nothing.value.request == "beta"


def test_looking_at_what_a_review_would_do_writes_nothing(ann: Manager) -> None:
    period = review_preview.period_of(ann, ReviewKind.MONTHLY, None)
    with ann.database.read() as session:
        before = audit.newest(session)
    with review_preview.preview_review(ann, period, None) as preview:
        planned = list(preview.plan)
    assert (planned, preview.stale_since) == ([], "none")
    with ann.database.read() as session:
        assert audit.newest(session) == before
    assert review_results.known(ann, period.review_id) is None


def test_a_review_that_nobody_ran_is_refused_before_anything_is_read(ann: Manager) -> None:
    with pytest.raises(UnknownReview) as unknown:
        review_results.every_result(ann, "monthly/2026-10", None)
    assert unknown.value.review_id == "monthly/2026-10"
    with pytest.raises(UnfitPeriod):
        review_preview.period_of(ann, ReviewKind.MONTHLY, "2999-01")
