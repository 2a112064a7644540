"""What of each table goes into the audit, and when: one rule a table.

A rule is given a row that was written and says what happened, or None if that is nothing to keep.
It names the record and its digest; words that people wrote about a partner are only in the digest.
Reasons that are about the program (a switch, a policy) are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from partners.domain.record.audit import AuditKind, Entry
from partners.domain.reviews.review import ReviewStatus
from partners.domain.webhooks.view import EventState
from partners.store.record.audit_by_people import BY_PEOPLE
from partners.store.record.audit_fields import digest, ref_of, review_digest
from partners.store.record.audit_mail_and_money import MAIL_AND_MONEY
from partners.store.record.audit_offers import OFFERS
from partners.store.record.audit_responses import RESPONSES
from partners.store.record.audit_rule import Rule, Written
from partners.store.record.audit_stands import (
    CASE_FACTS,
    candidate_facts,
    case_facts,
    guard_facts,
    override_facts,
)
from partners.store.tables.audit_tables import WebhookEventRow
from partners.store.tables.base import Base
from partners.store.tables.case_tables import CaseRow, DecisionRow, OverrideRow, TierChangeRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PolicyRow, SwitchRow
from partners.store.tables.review_tables import (
    AppraisalRow,
    CandidateRow,
    GuardRequestRow,
    PartnerNoteRow,
    PolicyEffectRow,
    ReviewRow,
)


def _decision(w: Written) -> Entry:
    row: DecisionRow = w.row
    return Entry(
        AuditKind.DECISION,
        row.at,
        row.actor,
        row.partner_id,
        row.case_id,
        row.policy_version,
        ref_of(row),
        {
            "step": row.step,
            "as_of": row.as_of,
            "sha256": digest(row),
            **({"result": row.came_to} if row.came_to else {}),
            **({"because": row.because} if row.because else {}),
        },
    )


def _case(w: Written) -> Entry:
    """What stands in a case; why, the decision of the same transaction says."""
    row: CaseRow = w.row
    return Entry(
        AuditKind.CASE,
        w.at,
        w.actor,
        row.partner_id,
        row.case_id,
        row.policy_version,
        ref_of(row),
        case_facts(row),
    )


def _tier_change(w: Written) -> Entry:
    row: TierChangeRow = w.row
    details = {"from": row.from_tier, "to": row.to_tier, "sha256": digest(row)}
    case = w.session.get(CaseRow, row.case_id) if row.case_id else None
    return Entry(
        AuditKind.TIER_CHANGE,
        row.changed_at,
        row.actor,
        row.partner_id,
        row.case_id,
        case.policy_version if case else None,
        ref_of(row),
        details,
    )


def _override(w: Written) -> Entry:
    row: OverrideRow = w.row
    what = "ended" if w.deleted else "began" if w.new else "changed"
    details = {"what": what, **override_facts(row)}
    who = row.who if w.new else w.actor
    return Entry(AuditKind.OVERRIDE, w.at, who, row.partner_id, ref=ref_of(row), details=details)


def _notice(w: Written) -> Entry:
    row: OutboxRow = w.row
    case = w.session.get(CaseRow, row.case_id) if row.case_id else None
    return Entry(
        AuditKind.NOTICE,
        row.rendered_at if w.new else row.settled_at or w.at,
        w.actor,
        row.partner_id,
        row.case_id,
        case.policy_version if case else None,
        ref_of(row),
        {
            "key": row.message_key,
            "kind": row.kind,
            "state": row.state,
            "stated_deadline": row.stated_deadline,
            **({"sha256": digest(row)} if w.new else {}),
        },
    )


def _guard(w: Written) -> Entry:
    row: GuardRequestRow = w.row
    at, who = row.decided_at or row.asked_at, row.who or w.actor
    return Entry(AuditKind.GUARD, at, who, ref=ref_of(row), details=guard_facts(row))


def _candidate(w: Written) -> Entry:
    row: CandidateRow = w.row
    return Entry(
        AuditKind.CANDIDATE,
        row.decided_at or row.proposed_at,
        row.who or w.actor,
        row.partner_id,
        policy_version=row.policy_version,
        ref=ref_of(row),
        details=candidate_facts(row),
    )


def _appraisal(w: Written) -> Entry:
    row: AppraisalRow = w.row
    details = {
        "criterion": row.criterion,
        "met": row.met,
        "expires_on": row.expires_on,
        "sha256": digest(row),
    }
    return Entry(
        AuditKind.APPRAISAL, w.at, row.reviewer, row.partner_id, ref=ref_of(row), details=details
    )


def _note(w: Written) -> Entry:
    row: PartnerNoteRow = w.row
    what = "deleted" if w.deleted else "written" if w.new else "changed"
    details = {"what": what, "type": row.type, "sha256": digest(row)}
    at, who = (row.written_at, row.who) if w.new else (w.at, w.actor)
    return Entry(
        AuditKind.NOTE, at, who, row.partner_id, row.case_id, ref=ref_of(row), details=details
    )


def _review(w: Written) -> Entry:
    """A finished review is one entry, with a digest of all its assessments."""
    row: ReviewRow = w.row
    done = row.status == ReviewStatus.DONE
    return Entry(
        AuditKind.REVIEW,
        row.finished_at or row.started_at,
        w.actor,
        policy_version=row.policy_version,
        ref=ref_of(row),
        details={
            "status": row.status,
            "month": row.month,
            "as_of": row.as_of,
            "counts": row.counts,
            **({"sha256": review_digest(w.session, row.review_id)} if done else {}),
        },
    )


def _policy(w: Written) -> Entry:
    row: PolicyRow = w.row
    details = {"sha256": digest(row), "policy_sha256": row.sha256}
    return Entry(
        AuditKind.POLICY,
        row.accepted_at,
        row.accepted_by,
        policy_version=row.version,
        ref=ref_of(row),
        details=details,
    )


def _policy_effect(w: Written) -> Entry:
    row: PolicyEffectRow = w.row
    details = {"effective_from": row.effective_from, "reason": row.reason}
    return Entry(
        AuditKind.POLICY,
        w.at,
        w.actor,
        policy_version=row.version,
        ref=ref_of(row),
        details=details,
    )


def _switch(w: Written) -> Entry:
    row: SwitchRow = w.row
    details = {"name": row.name, "stopped": not w.deleted}
    if w.deleted:
        return Entry(AuditKind.SWITCH, w.at, w.actor, ref=ref_of(row), details=details)
    details["reason"] = row.reason
    return Entry(AuditKind.SWITCH, row.stopped_at, row.who, ref=ref_of(row), details=details)


def _webhook(w: Written) -> Entry | None:
    """Given up, tried again or passed over; not every attempt."""
    row: WebhookEventRow = w.row
    if not {row.state, w.before} & {EventState.DEAD, EventState.SKIPPED}:
        return None
    details = {"state": row.state, "type": row.type, "attempts": row.attempts}
    return Entry(AuditKind.WEBHOOK, w.at, w.actor, row.partner_id, ref=ref_of(row), details=details)


RULES: Mapping[type[Base], Rule] = {
    AppraisalRow: Rule(_appraisal),
    CaseRow: Rule(_case, "status", CASE_FACTS),
    CandidateRow: Rule(_candidate, "state"),
    DecisionRow: Rule(_decision),
    GuardRequestRow: Rule(_guard, "state"),
    OutboxRow: Rule(_notice, "state"),
    OverrideRow: Rule(_override),
    PartnerNoteRow: Rule(_note),
    PolicyEffectRow: Rule(_policy_effect),
    PolicyRow: Rule(_policy),
    ReviewRow: Rule(_review, "status"),
    SwitchRow: Rule(_switch),
    TierChangeRow: Rule(_tier_change),
    WebhookEventRow: Rule(_webhook, "state"),
    **BY_PEOPLE,
    **MAIL_AND_MONEY,
    **OFFERS,
    **RESPONSES,
}

NOT_AUDITED: Mapping[str, str] = {
    "area_places": "in the area's entry, as their number and a digest",
    "audit": "it is the audit",
    "doubtful_orders": "computed; what a person says of one has its entry",
    "coverage": "part of an import, whose entry has the days",
    "exclusive_codes": "in the entry of their exclusive, as their number and a digest",
    "exclusive_places": "made from exclusives, their days and codes; gone when they hold no place",
    "failing_steps": "what workers note about their own work",
    "fed_metrics": "imports have their entries",
    "guard_actions": "counted from notices and tier changes",
    "guard_request_partners": "the partners of a request, whose entries name them",
    "incentive_accruals": "what periods rest on; the ledger has what they owe, and on what figures",
    "imports": "written with its entry by `imports.records`",
    "locks": "for taking turns",
    "mail_deliveries": "what the events come to",
    "mail_events": "the provider's word, kept as it came; what follows from it is a decision",
    "monthly_totals": "computed",
    "numbered_words": "numbers for words, for whatever compares them",
    "order_versions": "imports have their entries",
    "orders": "imports have their entries",
    "referral_news": "what is to be told; each notice has its entry",
    "referral_versions": "each version is kept; what follows is in the ledger",
    "referrals": "the newest of their versions",
    "partners": "names and addresses; a tier or standing that changes has its entry",
    "review_assessments": "in the digest of the finished review",
    "service_totals": "computed",
    "set_aside": "shows who could not be judged, while that is so",
    "settings": "facts about the database",
    "suppressions": "addresses; the provider's word. What a person takes back has its entry",
    "unknown_days": "part of an import, whose entry has the rejected rows",
    "standings": "written with their entries",
}
"""Tables without a rule, and why: a test asks this of every table."""
