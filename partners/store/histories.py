"""What limits the months that may be held against partners, for many partners at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from partners.domain.calendar import Month, ProgramCalendar
from partners.domain.case import PartnerHistory
from partners.domain.override import Override
from partners.store.case_tables import CaseRow, OverrideRow
from partners.store.program_tables import PartnerRow

SPARING = (Override.WAIVER, Override.PIN, Override.BLOCK)
"""Overrides that keep reviews away: months that began before their end are not held against
anybody (rule 10)."""


def histories(
    session: Session, calendar: ProgramCalendar, partner_ids: Collection[str] | None = None
) -> dict[str, PartnerHistory]:
    """The history of each of these partners, or of all, in three queries (rule 10).

    Unknown partners are left out.
    """

    def these(column: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        return true() if partner_ids is None else column.in_(partner_ids)

    months: defaultdict[str, set[Month]] = defaultdict(set)
    closed: dict[str, datetime] = {}
    cases = select(CaseRow.partner_id, CaseRow.month, CaseRow.closed_at)
    for partner_id, month, closed_at in session.execute(cases.where(these(CaseRow.partner_id))):
        months[partner_id].add(Month.from_number(month))
        if closed_at is not None:
            closed[partner_id] = max(closed_at, closed.get(partner_id, closed_at))
    waivers = (
        select(OverrideRow.partner_id, func.max(OverrideRow.until_day))
        .where(OverrideRow.kind.in_(SPARING), these(OverrideRow.partner_id))
        .group_by(OverrideRow.partner_id)
    )
    waived_until = dict(session.execute(waivers).all())
    partners = select(PartnerRow.partner_id, PartnerRow.joined_on, PartnerRow.tier_since)
    return {
        partner_id: PartnerHistory(
            joined_on=joined_on,
            tier_since=tier_since or joined_on,
            last_case_closed_on=calendar.day_of(closed[partner_id])
            if partner_id in closed
            else None,
            last_waiver_ended_on=waived_until.get(partner_id),
            judged_months=frozenset(months[partner_id]),
        )
        for partner_id, joined_on, tier_since in session.execute(
            partners.where(these(PartnerRow.partner_id))
        )
    }
