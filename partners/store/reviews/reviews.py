"""Reviews: the row that claims a period, and one row for each partner judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy import Connection, false, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from partners.domain.cases.case import Permission
from partners.domain.judging.assessment import Assessment, Verdict
from partners.domain.ladder.ladder import CandidateState
from partners.domain.reviews.review import Action, Period, ReviewStatus
from partners.store.judging.window_sums import Range
from partners.store.tables.program_tables import SwitchRow
from partners.store.tables.review_tables import (
    CandidateRow,
    GuardRequestPartnerRow,
    GuardRequestRow,
    ReviewAssessmentRow,
    ReviewRow,
)

Assessed = tuple[str, str, Assessment, Action]
"""A partner's id, tier, assessment, and what the review does."""

_COLUMNS = "review_id, partner_id, tier, verdict, action, findings"
_SQLITE = (
    f"INSERT INTO review_assessments ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_POSTGRESQL = f"""
INSERT INTO review_assessments ({_COLUMNS})
SELECT %s, p, t, v, a, f::json
FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[]) AS page (p, t, v, a, f)
ON CONFLICT DO NOTHING
"""


def find(session: Session, review_id: str) -> ReviewRow | None:
    """A review, locked until the transaction ends; None if there is none."""
    return session.get(ReviewRow, review_id, with_for_update=True)


def claim(
    session: Session, period: Period, *, as_of: date, policy_version: int, by: str, now: datetime
) -> tuple[ReviewRow, bool]:
    """Claim a period for the workflow `by`: the row, and whether it is new.

    The primary key refuses a second claim (rule 9): then the row is the first one's. A refused
    review judged nobody, so it may be claimed anew.
    """
    row = find(session, period.review_id)
    if row is None:
        row = ReviewRow(
            review_id=period.review_id,
            kind=period.kind,
            period=period.name,
            month=period.month.number,
            as_of=as_of,
            policy_version=policy_version,
            status=ReviewStatus.RUNNING,
            claimed_by=by,
            started_at=now,
            counts={},
        )
        try:
            # In a savepoint: on PostgreSQL an INSERT that fails ends the whole transaction.
            with session.begin_nested():
                session.add(row)
            return row, True
        except IntegrityError:  # another run was faster
            first = find(session, period.review_id)
            assert first is not None
            return first, False
    if row.status != ReviewStatus.REFUSED:
        return row, False
    row.status, row.claimed_by, row.started_at = ReviewStatus.RUNNING, by, now
    row.as_of, row.policy_version = as_of, policy_version
    row.detail, row.finished_at, row.counts = None, None, {}
    return row, True


def close(row: ReviewRow, status: ReviewStatus, detail: str, now: datetime) -> None:
    row.status, row.detail, row.finished_at = status, detail or None, now


def record(session: Session, review_id: str, judged: Iterable[Assessed]) -> None:
    """Store assessments, once per review and partner; one that is stored already stays."""
    rows = [
        (partner_id, tier, a.verdict.value, action.value, _json(a))
        for partner_id, tier, a, action in judged
    ]
    if rows:
        _insert(session.connection(), review_id, rows)


def _json(assessment: Assessment) -> str:
    """The findings as `store.tables.findings` has them: order of fields, numbers as text."""
    return msgspec.json.encode(assessment.findings).decode()


def _insert(connection: Connection, review_id: str, rows: Sequence[tuple[str, ...]]) -> None:
    """By the driver: as Core's executemany, but without its work per row.

    On PostgreSQL a page is five arrays in binary (`%b`): as text they took six times as long.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_SQLITE, [(review_id, *row) for row in rows])
    else:
        columns = [list(column) for column in zip(*rows, strict=True)]
        connection.exec_driver_sql(_POSTGRESQL, (review_id, *columns))


def note_action(
    session: Session, review_id: str, partner_ids: Collection[str], action: Action
) -> None:
    """Add to their assessments what the review does about partners for whom it had nothing to do.

    One who is in no tier that is judged has no assessment; their candidate names the review.
    """
    row = ReviewAssessmentRow
    if partner_ids:
        session.execute(
            update(row)
            .where(
                row.review_id == review_id,
                row.partner_id.in_(partner_ids),
                row.action == Action.NONE,
            )
            .values(action=action)
        )


def newest_judged(session: Session, review_id: str, ids: Range) -> str:
    """The last partner of a range who was recorded. Judging goes on after them, for pages are
    stored whole and in order."""
    row = ReviewAssessmentRow
    query = select(func.max(row.partner_id)).where(
        row.review_id == review_id, row.partner_id > ids.after
    )
    if ids.through is not None:
        query = query.where(row.partner_id <= ids.through)
    return session.scalar(query) or ids.after


