"""What a quarterly audit found, in words: how each tier did, and who is below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel import Locale

from partners.domain.judging.assessment import Verdict
from partners.mail.notice import AuditedPartner, AuditTier, Notice
from partners.mail.words import locales, wording
from partners.mail.words.plain import one_line

BELOW_MOST = 100
"""Partners below who are named in one mail; `partners reviews` lists them all."""


@dataclass(frozen=True)
class BelowRow:
    """One partner below: `acme`, `Gold`, `6 orders a month, 10 required`."""

    partner_id: str
    tier: str
    why: str
    has_case: bool


def audit_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The words for an audit; none for a notice about none."""
    audit = notice.audit
    if audit is None:
        return {"audit": None}
    counts = {v: sum(t.verdicts.get(v, 0) for t in audit.tiers) for v in Verdict}
    below = counts[Verdict.BELOW]
    named = [_below(notice, partner) for partner in audit.below[:BELOW_MOST]]
    return {
        "audit": audit,
        "audited": [_row(tier, locale) for tier in audit.tiers],
        "audited_count": sum(counts.values()),
        "audit_passing": counts[Verdict.PASSING],
        "audit_insufficient": counts[Verdict.INSUFFICIENT],
        "audit_below": below,
        "audit_named": named,
        "audit_more": below - len(named),
    }


def _row(tier: AuditTier, locale: Locale) -> list[str]:
    """A tier's label, and how many were judged, pass, are below, lack data."""
    verdicts = (Verdict.PASSING, Verdict.BELOW, Verdict.INSUFFICIENT)
    counts = [tier.judged, *(tier.verdicts.get(verdict, 0) for verdict in verdicts)]
    return [one_line(tier.tier.label), *(locales.number(count, locale) for count in counts)]


def _below(notice: Notice, partner: AuditedPartner) -> BelowRow:
    return BelowRow(
        partner_id=one_line(partner.partner_id),
        tier=one_line(partner.tier.label),
        why=one_line(wording.summary(partner.findings, notice.policy)),
        has_case=partner.has_case,
    )
