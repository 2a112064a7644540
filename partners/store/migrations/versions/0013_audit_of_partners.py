"""every partner's tier and standing has an entry in the audit"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from partners.domain.record.audit import AuditKind, Entry, Link, chain

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


def upgrade() -> None:
    """Whose tier and standing never changed since there is an audit: as they are found now."""
    columns: list[Any] = [sa.column(name) for name in Link._fields if name != "at"]
    table = sa.table("audit", sa.column("at", sa.DateTime(timezone=True)), *columns)
    newest = sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    seq, before = op.get_bind().execute(newest).one()
    now = datetime.now(UTC)
    for page in _pages():
        links = chain([_entry(row, now) for row in page], seq, before)
        op.get_bind().execute(sa.insert(table), [link._asdict() for link in links])
        seq, before = links[-1].seq, links[-1].hash


def downgrade() -> None:
    """Entries are never taken back."""


def _pages() -> Iterator[list[sa.Row[Any]]]:
    after = ""
    query = sa.text(UNRECORDED)
    while page := list(op.get_bind().execute(query, {"after": after, "page": PAGE})):
        yield page
        after = page[-1].partner_id


def _entry(row: sa.Row[Any], now: datetime) -> Entry:
    details = {"found": True, "tier": [None, row.tier], "standing": [None, row.standing]}
    return Entry(AuditKind.STANDING, now, ACTOR, row.partner_id, details=details)
