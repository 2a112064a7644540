"""what stands in cases is audited, and what is older than its table's audit is counted"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from partners.domain.record.audit import AuditKind, Entry, Link, chain

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEYS = {
    "appeals": "appeal_id",
    "appraisals": "appraisal_id",
    "candidates": "candidate_id",
    "checklists": "partner_id || '/' || step",
    "complaints": "complaint_id",
    "guard_requests": "request_id",
    "imports": "import_id",
    "interventions": "intervention_id",
    "mail_approvals": "run",
    "mail_preferences": "choice_id",
    "mail_unblocks": "unblock_id",
    "outbox": "outbox_id",
    "overrides": "override_id",
    "partner_notes": "note_id",
    "payouts": "payout_id",
    "policy_effects": "version",
    "qualifications": "partner_id",
    "referral_ledger": "entry_id",
    "responses": "response_id",
    "reviews": "review_id",
    "switches": "name",
}
"""Audited tables and their keys, but for those that the first entry counted."""
FACTS: dict[str, Any] = {
    "tier": sa.String, "month": sa.Integer, "policy_version": sa.Integer, "status": sa.String,
    "warned_at": sa.DateTime(timezone=True), "stated_deadline": sa.Date, "deadline": sa.Date,
    "period_days": sa.Integer, "hold_reason": sa.String, "hold_until": sa.Date,
    "outcome": sa.String, "decided_at": sa.DateTime(timezone=True),
    "closed_at": sa.DateTime(timezone=True),
}  # fmt: skip
PAGE = 1000
ACTOR = "partners setup"


def upgrade() -> None:
    """Cases get an entry each as they stand; of other tables it is said how many rows have none."""
    counts = {table: n for table, key in KEYS.items() if (n := _without_entry(table, key))}
    now = datetime.now(UTC)
    if counts:
        _append([Entry(AuditKind.OLDER, now, ACTOR, details=counts)])
    names = ("case_id", "partner_id")
    cases = sa.table("cases", *map(sa.column, names), *(sa.column(n, t) for n, t in FACTS.items()))
    query = sa.select(cases).order_by(cases.c.case_id).limit(PAGE)
    after = ""
    while rows := op.get_bind().execute(query.where(cases.c.case_id > after)).all():
        _append([_entry(row, now) for row in rows])
        after = rows[-1].case_id


def downgrade() -> None:
    """Entries are never taken back."""


def _without_entry(table: str, key: str) -> int:
    ref = f"'{table}/' || {key}"
    query = (
        f"SELECT COUNT(*) FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM audit WHERE ref = {ref})"
    )
    return int(op.get_bind().execute(sa.text(query)).scalar_one())


def _entry(row: sa.Row[Any], now: datetime) -> Entry:
    details = {name: _utc(getattr(row, name)) for name in FACTS}
    ref = f"cases/{row.case_id}"
    return Entry(
        AuditKind.CASE, now, ACTOR, row.partner_id, row.case_id, row.policy_version, ref, details
    )


def _utc(value: object) -> object:
    """SQLite keeps instants without their zone."""
    naive = isinstance(value, datetime) and value.tzinfo is None
    return value.replace(tzinfo=UTC) if naive and isinstance(value, datetime) else value


def _append(entries: list[Entry]) -> None:
    columns: list[Any] = [sa.column(name) for name in Link._fields if name != "at"]
    table = sa.table("audit", sa.column("at", sa.DateTime(timezone=True)), *columns)
    newest = sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    seq, before = op.get_bind().execute(newest).one()
    op.get_bind().execute(
        sa.insert(table), [link._asdict() for link in chain(entries, seq, before)]
    )
