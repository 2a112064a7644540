"""Promotions on timelines: what earned one, and who decided about it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from partners.domain.cases.view import Act
from partners.domain.ladder.ladder import CandidateState
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import ProgramCalendar
from partners.mail.words import wording
from partners.mail.words.plain import NAME_LENGTH, one_line
from partners.store.referrals import qualifications
from partners.store.tables.findings import from_json
from partners.store.tables.review_tables import CandidateRow

WORDS = 200
"""Characters of what somebody said about it."""
_DID = {CandidateState.DECLINED: "declined", CandidateState.WITHDRAWN: "withdrawn"}


def why_earned(session: Session, row: CandidateRow, policy: Policy) -> str:
    """What a promotion rests on, in a few words."""
    if row.review_id is not None:
        return f"{wording.summary(from_json(row.findings), policy)} (review {row.review_id})"
    by_referrals = qualifications.is_by_referrals(session, row)
    return "qualified by referrals" if by_referrals else "added by hand"


def who_decided(
    session: Session, rows: Iterable[CandidateRow], calendar: ProgramCalendar
) -> tuple[Act, ...]:
    """Who decided about candidates, and why; those that wait are left out.

    Of a partner who was added by hand the reason is notes about them, which stay in the database
    (rule 18).
    """
    return tuple(_act(session, row, calendar) for row in rows if row.decided_at is not None)


def _act(session: Session, row: CandidateRow, calendar: ProgramCalendar) -> Act:
    assert row.decided_at is not None
    did, why = _DID.get(row.state, "approved"), row.reason or ""
    by_hand = row.review_id is None and row.state not in _DID
    if by_hand and not qualifications.is_by_referrals(session, row):
        did, why = "added", f"see the notes: show {row.partner_id}"
    return Act(
        calendar.day_of(row.decided_at),
        f"{did}: to {row.to_tier}",
        one_line(_who(row), NAME_LENGTH),
        one_line(why, WORDS),
    )


def _who(row: CandidateRow) -> str:
    by_itself = not row.who or row.who == "referrals" or row.who.startswith("workflow ")
    return "the program" if by_itself else row.who or ""
