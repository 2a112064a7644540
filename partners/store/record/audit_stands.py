"""What an entry of the audit says that must still stand in its table, until the next entry.

A record's own digest (`sha256`) never changes; this is the rest of it: states, days, numbers. Each
function is given a row, or its plain columns, and returns what the entry's details would say of it
now; names that an older entry lacks are not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, NamedTuple

from partners.domain.record.audit import canonical, sha256
from partners.store.tables.base import Base
from partners.store.tables.case_tables import (
    AppealRow,
    CaseRow,
    DecisionRow,
    InterventionRow,
    OverrideRow,
)
from partners.store.tables.exclusive_tables import ExclusiveReviewRow, ExclusiveRow
from partners.store.tables.feed_tables import ImportRow
from partners.store.tables.incentive_tables import IncentiveRunRow
from partners.store.tables.mail_tables import MailApprovalRow, OutboxRow, PreferenceRow
from partners.store.tables.offer_tables import AreaRow, GrantRow, OfferRow, PriceRow, WindowRow
from partners.store.tables.program_tables import SwitchRow
from partners.store.tables.referral_tables import (
    ChecklistRow,
    LedgerRow,
    PayoutRow,
    QualificationRow,
)
from partners.store.tables.response_tables import ComplaintRow, ResponseRow
from partners.store.tables.review_tables import (
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


_CASE = attrgetter(*CASE_FACTS)


def case_facts(row: Any) -> Facts:
    return dict(zip(CASE_FACTS, _CASE(row), strict=True))


def override_facts(row: Any) -> Facts:
    about = (row.partner_id, row.kind, row.from_day, row.until_day, row.who, row.reason, row.offers)
    facts = {"kind": row.kind, "from": row.from_day, "until": row.until_day}
    if row.offers:
        facts["offers"] = len(row.offers)
    return facts | {"stands_sha256": sha256(canonical(about))}


class Held(NamedTuple):
    """What is compared: the columns that are read for it, and what is said of them."""

    columns: tuple[str, ...]
    facts: Callable[[Any], Facts]


def _columns(*names: str) -> Held:
    """Columns that the entry names as the table does."""
    return Held(names, lambda row: {name: getattr(row, name) for name in names})


def guard_facts(row: Any) -> Facts:
    partners = canonical(row.partner_ids)
    return {
        "state": row.state,
        "partners": len(row.partner_ids),
        "partners_sha256": sha256(partners),
    }


def candidate_facts(row: Any) -> Facts:
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
    return {"what": what, "severity": row.severity, "received_on": row.received_on}


def _response(row: Any) -> Facts:
    what = "taken" if row.withdrawn is None else "withdrawn"
    return {"what": what, "step": row.step, "subject": row.subject, "month": row.month}


_OVERRIDE = ("partner_id", "kind", "from_day", "until_day", "who", "reason", "offers")

_EXCLUSIVE = (
    *("status", "warned_at", "cure_until", "at_risk_until", "first_day", "last_day"),
    *("places", "places_sha256"),
)

STANDS: Mapping[type[Base], Held] = {
    AppealRow: _columns("state", "against"),
    AppraisalRow: _columns("criterion", "met", "expires_on"),
    AreaRow: _columns("name", "places", "places_sha256"),
    CandidateRow: Held(("state", "from_tier", "to_tier", "review_id", "findings"), candidate_facts),
    CaseRow: Held(CASE_FACTS, case_facts),
    ChecklistRow: _columns("step", "done_on"),
    ComplaintRow: Held(("severity", "received_on", "settled_at", "withdrawn_at"), _complaint),
    DecisionRow: _columns("because"),
    ExclusiveReviewRow: _columns("first_month", "placed", "completed", "concluded", "verdict"),
    ExclusiveRow: _columns(*_EXCLUSIVE),
    GrantRow: _columns("offer_id", "from_day", "until_day", "revoked_at"),
    GuardRequestRow: Held(("state", "partner_ids"), guard_facts),
    ImportRow: _columns("kind", "rows", "new", "corrected", "rejected"),
    IncentiveRunRow: _columns("status", "month", "as_of", "counts"),
    InterventionRow: _columns("kind", "beyond_policy", "quiet", "deadline", "until"),
    LedgerRow: _columns("kind", "currency", "day", "key", "held", "payable", "paid"),
    MailApprovalRow: _columns("reason"),
    OfferRow: _columns("service", "status", "visibility", "area_code", "opens_on", "closes_on"),
    OutboxRow: _columns("kind", "state", "stated_deadline"),
    OverrideRow: Held(_OVERRIDE, override_facts),
    PayoutRow: _columns("amount", "currency", "paid_on"),
    PolicyEffectRow: _columns("effective_from", "reason"),
    PreferenceRow: _columns("topic", "wanted", "via"),
    PriceRow: _columns("offer_id", "level", "amount", "discount", "from_day", "until_day"),
    QualificationRow: _columns("qualified_on"),
    ResponseRow: Held(("step", "subject", "month", "withdrawn"), _response),
    ReviewRow: _columns("status", "month", "as_of", "counts"),
    SwitchRow: _columns("name", "reason"),
    WindowRow: _columns("offer_id", "tier", "visible_from", "orderable_from"),
}
"""Not here: policies, changes of tier and notes, of which the digest says all; and
events for the outside, whose every attempt is no entry."""