def counted(session: Session, review_id: str) -> dict[str, int]:
    """How many partners were judged, by verdict, and how many of them get a case or a check-in.

    Promotions are not counted here: most are of partners who are in no tier that is judged.
    """
    row = ReviewAssessmentRow
    query = select(row.verdict, row.action, func.count()).where(row.review_id == review_id)
    counts = {"judged": 0, **{v.value: 0 for v in Verdict}}
    for verdict, action, number in session.execute(query.group_by(row.verdict, row.action)):
        counts["judged"] += number
        counts[verdict] += number
        if action in (Action.CASE, Action.CHECK_IN):
            counts[action] = counts.get(action, 0) + number
    return counts


def promotions_counted(session: Session, review_id: str) -> dict[str, int]:
    """What a review did about promotions: as it is stored, so that no crash loses count."""
    row, me = CandidateRow, f"review {review_id}"
    mine = func.coalesce(row.who == me, false()).label("mine")
    query = select(row.state, mine, func.count()).where((row.review_id == review_id) | mine)
    counts = {"candidates": 0, "promoted": 0, "withdrawn": 0}
    for state, by_review, number in session.execute(query.group_by(row.state, "mine")):
        if not by_review:
            counts["candidates"] += number
        else:
            counts["withdrawn" if state == CandidateState.WITHDRAWN else "promoted"] += number
    return counts


def by_tier(session: Session, review_id: str) -> dict[str, dict[Verdict, int]]:
    """How many partners of each tier were judged, by verdict."""
    row = ReviewAssessmentRow
    query = select(row.tier, row.verdict, func.count()).where(row.review_id == review_id)
    counts: dict[str, dict[Verdict, int]] = {}
    for tier, verdict, number in session.execute(query.group_by(row.tier, row.verdict)):
        counts.setdefault(tier, {})[verdict] = number
    return counts


def assessments(
    session: Session, review_id: str, verdict: Verdict | None = None, limit: int | None = None
) -> Iterator[ReviewAssessmentRow]:
    """What a review found, by partner id, in pages; of one verdict where it is named."""
    row = ReviewAssessmentRow
    query = select(row).where(row.review_id == review_id).order_by(row.partner_id).limit(limit)
    if verdict is not None:
        query = query.where(row.verdict == verdict)
    yield from session.scalars(query.execution_options(yield_per=1000))


def to_act_on(
    session: Session, review_id: str, action: Action, after: str = "", limit: int | None = None
) -> list[str]:
    """The partners about whom the review does that, by id, after one of them."""
    row = ReviewAssessmentRow
    query = select(row.partner_id).where(
        row.review_id == review_id, row.action == action, row.partner_id > after
    )
    return list(session.scalars(query.order_by(row.partner_id).limit(limit)))


def candidates_of(session: Session, review_id: str, *, waiting: bool, limit: int) -> list[str]:
    """Partners whom the review proposed and staff have yet to decide about; or whom it, or they,
    had promoted."""
    row = CandidateRow
    states = [CandidateState.WAITING]
    if not waiting:
        states = [CandidateState.APPROVED, CandidateState.PROMOTED, CandidateState.TOLD]
    query = select(row.partner_id).where(row.review_id == review_id, row.state.in_(states))
    return list(session.scalars(query.order_by(row.partner_id).limit(limit)))


def held_by_others(session: Session, review_id: str, month: int, among: Sequence[str]) -> set[str]:
    """Those of these partners about whom another review of the month asked, and waits or was
    refused. They are sorted, as `to_act_on` gives them."""
    if not among:
        return set()
    about = GuardRequestPartnerRow
    query = (
        select(about.partner_id)
        .join(GuardRequestRow, GuardRequestRow.request_id == about.request_id)
        .join(ReviewRow, ReviewRow.review_id == about.request_id)
        .where(
            about.partner_id.between(among[0], among[-1]),
            ReviewRow.month == month,
            ReviewRow.review_id != review_id,
            GuardRequestRow.state.in_((Permission.WAITING, Permission.REJECTED)),
        )
    )
    return set(session.scalars(query))


def stopped(session: Session, row: ReviewRow) -> SwitchRow | None:
    """The kill switch that stops this review, if one does (rule 14)."""
    names = ["review", f"review/{row.kind}", f"review/{row.review_id}"]
    return session.scalars(select(SwitchRow).where(SwitchRow.name.in_(names))).first()


def newest(session: Session) -> Iterator[ReviewRow]:
    """Reviews, newest first, read as they are asked for."""
    query = select(ReviewRow).order_by(ReviewRow.started_at.desc(), ReviewRow.review_id)
    yield from session.scalars(query.execution_options(yield_per=100))
