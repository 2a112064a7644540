"""Whether the audit, and the records it names, are as they were written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.domain.audit import AuditKind, Broken, Link, walk
from partners.store import audit, reviews
from partners.store.audit_fields import FIELDS, digest
from partners.store.audit_tables import AuditRow
from partners.store.base import Base
from partners.store.case_tables import DecisionRow, TierChangeRow
from partners.store.mail_tables import OutboxRow
from partners.store.program_tables import PolicyRow
from partners.store.response_tables import ComplaintRow
from partners.store.review_tables import PartnerNoteRow, ReviewRow

_PAGE = 500
_TABLES: dict[str, type[Base]] = {row.__tablename__: row for row in FIELDS}
KEPT = (DecisionRow, PolicyRow, TierChangeRow)
"""Records that are never deleted: one that is gone, or has no entry, is a break."""
_MAY_GO = tuple(row.__tablename__ for row in (OutboxRow, PartnerNoteRow, ComplaintRow))
"""Records with personal data, which may be deleted: their entries stay."""


@dataclass(frozen=True)
class Verified:
    """How far the audit holds. `newest` is the last good entry; keep its number and hash."""

    newest: Link | None
    broken: Broken | None


def verify(session: Session, anchor: tuple[int, str] | None = None) -> Verified:
    """Check every hash, every record that has a digest, and that no kept record lacks an entry.

    `anchor`: number and hash of an entry, noted down earlier; proves that nothing up to it was
    written anew and that the end was not cut off.
    """
    newest: Link | None = None
    first: Link | None = None
    page: list[Link] = []
    for found in walk(audit.links(session)):
        if isinstance(found, Broken):
            return Verified(newest, _records(session, page) or found)
        if anchor and found.seq == anchor[0] and found.hash != anchor[1]:
            return Verified(newest, Broken(found.seq, "its hash is not the one noted earlier"))
        first, newest = first or found, found
        page.append(found)
        if len(page) == _PAGE:
            if broken := _records(session, page):
                return Verified(newest, broken)
            page = []
    broken = _records(session, page)
    if not broken and anchor and (newest is None or newest.seq < anchor[0]):
        end = newest.seq if newest else 0
        broken = Broken(end + 1, f"the audit ends at {end}, but had {anchor[0]} entries before")
    return Verified(newest, broken or _unrecorded(session, first, newest))


# ---- records behind the entries ----


def _records(session: Session, page: Sequence[Link]) -> Broken | None:
    """The first entry of a page whose record does not say what it said then."""
    wanted = {link.ref: link for link in page if link.ref and "sha256" in _details(link)}
    found = _digests(session, list(wanted))
    for ref, link in wanted.items():
        said, says = _details(link)["sha256"], found.get(ref)
        table = ref.split("/")[0]
        if says is None and table not in _MAY_GO:
            return Broken(link.seq, f"the record {ref} is gone")
        if says is not None and said != says:
            return Broken(link.seq, f"the record {ref} was changed")
    return None


def _details(link: Link) -> dict[str, Any]:
    details: dict[str, Any] = json.loads(link.details)
    return details


def _digests(session: Session, refs: list[str]) -> dict[str, str]:
    """The digests of these records as they are now; those that are gone are left out."""
    found: dict[str, str] = {}
    by_table: dict[str, list[str]] = {}
    for ref in refs:
        table, _, key = ref.partition("/")
        by_table.setdefault(table, []).append(key)
    for table, keys in by_table.items():
        if table == ReviewRow.__tablename__:
            found |= {f"{table}/{key}": reviews.digest(session, key) for key in keys}
        elif (row := _TABLES.get(table)) is not None:
            found |= {f"{table}/{key}": d for key, d in _of_table(session, row, keys)}
    return found


def _of_table(session: Session, row: type[Base], keys: list[str]) -> Iterator[tuple[str, str]]:
    (key,) = row.__table__.primary_key
    values: list[Any] = [int(k) if key.type.python_type is int else k for k in keys]
    for record in session.scalars(select(row).where(key.in_(values))):
        yield str(getattr(record, key.name)), digest(record)
        session.expunge(record)


# ---- records without an entry ----


def _unrecorded(session: Session, first: Link | None, newest: Link | None) -> Broken | None:
    """Kept records that were written past the audit, or that are older and are gone."""
    older = _details(first) if first and first.kind == AuditKind.BEGINS else {}
    end = newest.seq if newest else 0
    for row in KEPT:
        table = row.__tablename__
        known = select(func.count(func.distinct(AuditRow.ref))).where(
            AuditRow.ref.startswith(f"{table}/", autoescape=True)
        )
        count = (session.scalar(select(func.count()).select_from(row)) or 0) - (
            session.scalar(known) or 0
        )
        expected = older.get(table, 0)
        if count > expected:
            return Broken(end + 1, f"{count - expected} records in {table} have no entry")
        if count < expected:
            return Broken(1, f"{expected - count} records in {table} that it counted are gone")
    return None
