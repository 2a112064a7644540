"""Invented facts of the notices about leads, for previews and tests."""

from __future__ import annotations

from datetime import date, timedelta

from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy, Tier
from partners.mail.referral_notice import LeadFacts

TODAY = date(2026, 11, 16)
DAYS = 10
"""To answer, where the policy hands no leads over."""


def lead_assigned(policy: Policy, tier: Tier) -> dict[str, object]:
    """A lead for cleaning, to be taken on a page."""
    days = _days(policy)
    facts = LeadFacts(
        lead_ref="A-481",
        service="cleaning",
        days=days,
        answer_by=TODAY + timedelta(days=days),
        leads_url="https://partners.northwind.example/leads",
        answer_url="https://partners.northwind.example/lead/abc",
    )
    return {"findings": (), "lead": facts}


def lead_sales(policy: Policy, tier: Tier) -> dict[str, object]:
    """The same lead, after two resellers had it."""
    facts = LeadFacts(lead_ref="A-481", service="cleaning", referral_id="r-2031", asked=2)
    return {"partner_id": "", "partner_name": "", "findings": (), "lead": facts}


def _days(policy: Policy) -> int:
    routing = policy.referral.routing if policy.referral else None
    return routing.untouched_days if routing else DAYS


LEADS = {NoticeKind.LEAD_ASSIGNED: lead_assigned, NoticeKind.LEAD_SALES: lead_sales}
