"""Who was found below standards in a month, and who of them got a case.

All that is about one month is compared, whether the monthly review found it, the daily watch some
days later, or a person who started a case: the same numbers lead to a case whoever looks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.cases.case import Permission
from partners.domain.judging.assessment import Verdict, assess_months
from partners.domain.record.decisions import Step
from partners.domain.record.fairness import Alike, Treatment
from partners.domain.reviews.review import ReviewKind, ReviewStatus, newest_settled
from partners.domain.time.calendar import Month
from partners.store.judging import facts
from partners.store.ladder.former_tiers import tiers_at
from partners.store.policy import policies
from partners.store.responses import responses
from partners.store.tables.case_tables import CaseRow, DecisionRow, OverrideRow
from partners.store.tables.findings import to_json
from partners.store.tables.review_tables import GuardRequestRow, ReviewAssessmentRow, ReviewRow

Overrides = dict[str, list[OverrideRow]]
Findings = list[dict[str, Any]]


class _Case(NamedTuple):
    """When a case was opened, on which month, and when it was closed."""

    partner_id: str
    month: int
    opened_at: datetime
    closed_at: datetime | None


class _Below(NamedTuple):
    """That a review found a partner below; `case`: a case came of it."""

    review: ReviewRow
    tier: str
    findings: Findings
    case: bool


def alike_by(moment: str, tier: str, version: int, findings: Iterable[dict[str, Any]]) -> Alike:
    verdicts = sorted((str(f["metric"]), str(f["verdict"])) for f in findings)
    return Alike(moment, tier, version, tuple(verdicts))


def found_below(
    session: Session, since: date, until: date, overrides: Overrides
) -> Iterator[Treatment]:
    """Everybody whom reviews between two days found below, month by month."""
    row = CaseRow
    query = select(row.partner_id, row.month, row.opened_at, row.closed_at)
    cases = [_Case._make(columns) for columns in session.execute(query)]
    for month, of_month in _reviews(session, since, until).items():
        moment = f"below in {Month.from_number(month)}"
        found = _found(session, of_month, cases, overrides)
        for partner_id, below in sorted(found.items()):
            alike = alike_by(moment, below.tier, below.review.policy_version, below.findings)
            if below.case:
                yield Treatment(partner_id, alike, "a case")
            else:
                why = _why_no_case(session, below.review, partner_id, overrides)
                yield Treatment(partner_id, alike, "no case", why)
        yield from _by_hand(session, month, moment, found)


def _reviews(session: Session, since: date, until: date) -> dict[int, list[ReviewRow]]:
    """Monthly reviews and daily watches that are done, oldest first, by the month they judged."""
    query = select(ReviewRow).where(
        ReviewRow.kind.in_((ReviewKind.MONTHLY, ReviewKind.DAILY)),
        ReviewRow.status == ReviewStatus.DONE,
        ReviewRow.as_of.between(since, until),
    )
    by_month: defaultdict[int, list[ReviewRow]] = defaultdict(list)
    for review in session.scalars(query.order_by(ReviewRow.as_of, ReviewRow.started_at)):
        by_month[review.month].append(review)
    return by_month


def _found(
    session: Session, of_month: list[ReviewRow], cases: list[_Case], overrides: Overrides
) -> dict[str, _Below]:
    """Each partner once: as first found, or as found when a case came of it."""
    found: dict[str, _Below] = {}
    for review in of_month:
        with_case = _with_case(session, review, cases)
        for partner_id, tier, findings in _judged_below(session, review):
            case = partner_id in with_case
            if partner_id not in found or (case and not found[partner_id].case):
                found[partner_id] = _Below(review, tier, findings, case)
    monthly = [review for review in of_month if review.kind == ReviewKind.MONTHLY]
    for review in monthly:
        for partner_id, tier, findings in _passed_over(session, review, overrides):
            found.setdefault(partner_id, _Below(review, tier, findings, case=False))
    return found


def _judged_below(session: Session, review: ReviewRow) -> list[tuple[str, str, Findings]]:
    row = ReviewAssessmentRow
    query = select(row.partner_id, row.tier, row.findings).where(
        row.review_id == review.review_id, row.verdict == Verdict.BELOW
    )
    found = session.execute(query.order_by(row.partner_id))
    return [(one.partner_id, one.tier, one.findings) for one in found]


def _passed_over(
    session: Session, review: ReviewRow, overrides: Overrides
) -> Iterator[tuple[str, str, Findings]]:
    """Of partners that the review did not look at for an override, those below, by what is known
    now."""
    row = ReviewAssessmentRow
    exempt = [who for who, all_ in overrides.items() if _in_force(all_, review.as_of)]
    judged = select(row.partner_id).where(
        row.review_id == review.review_id, row.partner_id.in_(exempt)
    )
    unseen = sorted(set(exempt) - set(session.scalars(judged)))
    policy = policies.load(session, review.policy_version)
    month, none = Month.from_number(review.month), dict.fromkeys(unseen)
    tiers = tiers_at(session, unseen, calendar_of(policy).end_of(review.as_of))
    monthly = facts.monthly_facts(session, unseen, policy, month, none)
    for partner_id, known in monthly.items():
        tier = tiers[partner_id]
        standards = policy.keep_standards(tier)
        if tier is None or not standards:
            continue
        assessment = assess_months(policy, standards, known, month, review.as_of)
        if assessment.verdict is Verdict.BELOW:
            yield partner_id, tier, to_json(assessment.findings)


def _with_case(session: Session, review: ReviewRow, cases: list[_Case]) -> set[str]:
    """Who got a case for what the review found, or had one open when it judged.

    A review that waited for a person starts its cases late: each is then opened on the newest
    month that has settled by that day, and not on the one that the review judged.
    """
    began, newest = review.started_at, _newest_month(session, review)
    return {
        case.partner_id
        for case in cases
        if case.month == review.month
        or (case.opened_at > began and review.month < case.month <= newest)
        or (case.opened_at <= began and (case.closed_at is None or case.closed_at > began))
    }


def _newest_month(session: Session, review: ReviewRow) -> int:
    """The newest month that had settled when the review was done."""
    if review.finished_at is None:
        return review.month
    policy = policies.load(session, review.policy_version)
    day = review.finished_at.astimezone(policy.program.zone).date()
    return newest_settled(day, policy.feed.settling_days).number


def _by_hand(
    session: Session, month: int, moment: str, known: Container[str]
) -> Iterator[Treatment]:
    """Cases of a month that no review of it began: started by a person, on the same numbers."""
    query = select(CaseRow).where(CaseRow.month == month).order_by(CaseRow.partner_id)
    for case in session.scalars(query).all():
        if case.partner_id in known:
            continue
        opened = select(DecisionRow.findings).where(
            DecisionRow.case_id == case.case_id, DecisionRow.step == Step.OPENED
        )
        findings = session.scalars(opened.limit(1)).first() or case.findings
        alike = alike_by(moment, case.tier, case.policy_version, findings)
        yield Treatment(case.partner_id, alike, "a case")


def _in_force(overrides: list[OverrideRow], day: date) -> OverrideRow | None:
    for override in overrides:
        if override.from_day <= day and (not override.until_day or override.until_day >= day):
            return override
    return None


def words_of(override: OverrideRow) -> str:
    until = f" until {override.until_day}" if override.until_day else ""
    return f"{override.kind} by {override.who}{until}: {override.reason}"


# ---- why not ----


def _why_no_case(session: Session, review: ReviewRow, partner_id: str, overrides: Overrides) -> str:
    if override := _in_force(overrides.get(partner_id, []), review.as_of):
        return words_of(override)
    asked = session.get(GuardRequestRow, review.review_id)
    if asked is not None and partner_id in asked.partner_ids and asked.state != Permission.APPROVED:
        by = f" by {asked.who}: {asked.reason}" if asked.who else ""
        return f"the guard's question is {asked.state}{by}"
    if not policies.load(session, review.policy_version).enrolment.includes(partner_id):
        return "not in the launch group"
    if words := responses.why_no_case(
        session, partner_id, review.month, review.as_of, review.policy_version
    ):
        return words
    return _not_opened(session, review, partner_id)


def _not_opened(session: Session, review: ReviewRow, partner_id: str) -> str:
    """Why no case was opened when one was looked at: an exemption, or better numbers by then."""
    row = DecisionRow
    query = select(row.result).where(
        row.partner_id == partner_id, row.step == Step.NOT_OPENED, row.at >= review.started_at
    )
    result = session.scalars(query.order_by(row.decision_id).limit(1)).first()
    return f"no case was opened: {result}" if result else ""
