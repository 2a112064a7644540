"""every partner's tier and standing has an entry in the audit"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PAGE = 1000
ACTOR = "partners setup"
UNRECORDED = """
SELECT partner_id, tier, standing FROM standings s
WHERE partner_id > :after AND NOT EXISTS
  (SELECT 1 FROM audit a WHERE a.partner_id = s.partner_id AND a.kind = 'standing')
ORDER BY partner_id LIMIT :page
"""


ENTRY = ("at", "kind", "actor", "partner_id", "case_id", "policy_version", "ref", "details")
"""The columns of an entry, in the order in which they are hashed."""


def upgrade() -> None:
    """Whose tier and standing never changed since there is an audit: as they are found now."""
    table = sa.table("audit", *map(sa.column, ("seq", *ENTRY, "hash")))
    table.c.at.type = sa.DateTime(timezone=True)
    newest = sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    seq, before = op.get_bind().execute(newest).one()
    now = datetime.now(UTC)
    for page in _pages():
        links = []
        for row in page:
            seq, entry = seq + 1, _entry(row, now)
            hashed = [seq, now.isoformat(timespec="microseconds"), *list(entry.values())[1:]]
            before = sha256(f"{before}\n{_json(hashed)}".encode()).hexdigest()
            links.append({"seq": seq, **entry, "hash": before})
        op.get_bind().execute(sa.insert(table), links)


def downgrade() -> None:
    """Entries are never taken back."""


def _pages() -> Iterator[list[sa.Row[Any]]]:
    after = ""
    query = sa.text(UNRECORDED)
    while page := list(op.get_bind().execute(query, {"after": after, "page": PAGE})):
        yield page
        after = page[-1].partner_id


def _entry(row: sa.Row[Any], now: datetime) -> dict[str, Any]:
    details = {"found": True, "tier": [None, row.tier], "standing": [None, row.standing]}
    about = {"actor": ACTOR, "partner_id": row.partner_id, "details": _json(details)}
    return {**dict.fromkeys(ENTRY), "at": now, "kind": "standing", **about}


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
