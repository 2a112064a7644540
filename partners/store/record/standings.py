"""Partners' standings: computed from tier, open case and blocks, and kept to see what changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, insert, select, update
from sqlalchemy.orm import Session

from partners.domain.overrides.override import Override
from partners.domain.record.standing import Change, Place, Standing, standing_of
from partners.store.overrides import overrides
from partners.store.policy import policies
from partners.store.tables.audit_tables import StandingRow
from partners.store.tables.base import ask
from partners.store.tables.case_tables import CaseRow, OverrideRow
from partners.store.tables.program_tables import PartnerRow

_PAGE = 500

_PLACED = (
    PartnerRow.partner_id,
    PartnerRow.tier,
    PartnerRow.left_on,
    CaseRow.status,
    CaseRow.warned_at,
    exists()
    .where(OverrideRow.partner_id == PartnerRow.partner_id, OverrideRow.kind == Override.BLOCK)
    .label("ever_blocked"),
)
"""What says where a partner stands."""
_OPEN_CASE = and_(CaseRow.partner_id == PartnerRow.partner_id, CaseRow.closed_at.is_(None))

# Built once: every transaction about a case runs it, in the audit's turn.
_PLACES = (
    select(
        *_PLACED,
        StandingRow.tier.label("known_tier"),
        StandingRow.standing.label("known_standing"),
    )
    .outerjoin(CaseRow, _OPEN_CASE)
    .outerjoin(StandingRow, StandingRow.partner_id == PartnerRow.partner_id)
    .where(PartnerRow.partner_id.in_(bindparam("ids", expanding=True)))
)
_LISTED = (
    select(
        *_PLACED,
        PartnerRow.name,
        PartnerRow.kind,
        PartnerRow.tier_since,
        PartnerRow.joined_on,
    )
    .outerjoin(CaseRow, _OPEN_CASE)
    .order_by(PartnerRow.partner_id)
    .limit(_PAGE)
)


_FIRST = insert(StandingRow).values(
    partner_id=bindparam("who"), tier=bindparam("tier"), standing=bindparam("standing")
)
_NEXT = (
    update(StandingRow)
    .where(StandingRow.partner_id == bindparam("who"))
    .values(tier=bindparam("tier"), standing=bindparam("standing"))
)


def update_standings(session: Session, partner_ids: Collection[str], at: datetime) -> list[Change]:
    """Store where these partners stand by now; returns whose place is another than before.

    Call it in the audit's turn: then nobody else's change is missed, and none is seen twice.
    """
    changes: list[Change] = []
    ids = sorted(partner_ids)
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        found = (Change(*places) for places in _places(session, page, at))
        changes += [change for change in found if change.before != change.after]
    _store(session, changes)
    return changes


def current(session: Session, partner_ids: Sequence[str], at: datetime) -> dict[str, Place]:
    """Where each of these partners stands at a moment of program time; unknown ones are absent."""
    return {who: place for who, _, place in _places(session, partner_ids, at)}


def everybody(
    session: Session, at: datetime, *which: ColumnElement[bool]
) -> Iterator[tuple[Any, Standing]]:
    """Every partner of whom this is true, and how they stand, by id; read in pages.

    Only the columns that lists show are read, for there are many partners.
    """
    query = _LISTED.where(*which, PartnerRow.partner_id > bindparam("after"))
    after = ""
    while page := ask(session, query, {"after": after}).all():
        after = page[-1].partner_id
        blocked = _blocked(session, [row.partner_id for row in page if row.ever_blocked], at)
        yield from ((row, _standing(row, blocked)) for row in page)


def touched_by_time(session: Session, at: datetime) -> list[str]:
    """Partners whose standing may change though nothing is written: a block begins or ends."""
    stored = select(StandingRow.partner_id).where(StandingRow.standing == Standing.BLOCKED)
    row = OverrideRow
    today = policies.day_of(session, at)
    begun = select(row.partner_id).where(row.kind == Override.BLOCK, overrides.holding(today))
    return sorted({*session.scalars(stored), *session.scalars(begun)})


def _places(
    session: Session, partner_ids: Sequence[str], at: datetime
) -> Iterator[tuple[str, Place | None, Place]]:
    """Of each partner: their place as it is stored, None if it never was, and as it is now."""
    rows = ask(session, _PLACES, {"ids": partner_ids}).all()
    blocked = _blocked(session, [row.partner_id for row in rows if row.ever_blocked], at)
    for row in rows:
        known = None
        if row.known_standing is not None:
            known = Place(row.known_tier, row.known_standing)
        yield row.partner_id, known, Place(row.tier, _standing(row, blocked))


def _standing(row: Row[Any], blocked: set[str]) -> Standing:
    return standing_of(
        row.tier,
        row.left_on,
        blocked=row.partner_id in blocked,
        case_status=row.status,
        warned=row.warned_at is not None,
    )


def _blocked(session: Session, partner_ids: Sequence[str], at: datetime) -> set[str]:
    if not partner_ids:
        return set()
    row, today = OverrideRow, policies.day_of(session, at)
    query = select(row.partner_id).where(
        row.partner_id.in_(partner_ids), row.kind == Override.BLOCK, overrides.holding(today)
    )
    return set(session.scalars(query))


def _store(session: Session, changes: Sequence[Change]) -> None:
    new = [_values(change) for change in changes if change.before is None]
    if new:
        ask(session, _FIRST, new)
    old = [_values(c) for c in changes if c.before is not None]
    if old:
        ask(session, _NEXT, old)


def _values(change: Change) -> dict[str, str | None]:
    return {
        "who": change.partner_id,
        "tier": change.after.tier,
        "standing": change.after.standing.value,
    }
