"""Partners' standings: computed from tier, open case and blocks, and kept to see what changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from partners.domain.override import Override
from partners.domain.standing import Change, Place, Standing, standing_of
from partners.store import overrides, policies
from partners.store.audit_tables import StandingRow
from partners.store.case_tables import CaseRow, OverrideRow
from partners.store.program_tables import PartnerRow

_PAGE = 500


def update_standings(session: Session, partner_ids: Collection[str], at: datetime) -> list[Change]:
    """Store where these partners stand by now; returns whose place is another than before.

    Call it in the audit's turn: then nobody else's change is missed, and none is seen twice.
    """
    changes: list[Change] = []
    ids = sorted(partner_ids)
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        known = _known(session, page)
        for partner_id, place in current(session, page, at).items():
            if place != known.get(partner_id):
                changes.append(Change(partner_id, known.get(partner_id), place))
    _store(session, changes)
    return changes


def current(session: Session, partner_ids: Sequence[str], at: datetime) -> dict[str, Place]:
    """Where each of these partners stands at a moment of program time; unknown ones are absent."""
    blocked = _blocked(session, partner_ids, at)
    case = CaseRow
    cases = {
        partner_id: (status, warned_at is not None)
        for partner_id, status, warned_at in session.execute(
            select(case.partner_id, case.status, case.warned_at).where(
                case.partner_id.in_(partner_ids), case.closed_at.is_(None)
            )
        )
    }
    row = PartnerRow
    query = select(row.partner_id, row.tier, row.left_on).where(row.partner_id.in_(partner_ids))
    found = {}
    for partner_id, tier, left_on in session.execute(query):
        status, warned = cases.get(partner_id, (None, False))
        standing = standing_of(
            tier, left_on, blocked=partner_id in blocked, case_status=status, warned=warned
        )
        found[partner_id] = Place(tier, standing)
    return found


def everybody(session: Session, at: datetime) -> Iterator[tuple[str, Place]]:
    """Every partner and where they stand, by id."""
    ids = list(session.scalars(select(PartnerRow.partner_id).order_by(PartnerRow.partner_id)))
    for start in range(0, len(ids), _PAGE):
        yield from sorted(current(session, ids[start : start + _PAGE], at).items())


def touched_by_time(session: Session, at: datetime) -> list[str]:
    """Partners whose standing may change though nothing is written: a block begins or ends."""
    stored = select(StandingRow.partner_id).where(StandingRow.standing == Standing.BLOCKED)
    row = OverrideRow
    today = _today(session, at)
    begun = select(row.partner_id).where(row.kind == Override.BLOCK, overrides.holding(today))
    return sorted({*session.scalars(stored), *session.scalars(begun)})


def _blocked(session: Session, partner_ids: Sequence[str], at: datetime) -> set[str]:
    row = OverrideRow
    query = select(row.partner_id, row.from_day, row.until_day).where(
        row.partner_id.in_(partner_ids), row.kind == Override.BLOCK
    )
    blocks = session.execute(query).all()
    if not blocks:
        return set()
    today = _today(session, at)
    return {who for who, first, last in blocks if first <= today and (not last or last >= today)}


def _today(session: Session, at: datetime) -> date:
    """The program's day; UTC's before there is a policy."""
    in_force = policies.in_force_at(session, at)
    return at.astimezone(in_force[1].program.zone if in_force else UTC).date()


def _known(session: Session, partner_ids: Sequence[str]) -> dict[str, Place]:
    row = StandingRow
    query = select(row.partner_id, row.tier, row.standing).where(row.partner_id.in_(partner_ids))
    return {who: Place(tier, Standing(standing)) for who, tier, standing in session.execute(query)}


def _store(session: Session, changes: Sequence[Change]) -> None:
    new = [_values(change) for change in changes if change.before is None]
    if new:
        session.execute(insert(StandingRow), new)
    old = [_values(change) for change in changes if change.before is not None]
    if old:
        session.execute(update(StandingRow), old)


def _values(change: Change) -> dict[str, str | None]:
    return {
        "partner_id": change.partner_id,
        "tier": change.after.tier,
        "standing": change.after.standing.value,
    }
