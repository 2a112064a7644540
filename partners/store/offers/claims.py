"""Exclusives that exclude at a moment, with the postal codes that they were signed with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.offers.offer import Claim
from partners.store.offers.offer_moment import Moment
from partners.store.tables.exclusive_tables import (
    ExclusiveCodeRow,
    ExclusiveRow,
    ExclusiveStateRow,
)
from partners.store.tables.offer_tables import AreaPlaceRow


def claims_of(
    session: Session, when: Moment, services: Collection[str]
) -> Mapping[str, list[Claim]]:
    """The exclusives that exclude at a moment, by service.

    Of a moment to come also those that have been announced for it.
    """
    row, state = ExclusiveRow, ExclusiveStateRow
    newest = (
        select(func.max(state.state_id)).where(state.at <= when.at).group_by(state.exclusive_id)
    )
    query = (
        select(row.exclusive_id, row.service, row.partner_id, row.area_code, state.status)
        .join(state, state.exclusive_id == row.exclusive_id)
        .where(
            state.state_id.in_(newest),
            row.service.in_(services),
            row.first_day <= when.day,
            row.last_day >= when.day,
        )
        .order_by(row.exclusive_id)
    )
    held = [one for one in session.execute(query) if _excludes(one.status, when)]
    codes = _signed(session, [one.exclusive_id for one in held if one.area_code is not None])
    found = defaultdict[str, list[Claim]](list)
    for exclusive_id, service, partner_id, area_code, _ in held:
        claim = Claim(partner_id, None if area_code is None else codes[exclusive_id])
        found[service].append(claim)
    return found


def _signed(session: Session, ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The postal codes that exclusives were signed with, whatever their areas have become."""
    row = ExclusiveCodeRow
    query = select(row.exclusive_id, row.postal_code).where(row.exclusive_id.in_(ids))
    found = {exclusive_id: set[str]() for exclusive_id in ids}
    for exclusive_id, code in session.execute(query) if ids else ():
        found[exclusive_id].add(code)
    return {exclusive_id: frozenset(codes) for exclusive_id, codes in found.items()}


def _excludes(status: ExclusiveStatus, when: Moment) -> bool:
    return status.excludes or (when.planned and status is ExclusiveStatus.ANNOUNCED)


def codes_of(session: Session, areas: Collection[str]) -> dict[str, frozenset[str]]:
    """The postal codes of areas; an area without any has none."""
    row = AreaPlaceRow
    query = select(row.area_code, row.postal_code).where(row.area_code.in_(areas))
    found = {area: set[str]() for area in areas}
    for area, code in session.execute(query) if areas else ():
        found[area].add(code)
    return {area: frozenset(codes) for area, codes in found.items()}
