"""tracks; the checklists of who qualified by referrals become one"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CHECKLIST = "checklist"
PAGE = 1000
ACTOR = "partners setup"
ENTRY = ("at", "kind", "actor", "partner_id", "case_id", "policy_version", "ref", "details")
"""The columns of an entry of the audit, in the order in which they are hashed."""
DAYS = ("due_on", "said_on", "done_on", "expires_on")


def upgrade() -> None:
    """Each step of a checklist becomes one of the track `checklist`; its entry says how it stood,
    for the table that older entries name is gone."""
    _create()
    op.execute(
        "INSERT INTO track_steps (partner_id, track, step, position, done_on, done_by, notes) "
        f"SELECT partner_id, '{CHECKLIST}', step, position, done_on, who, notes FROM checklists"
    )
    for page in _pages():
        _append(page)
    op.drop_table("checklists")


def downgrade() -> None:
    """The checklists as they stand now; other tracks are lost, and entries are never taken back."""
    op.create_table(
        "checklists",
        sa.Column("partner_id", sa.String(64), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("who", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.partner_id"], name=op.f("fk_checklists_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", "step", name=op.f("pk_checklists")),
    )
    op.execute(
        "INSERT INTO checklists (partner_id, step, position, done_on, who, notes) "
        "SELECT partner_id, step, position, done_on, done_by, notes FROM track_steps "
        f"WHERE track = '{CHECKLIST}'"
    )
    op.drop_table("track_steps")


def _create() -> None:
    op.create_table(
        "track_steps",
        sa.Column("partner_id", sa.String(64), nullable=False),
        sa.Column("track", sa.String(64), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("said_on", sa.Date(), nullable=True),
        sa.Column("said_by", sa.Text(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("certifies", sa.String(64), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("lapse_told_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.partner_id"], name=op.f("fk_track_steps_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", "track", "step", name=op.f("pk_track_steps")),
    )
    op.create_index(op.f("ix_track_steps_expires_on"), "track_steps", ["expires_on"])
    op.create_index(
        "ix_track_steps_waiting",
        "track_steps",
        ["said_at"],
        sqlite_where=sa.text("said_on IS NOT NULL"),
        postgresql_where=sa.text("said_on IS NOT NULL"),
    )
    op.create_index(
        "ix_track_steps_certifying",
        "track_steps",
        ["partner_id", "certifies", "done_on", "expires_on"],
        sqlite_where=sa.text("certifies IS NOT NULL"),
        postgresql_where=sa.text("certifies IS NOT NULL"),
    )


def _pages() -> Iterator[list[sa.Row[Any]]]:
    steps = sa.table("track_steps", *map(sa.column, ("partner_id", "step", "certifies", *DAYS)))
    for name in DAYS:
        steps.c[name].type = sa.Date()
    key = sa.tuple_(steps.c.partner_id, steps.c.step)
    query = sa.select(steps).order_by(steps.c.partner_id, steps.c.step).limit(PAGE)
    after: tuple[str, str] = ("", "")
    while page := list(op.get_bind().execute(query.where(key > sa.tuple_(*after)))):
        yield page
        after = (page[-1].partner_id, page[-1].step)


def _append(page: list[sa.Row[Any]]) -> None:
    """Each entry's hash is over the hash before it and the entry, as a line of JSON."""
    table = sa.table("audit", *map(sa.column, ("seq", *ENTRY, "hash")))
    table.c.at.type = sa.DateTime(timezone=True)
    newest = sa.select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
    seq, before = op.get_bind().execute(newest).one()
    now = datetime.now(UTC)
    links = []
    for row in page:
        seq, entry = seq + 1, _entry(row, now)
        hashed = [seq, now.isoformat(timespec="microseconds"), *list(entry.values())[1:]]
        before = sha256(f"{before}\n{_json(hashed)}".encode()).hexdigest()
        links.append({"seq": seq, **entry, "hash": before})
    op.get_bind().execute(sa.insert(table), links)


def _entry(row: sa.Row[Any], now: datetime) -> dict[str, Any]:
    days = {name: _plain(getattr(row, name)) for name in DAYS}
    details = {"found": True, "step": row.step, **days, "certifies": None}
    return {
        **dict.fromkeys(ENTRY),
        "at": now,
        "kind": "track",
        "actor": ACTOR,
        "partner_id": row.partner_id,
        "ref": f"track_steps/{row.partner_id}/{CHECKLIST}/{row.step}",
        "details": _json(details),
    }


def _plain(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
