"""what stands in cases is audited, and what is older than its table's audit is counted"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

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
ENTRY = ("at", "kind", "actor", "partner_id", "case_id", "policy_version", "ref", "details")
"""The columns of an entry, in the order in which they are hashed."""


def upgrade() -> None:
    """Cases get an entry each as they stand; of other tables it is said how many rows have none."""
    counts = {table: n for table, key in KEYS.items() if (n := _without_entry(table, key))}
    if counts:
        _append([{"kind": "older", "details": _json(counts)}])
    names = ("case_id", "partner_id")
    cases = sa.table("cases", *map(sa.column, names), *(sa.column(n, t) for n, t in FACTS.items()))
    query = sa.select(cases).order_by(cases.c.case_id).limit(PAGE)
    after = ""
    while rows := op.get_bind().execute(query.where(cases.c.case_id > after)).all():
        _append(map(_as_it_stands, rows))
        after = rows[-1].case_id


def downgrade() -> None:
    """Entries are never taken back."""


def _without_entry(table: str, key: str) -> int:
    ref = f"'{table}/' || {key}"
    query = (
        f"SELECT COUNT(*) FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM audit WHERE ref = {ref})"
    )
    return int(op.get_bind().execute(sa.text(query)).scalar_one())


def _as_it_stands(row: sa.Row[Any]) -> dict[str, Any]:
    about = {name: getattr(row, name) for name in ("partner_id", "case_id", "policy_version")}
    facts = {name: _plain(getattr(row, name)) for name in FACTS}
    return {"kind": "case", **about, "ref": f"cases/{row.case_id}", "details": _json(facts)}


def _plain(value: Any) -> Any:
    """Days and instants as text, instants in UTC; SQLite keeps them without their zone."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _append(entries: Iterable[dict[str, Any]]) -> None:
    """Each entry's hash is over the hash before it and the entry, as a line of JSON."""
    table = sa.table("audit", *map(sa.column, ("seq", *ENTRY, "hash")))
    table.c.at.type = sa.DateTime(timezone=True)
    newest = sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    seq, before = op.get_bind().execute(newest).one()
    links = []
    for seq, entry in enumerate(entries, seq + 1):  # noqa: B020
        found = {**dict.fromkeys(ENTRY), "at": datetime.now(UTC), "actor": ACTOR, **entry}
        line = f"{before}\n{_json([seq, *map(_plain, found.values())])}"
        before = sha256(line.encode()).hexdigest()
        links.append({"seq": seq, **found, "hash": before})
    op.get_bind().execute(sa.insert(table), links)
