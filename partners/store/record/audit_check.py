"""Whether the audit holds, and whether what stands in the tables follows from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from partners.domain.record.audit import AuditKind, Broken, Link, walk
from partners.store.record import audit, audit_records
from partners.store.record.audit_places import other_places
from partners.store.record.audit_records import KEPT, RECORDED

_PAGE = 1000


@dataclass(frozen=True)
class Verified:
    """How far the audit holds. `newest` is the last good entry; keep its number and hash."""

    newest: Link | None
    broken: Broken | None


def verify(
    session: Session,
    anchor: tuple[int, str] | None = None,
    step: Callable[[int], object] = lambda done: None,
) -> Verified:
    """Check every hash, that every record is what its newest entry says, and that none lacks one.

    `anchor`: number and hash of an entry, noted down earlier; proves that nothing up to it was
    written anew and that the end was not cut off. `step` is told how many more were checked.
    """
    newest: Link | None = None
    older: dict[str, int] = {}
    page: list[Link] = []
    for found in walk(audit.links(session)):
        if isinstance(found, Broken):
            return Verified(newest, audit_records.check(session, page) or found)
        if anchor and found.seq == anchor[0] and found.hash != anchor[1]:
            return Verified(newest, Broken(found.seq, "its hash is not the one noted earlier"))
        newest = found
        if found.kind in (AuditKind.BEGINS, AuditKind.OLDER):
            older |= json.loads(found.details)
        page.append(found)
        if len(page) == _PAGE:
            if broken := audit_records.check(session, page):
                return Verified(newest, broken)
            step(len(page))
            page = []
    broken = audit_records.check(session, page)
    if not broken and anchor and (newest is None or newest.seq < anchor[0]):
        end = newest.seq if newest else 0
        broken = Broken(end + 1, f"the audit ends at {end}, but had {anchor[0]} entries before")
    return Verified(newest, broken or _unrecorded(session, older, newest))


def _unrecorded(session: Session, older: dict[str, Any], newest: Link | None) -> Broken | None:
    """Records that were written past the audit, or that are older and are gone."""
    end = newest.seq if newest else 0
    for row in RECORDED:
        table = row.__tablename__
        count, example = audit_records.unrecorded(session, row)
        without = count - older.get(table, 0)
        if without > 0:
            return Broken(end + 1, f"{without} records in {table} have no entry, such as {example}")
        if without < 0 and row in KEPT:
            return Broken(1, f"{-without} records in {table} that it counted are gone")
    for partner_id in audit_records.misplaced(session):
        return Broken(end + 1, f"the tier of {partner_id} is not the one that was recorded")
    for partner_id in audit_records.unplaced(session):
        return Broken(end + 1, f"no entry says that {partner_id} entered the program")
    for ref in other_places(session):
        return Broken(end + 1, f"the postal codes of {ref} are not those that were recorded")
    return None
