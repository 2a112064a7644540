"""What a quarterly audit found, in words: how each tier did, and who is below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from partners.domain.assessment import Verdict
from partners.mail import wording
from partners.mail.notice import AuditedPartner, Notice
from partners.mail.plain import one_line

BELOW_MOST = 100
"""Partners below who are named in one mail; `partners reviews` lists them all."""


@dataclass(frozen=True)
class TierRow:
    """One tier: how many were judged, and how they did."""

    label: str
    judged: int
    passing: int
    below: int
    insufficient: int


@dataclass(frozen=True)
class BelowRow:
    """One partner below: `acme`, `Gold`, `6 orders a month, 10 required`."""

    partner_id: str
    tier: str
    why: str
    has_case: bool


def audit_words(notice: Notice) -> dict[str, Any]:
    """The words for an audit; none for a notice about none."""
    audit = notice.audit
    if audit is None:
        return {"audit": None}
    rows = [
        TierRow(
            label=one_line(tier.tier.label),
            judged=tier.judged,
            passing=tier.verdicts.get(Verdict.PASSING, 0),
            below=tier.verdicts.get(Verdict.BELOW, 0),
            insufficient=tier.verdicts.get(Verdict.INSUFFICIENT, 0),
        )
        for tier in audit.tiers
    ]
    below = sum(row.below for row in rows)
    named = [_below(notice, partner) for partner in audit.below[:BELOW_MOST]]
    return {
        "audit": audit,
        "audited": rows,
        "audited_count": sum(row.judged for row in rows),
        "audit_passing": sum(row.passing for row in rows),
        "audit_insufficient": sum(row.insufficient for row in rows),
        "audit_below": below,
        "audit_named": named,
        "audit_more": below - len(named),
    }


def _below(notice: Notice, partner: AuditedPartner) -> BelowRow:
    return BelowRow(
        partner_id=one_line(partner.partner_id),
        tier=one_line(partner.tier.label),
        why=one_line(wording.summary(partner.findings, notice.policy)),
        has_case=partner.has_case,
    )
