"""What an entry of the audit says that must still stand in its table, until the next entry.

A record's own digest (`sha256`) never changes; this is the rest of it: states, days, numbers. Each
function is given a row, or its plain columns, and returns what the entry's details would say of it
now; names that an older entry lacks are not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from partners.domain.audit import canonical, sha256
from partners.store.base import Base
from partners.store.case_tables import AppealRow, CaseRow, InterventionRow, OverrideRow
from partners.store.feed_tables import ImportRow
from partners.store.mail_tables import MailApprovalRow, OutboxRow, PreferenceRow
from partners.store.program_tables import SwitchRow
from partners.store.referral_tables import ChecklistRow, LedgerRow, PayoutRow, QualificationRow
from partners.store.response_tables import ComplaintRow, ResponseRow
from partners.store.review_tables import (
    AppraisalRow,
    CandidateRow,
    GuardRequestRow,
    PolicyEffectRow,
    ReviewRow,
)

Facts = dict[str, Any]

CASE_FACTS = (
    *("tier", "month", "policy_version", "status", "warned_at", "stated_deadline", "deadline"),
    *("period_days", "hold_reason", "hold_until", "outcome", "decided_at", "closed_at"),
)
"""What decides about a partner, and what the partner was told; each change is an entry."""


def case_facts(row: Any) -> Facts:
    return {name: getattr(row, name) for name in CASE_FACTS}


def override_facts(row: Any) -> Facts:
    about = (row.partner_id, row.kind, row.from_day, row.until_day, row.who, row.reason, row.offers)
    facts = {"kind": row.kind, "from": row.from_day, "until": row.until_day}
    if row.offers:
        facts["offers"] = len(row.offers)
    return facts | {"stands_sha256": sha256(canonical(about))}


def _guard(row: Any) -> Facts:
    partners = canonical(row.partner_ids)
    return {
        "state": row.state,
        "partners": len(row.partner_ids),
        "partners_sha256": sha256(partners),
    }


def _candidate(row: Any) -> Facts:
    return {
        "state": row.state,
        "from": row.from_tier,
        "to": row.to_tier,
        "review_id": row.review_id,
        "findings_sha256": sha256(canonical(row.findings)),
    }


def _complaint(row: Any) -> Facts:
    what = "recorded" if row.settled_at is None else "settled"
    what = what if row.withdrawn_at is None else "withdrawn"
    return {"what": what, **_columns("severity", "received_on")(row)}


def _response(row: Any) -> Facts:
    what = "taken" if row.withdrawn is None else "withdrawn"
    return {"what": what, **_columns("step", "subject", "month")(row)}


def _ledger(row: Any) -> Facts:
    amounts = {name: str(getattr(row, name)) for name in ("held", "payable", "paid")}
    return amounts | _columns("kind", "currency", "day", "key")(row)


def _payout(row: Any) -> Facts:
    return {"amount": str(row.amount), **_columns("currency", "paid_on")(row)}


def _columns(*names: str) -> Callable[[Any], Facts]:
    """Columns that the entry names as the table does."""
    return lambda row: {name: getattr(row, name) for name in names}


STANDS: Mapping[type[Base], Callable[[Any], Facts]] = {
    AppealRow: _columns("state", "against"),
    AppraisalRow: _columns("criterion", "met", "expires_on"),
    CandidateRow: _candidate,
    CaseRow: case_facts,
    ChecklistRow: _columns("step", "done_on"),
    ComplaintRow: _complaint,
    GuardRequestRow: _guard,
    ImportRow: _columns("kind", "rows", "new", "corrected", "rejected"),
    InterventionRow: _columns("kind", "beyond_policy", "quiet", "deadline", "until"),
    LedgerRow: _ledger,
    MailApprovalRow: _columns("reason"),
    OutboxRow: _columns("kind", "state", "stated_deadline"),
    OverrideRow: override_facts,
    PayoutRow: _payout,
    PolicyEffectRow: _columns("effective_from", "reason"),
    PreferenceRow: _columns("topic", "wanted", "via"),
    QualificationRow: _columns("qualified_on"),
    ResponseRow: _response,
    ReviewRow: _columns("status", "month", "as_of", "counts"),
    SwitchRow: _columns("name", "reason"),
}
"""Not here: decisions, policies, changes of tier and notes, of which the digest says all; and
events for the outside, whose every attempt is no entry."""
