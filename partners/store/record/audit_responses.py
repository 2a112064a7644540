"""Rules of the audit for the steps of progressive response, and for complaints."""

from __future__ import annotations

from collections.abc import Mapping

from partners.domain.record.audit import AuditKind, Entry
from partners.store.record.audit_fields import digest, ref_of
from partners.store.record.audit_rule import Rule, Written
from partners.store.tables.base import Base
from partners.store.tables.response_tables import ComplaintRow, ResponseRow


def _response(w: Written) -> Entry:
    row: ResponseRow = w.row
    details = {
        "what": "taken" if row.withdrawn is None else "withdrawn",
        "step": row.step,
        "subject": row.subject,
        "month": row.month,
        "sha256": digest(row),
    }
    return Entry(
        AuditKind.RESPONSE,
        row.recorded_at if w.new else w.at,
        row.actor if w.new else w.actor,
        row.partner_id,
        row.case_id,
        row.policy_version,
        ref_of(row),
        details,
    )


def _complaint(w: Written) -> Entry:
    """What was complained of stays in its table; the digest covers it."""
    row: ComplaintRow = w.row
    what, at, who = "recorded", row.recorded_at, row.who
    if row.settled_at is not None:
        what, at, who = "settled", row.settled_at, row.settled_by or w.actor
    if row.withdrawn_at is not None:
        what, at, who = "withdrawn", row.withdrawn_at, row.withdrawn_by or w.actor
    details = {
        "what": what,
        "severity": row.severity,
        "received_on": row.received_on,
        "sha256": digest(row),
    }
    return Entry(AuditKind.COMPLAINT, at, who, row.partner_id, ref=ref_of(row), details=details)


RESPONSES: Mapping[type[Base], Rule] = {
    ComplaintRow: Rule(_complaint),
    ResponseRow: Rule(_response, "withdrawn"),
}
