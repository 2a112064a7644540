"""What limits the months that may be held against partners, for many partners at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from partners.domain.cases.case import PartnerHistory
from partners.domain.overrides.override import Override
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.tables.base import ask
from partners.store.tables.case_tables import CaseRow, OverrideRow
from partners.store.tables.program_tables import PartnerRow

SPARING = (Override.WAIVER, Override.PIN, Override.BLOCK)
"""Overrides that keep reviews away: months that began before their end are not held against
anybody (rule 10)."""

_OF_ALL = (
    select(CaseRow.partner_id, CaseRow.month, CaseRow.closed_at),
    select(OverrideRow.partner_id, func.max(OverrideRow.until_day).label("until_day"))
    .where(OverrideRow.kind.in_(SPARING))
    .group_by(OverrideRow.partner_id),
    select(PartnerRow.partner_id, PartnerRow.joined_on, PartnerRow.tier_since),
)
"""Cases, waivers and partners; built once, for every judgement of a partner asks."""
_NAMED: BindParameter[str] = bindparam("ids", expanding=True)
_OF_NAMED = (
    _OF_ALL[0].where(CaseRow.partner_id.in_(_NAMED)),
    _OF_ALL[1].where(OverrideRow.partner_id.in_(_NAMED)),
    _OF_ALL[2].where(PartnerRow.partner_id.in_(_NAMED)),
)


def histories(
    session: Session, calendar: ProgramCalendar, partner_ids: Collection[str] | None = None
) -> dict[str, PartnerHistory]:
    """The history of each of these partners, or of all, in three queries (rule 10).

    Unknown partners are left out.
    """
    cases, waivers, partners = _OF_ALL if partner_ids is None else _OF_NAMED
    asked = None if partner_ids is None else {"ids": list(partner_ids)}
    months: defaultdict[str, set[Month]] = defaultdict(set)
    closed: dict[str, datetime] = {}
    for partner_id, month, closed_at in ask(session, cases, asked):
        months[partner_id].add(Month.from_number(month))
        if closed_at is not None:
            closed[partner_id] = max(closed_at, closed.get(partner_id, closed_at))
    waived_until: dict[str, date | None] = {
        row.partner_id: row.until_day for row in ask(session, waivers, asked)
    }
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
        for partner_id, joined_on, tier_since in ask(session, partners, asked)
    }
