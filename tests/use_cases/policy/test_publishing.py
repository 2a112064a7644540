"""Publishing a policy, without a face."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from partners.use_cases.acting import Admin, Manager
from partners.use_cases.policy import publishing, versions
from partners.use_cases.policy.policy_refusals import (
    DiscountNoticeTooShort,
    EffectInThePast,
    NoticeTooShort,
    PublishedMeanwhile,
    TiersLost,
)
from partners.use_cases.policy.publishing import Plan, PublishedAlready
from tests import builders
from tests.use_cases.conftest import NOW

TODAY = NOW.date()


def stricter() -> builders.Policy:
    tier = {**builders.POLICY["tiers"][0], "enter": {"orders_per_month": {"at_least": 20}}}
    return builders.a_policy(tiers=[tier])


@pytest.fixture
def admin(ann: Manager) -> Admin:
    """The test policy is in force, and acme in its tier."""
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
    return Admin(ann.program, ann.name, ann.face)


def test_looking_at_what_publishing_would_do_publishes_nothing(admin: Admin) -> None:
    plan = publishing.preview_publication(admin, stricter(), None)
    assert isinstance(plan, Plan)
    assert (plan.stricter, plan.newest) == (("preferred",), 1)
    assert [version.version for version in versions.every(admin)] == [1]
    same = publishing.preview_publication(admin, builders.a_policy(), None)
    assert same == PublishedAlready(1)


def test_why_a_policy_cannot_be_published_comes_as_facts(admin: Admin) -> None:
    with pytest.raises(NoticeTooShort) as short:
        publishing.preview_publication(admin, stricter(), TODAY)
    days = short.value.notice_days
    assert (short.value.tiers, short.value.earliest) == (
        ("preferred",),
        TODAY + timedelta(days=days),
    )
    with pytest.raises(EffectInThePast) as past:
        publishing.preview_publication(admin, stricter(), TODAY - timedelta(days=1))
    assert past.value.today == TODAY
    tier = {**builders.POLICY["tiers"][0], "key": "premium"}
    with pytest.raises(TiersLost) as lost:
        publishing.preview_publication(admin, builders.a_policy(tiers=[tier]), None)
    assert [(one.key, one.partners) for one in lost.value.lost] == [("preferred", 1)]


def test_what_was_shown_is_what_is_published_or_nothing(admin: Admin) -> None:
    plan = publishing.preview_publication(admin, stricter(), None)
    assert isinstance(plan, Plan)
    published = publishing.publish(admin, plan, "", "growth")
    assert (published.version, published.telling) == (2, 1)
    with pytest.raises(PublishedMeanwhile):
        publishing.publish(admin, plan, "", "growth")
    told = asyncio.run(publishing.tell(admin, 2))
    assert (told.number, told.unreachable) == (1, "no server answers")


def test_rule_21_a_smaller_discount_needs_notice_as_stricter_standards_do(ann: Manager) -> None:
    tiers = {share: _with_discount(share) for share in ("0.10", "0.05", None)}
    builders.accept(ann.database, tiers["0.10"])
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
    admin = Admin(ann.program, ann.name, ann.face)
    for share in ("0.05", None):
        with pytest.raises(DiscountNoticeTooShort) as short:
            publishing.preview_publication(admin, tiers[share], TODAY)
        earliest = TODAY + timedelta(days=30)
        assert (short.value.tiers, short.value.earliest) == (("preferred",), earliest)
        plan = publishing.preview_publication(admin, tiers[share], None)
        assert isinstance(plan, Plan)
        assert (plan.dearer, plan.stricter, plan.effective_from) == (("preferred",), (), earliest)
    assert publishing.publish(admin, plan, "", "why").telling == 1


def _with_discount(share: str | None) -> builders.Policy:
    offers = {"discount": share} if share else {}
    return builders.a_policy(tiers=[{**builders.POLICY["tiers"][0], "offers": offers}])
