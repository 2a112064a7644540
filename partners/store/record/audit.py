"""Writing and reading the audit.

Entries get their places at the very end of the transaction that they record. For that moment it
holds the audit's lock, taken after every other lock, so that transactions take turns and cannot
wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.orm import Session

from partners.domain.record.audit import START, Entry, Link, chain
from partners.store.tables.audit_tables import AuditRow
from partners.store.tables.program_tables import LockRow

LOCK = "audit"
PAGE = 1000
STUCK_MS = 60_000
"""PostgreSQL ends a transaction that holds the lock and says nothing for so long: its program may
have lost the network, and everybody waits for it."""

# Built once: every audited transaction runs them, and others wait meanwhile.
_TAKE_TURN = text(
    "SELECT name, set_config('idle_in_transaction_session_timeout', :stuck, true) "
    f"FROM {LockRow.__tablename__} WHERE name = :lock FOR UPDATE"
)
_NEWEST = select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)
_INSERT = insert(AuditRow)
_LINKS = select(*(getattr(AuditRow, name) for name in Link._fields))


def take_turn(connection: Connection) -> None:
    """Wait until no other transaction holds the audit's lock; it is held until the commit.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    connection.execute(_TAKE_TURN, {"stuck": str(STUCK_MS), "lock": LOCK}).one()


def append(connection: Connection, entries: Iterable[Entry]) -> None:
    """Put entries at the end of the chain, page by page; they are kept if the transaction is."""
    entries = iter(entries)
    page = list(islice(entries, PAGE))
    if not page:
        return
    # The end is read in turn: of two that read the same one, both would write its successor.
    take_turn(connection)
    seq, before = connection.execute(_NEWEST).one_or_none() or (0, START)
    while page:
        links = chain(page, seq, before)
        rows = [link._asdict() for link in links]
        connection.execute(_INSERT, rows if len(rows) > 1 else rows[0])
        seq, before = links[-1].seq, links[-1].hash
        page = list(islice(entries, PAGE))


def links(
    session: Session, *, partner_id: str | None = None, after: int = 0, limit: int | None = None
) -> Iterator[Link]:
    """Entries in their order, read in pages; of one partner where it is named."""
    query = _LINKS.where(AuditRow.seq > after).order_by(AuditRow.seq).limit(limit)
    if partner_id is not None:
        query = query.where(AuditRow.partner_id == partner_id)
    for columns in session.execute(query.execution_options(yield_per=PAGE)):
        yield Link(*columns)


def newest(session: Session) -> Link | None:
    """The last entry: who keeps its number and hash elsewhere can prove that none is missing."""
    columns = session.execute(_LINKS.order_by(AuditRow.seq.desc()).limit(1)).first()
    return Link(*columns) if columns else None
