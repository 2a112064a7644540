"""Rules of the audit for what people did about partners, and for appeals."""

from __future__ import annotations

from collections.abc import Mapping

from partners.domain.cases.commands import AppealState
from partners.domain.record.audit import AuditKind, Entry
from partners.store.record.audit_fields import digest, ref_of
from partners.store.record.audit_rule import Rule, Written
from partners.store.tables.base import Base
from partners.store.tables.case_tables import AppealRow, InterventionRow


def _intervention(w: Written) -> Entry | None:
    """What was done; what became of its notice has the notice's entries."""
    row: InterventionRow = w.row
    if not w.new:
        return None
    return Entry(
        AuditKind.INTERVENTION,
        row.at,
        row.who,
        row.partner_id,
        row.case_id,
        row.policy_version,
        ref_of(row),
        {
            "kind": row.kind,
            "beyond_policy": row.beyond_policy,
            "quiet": row.quiet,
            "deadline": row.deadline,
            "until": row.until,
            "sha256": digest(row),
        },
    )


def _appeal(w: Written) -> Entry:
    row: AppealRow = w.row
    opened = row.state == AppealState.OPEN
    return Entry(
        AuditKind.APPEAL,
        row.opened_at if opened else row.decided_at or w.at,
        row.opened_by if opened else row.decided_by or w.actor,
        row.partner_id,
        row.case_id,
        ref=ref_of(row),
        details={"state": row.state, "against": row.against, "sha256": digest(row)},
    )


BY_PEOPLE: Mapping[type[Base], Rule] = {
    AppealRow: Rule(_appeal, "state"),
    InterventionRow: Rule(_intervention, "told"),
}
