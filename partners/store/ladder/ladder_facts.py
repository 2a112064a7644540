"""What limits the next step of many partners at once, in six queries; see `domain.ladder`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.domain.ladder.ladder import LadderFacts
from partners.domain.time.calendar import ProgramCalendar
from partners.store.judging.appraisals import qualities_met
from partners.store.ladder.certifications import certified
from partners.store.overrides import overrides
from partners.store.tables.case_tables import CaseRow, OverrideRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow


def ladder_facts(
    session: Session, partner_ids: Sequence[str], calendar: ProgramCalendar, today: date
) -> dict[str, LadderFacts]:
    """The facts of each of these partners; unknown ones are left out.

    The partners are those of a page, in the database's order: range scans from the first to the
    last of them are quicker than lists of ids.
    """
    first, last, wanted = partner_ids[0], partner_ids[-1], frozenset(partner_ids)
    cases = _with_open_case(session, first, last)
    held = _overrides(session, first, last, today)
    earned = certified(session, first, last, today)
    qualities = qualities_met(session, first, last, today, earned)
    declined = _declined_at(session, first, last)
    row = PartnerRow
    columns = (row.partner_id, row.tier, row.joined_on, row.tier_since, row.left_on, row.kind)
    query = select(*columns).where(row.partner_id.between(first, last))
    return {
        partner_id: LadderFacts(
            partner_id=partner_id,
            tier=tier,
            joined_on=joined_on,
            tier_since=tier_since,
            left_on=left_on,
            is_referral=kind == "referral",
            has_open_case=partner_id in cases,
            overrides=frozenset(held.get(partner_id, ())),
            qualities=qualities.get(partner_id, frozenset()),
            declined_on=calendar.day_of(declined[partner_id]) if partner_id in declined else None,
        )
        for partner_id, tier, joined_on, tier_since, left_on, kind in session.execute(query)
        if partner_id in wanted
    }


def _with_open_case(session: Session, first: str, last: str) -> set[str]:
    row = CaseRow
    query = select(row.partner_id).where(
        row.partner_id.between(first, last), row.closed_at.is_(None)
    )
    return set(session.scalars(query))


def _overrides(session: Session, first: str, last: str, day: date) -> dict[str, set[str]]:
    row = OverrideRow
    query = select(row.partner_id, row.kind).where(
        row.partner_id.between(first, last),
        overrides.holding(day),
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for partner_id, kind in session.execute(query):
        found[partner_id].add(kind)
    return found


def _declined_at(session: Session, first: str, last: str) -> dict[str, datetime]:
    row = CandidateRow
    query = select(row.partner_id, func.max(row.decided_at)).where(
        row.partner_id.between(first, last), row.state == "declined"
    )
    return {
        partner_id: at
        for partner_id, at in session.execute(query.group_by(row.partner_id))
        if at is not None
    }
