"""What limits the next step of many partners at once, in five queries; see `domain.ladder`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from partners.domain.calendar import ProgramCalendar
from partners.domain.ladder import LadderFacts
from partners.store.appraisals import qualities_met
from partners.store.review_tables import CandidateRow
from partners.store.tables import CaseRow, OverrideRow, PartnerRow


def ladder_facts(
    session: Session, partner_ids: Collection[str], calendar: ProgramCalendar, today: date
) -> dict[str, LadderFacts]:
    """The facts of each of these partners, at most a page of them; unknown ones are left out."""
    cases = _with_open_case(session, partner_ids)
    overrides = _overrides(session, partner_ids, today)
    qualities = qualities_met(session, partner_ids, today)
    declined = _declined_at(session, partner_ids)
    row = PartnerRow
    columns = (row.partner_id, row.tier, row.joined_on, row.tier_since, row.left_on, row.kind)
    query = select(*columns).where(row.partner_id.in_(partner_ids))
    return {
        partner_id: LadderFacts(
            partner_id=partner_id,
            tier=tier,
            joined_on=joined_on,
            tier_since=tier_since,
            left_on=left_on,
            is_referral=kind == "referral",
            has_open_case=partner_id in cases,
            overrides=frozenset(overrides.get(partner_id, ())),
            qualities=qualities.get(partner_id, frozenset()),
            declined_on=calendar.day_of(declined[partner_id]) if partner_id in declined else None,
        )
        for partner_id, tier, joined_on, tier_since, left_on, kind in session.execute(query)
    }


def _with_open_case(session: Session, partner_ids: Collection[str]) -> set[str]:
    row = CaseRow
    query = select(row.partner_id).where(row.partner_id.in_(partner_ids), row.closed_at.is_(None))
    return set(session.scalars(query))


def _overrides(session: Session, partner_ids: Collection[str], day: date) -> dict[str, set[str]]:
    row = OverrideRow
    query = select(row.partner_id, row.kind).where(
        row.partner_id.in_(partner_ids),
        row.from_day <= day,
        or_(row.until_day.is_(None), row.until_day >= day),
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for partner_id, kind in session.execute(query):
        found[partner_id].add(kind)
    return found


def _declined_at(session: Session, partner_ids: Collection[str]) -> dict[str, datetime]:
    row = CandidateRow
    query = select(row.partner_id, func.max(row.decided_at)).where(
        row.partner_id.in_(partner_ids), row.state == "declined"
    )
    return {
        partner_id: at
        for partner_id, at in session.execute(query.group_by(row.partner_id))
        if at is not None
    }
