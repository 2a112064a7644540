"""What people report of referrals, without a face."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from partners.domain.referrals.referral import ReferralState
from partners.use_cases.acting import Manager
from partners.use_cases.referrals import payouts, referrals, reporting
from partners.use_cases.referrals.referral_refusals import (
    RejectedWithoutReason,
    ReportOutOfOrder,
    ReportRefused,
    UnknownReferral,
)
from partners.use_cases.refusals import DayAhead, Unsigned
from tests import builders

TERMS = {"compensation": {"share": "0.10", "cap": "500"}, "minimum_amount": 50, "holding_days": 0}


@pytest.fixture(autouse=True)
def _program(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy(referral=TERMS))
    with ann.database.write() as session:
        builders.a_partner(session, "acme", kind="referral", tier=None, tier_since=None)


def test_what_nobody_could_be_told_is_stored_and_says_why(ann: Manager) -> None:
    stands = asyncio.run(reporting.add(ann, "r1", "acme", "lead"))
    assert stands.referral.state == "submitted"
    assert (stands.told.number, stands.told.unreachable) == (1, "no server answers")
    assert referrals.show_referral(ann, "r1").referral == stands.referral


def test_a_refused_report_says_of_which_referral_and_changes_nothing(ann: Manager) -> None:
    asyncio.run(reporting.add(ann, "r1", "acme", "lead"))
    before = referrals.show_referral(ann, "r1")
    with pytest.raises(ReportOutOfOrder) as out_of_order:
        asyncio.run(reporting.report(ann, "r1", ReferralState.REFUNDED))
    assert (out_of_order.value.stands, out_of_order.value.reported) == ("submitted", "refunded")
    with pytest.raises(ReportRefused) as refused:
        asyncio.run(reporting.report(ann, "r1", ReferralState.CONVERTED, amount=Decimal(0)))
    assert refused.value.referral_id == "r1"
    with pytest.raises(RejectedWithoutReason):
        asyncio.run(reporting.report(ann, "r1", ReferralState.REJECTED, reason=" "))
    nobody = replace(ann, name=" ")
    with pytest.raises(Unsigned) as unsigned:
        asyncio.run(reporting.report(nobody, "r1", ReferralState.ACCEPTED))
    assert unsigned.value.needed == ("by",)
    assert referrals.show_referral(ann, "r1") == before
    with pytest.raises(UnknownReferral):
        referrals.show_referral(ann, "r2")


def test_what_was_exported_is_data_and_cannot_be_paid_tomorrow(ann: Manager) -> None:
    asyncio.run(reporting.add(ann, "r1", "acme", "lead"))
    asyncio.run(reporting.report(ann, "r1", ReferralState.CONVERTED, amount=Decimal(900)))
    (payout,) = payouts.export(ann, "nov").payouts
    assert (payout.partner_id, payout.amount, payout.paid_on) == ("acme", Decimal(90), None)
    with pytest.raises(DayAhead) as refused:
        payouts.mark_paid(ann, [payout.payout_id], on=ann.now().date().replace(day=3))
    assert refused.value.today == ann.now().date()
    assert list(payouts.unpaid(ann)) == [payout]
