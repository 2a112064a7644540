"""How partners were treated, gathered from reviews, cases, decisions and overrides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from partners.domain.assessment import Verdict, assess_months
from partners.domain.calendar import Month
from partners.domain.fairness import Alike, Treatment
from partners.domain.notices import NoticeKind
from partners.domain.review import ReviewKind, ReviewStatus
from partners.store import facts, policies, responses
from partners.store.case_tables import CaseRow, DecisionRow, OverrideRow
from partners.store.findings import to_json
from partners.store.program_tables import PartnerRow
from partners.store.review_tables import GuardRequestRow, ReviewAssessmentRow, ReviewRow

_BY_PEOPLE = ("resumed", "voided", "migrated")
"""Steps of a case that a person takes; others carry a person's reason."""
_CHANGED = ("extended", "paused")


def treatments(session: Session, since: date, until: date) -> Iterator[Treatment]:
    """Everybody found below, and every case decided, from one day through another."""
    overrides = _overrides(session)
    yield from _found_below(session, since, until, overrides)
    yield from _decided(session, since, until, overrides)


def _alike(moment: str, tier: str, version: int, findings: Iterable[dict[str, Any]]) -> Alike:
    verdicts = sorted((str(f["metric"]), str(f["verdict"])) for f in findings)
    return Alike(moment, tier, version, tuple(verdicts))


# ---- a case or none ----


def _found_below(
    session: Session, since: date, until: date, overrides: dict[str, list[OverrideRow]]
) -> Iterator[Treatment]:
    query = select(ReviewRow).where(
        ReviewRow.kind == ReviewKind.MONTHLY,
        ReviewRow.status == ReviewStatus.DONE,
        ReviewRow.as_of.between(since, until),
    )
    for review in session.scalars(query.order_by(ReviewRow.as_of)).all():
        with_case = _with_case(session, review)
        for partner_id, tier, findings in _below(session, review, overrides):
            moment = f"below in {review.review_id}"
            alike = _alike(moment, tier, review.policy_version, findings)
            if partner_id in with_case:
                yield Treatment(partner_id, alike, "a case")
            else:
                why = _why_no_case(session, review, partner_id, overrides)
                yield Treatment(partner_id, alike, "no case", why)


def _below(
    session: Session, review: ReviewRow, overrides: dict[str, list[OverrideRow]]
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Whom the review found below, and whom it did not look at for an override."""
    row = ReviewAssessmentRow
    query = select(row).where(row.review_id == review.review_id).order_by(row.partner_id)
    for found in session.scalars(query.where(row.verdict == Verdict.BELOW)).all():
        yield found.partner_id, found.tier, found.findings
    exempt = [who for who, all_ in overrides.items() if _in_force(all_, review.as_of)]
    judged = select(row.partner_id).where(
        row.review_id == review.review_id, row.partner_id.in_(exempt)
    )
    unseen = sorted(set(exempt) - set(session.scalars(judged)))
    yield from _below_too(session, review, unseen)


def _below_too(
    session: Session, review: ReviewRow, partner_ids: list[str]
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Of partners that the review passed over, those below, by what is known now."""
    policy = policies.load(session, review.policy_version)
    month, none = Month.from_number(review.month), dict.fromkeys(partner_ids)
    monthly = facts.monthly_facts(session, partner_ids, policy, month, none)
    for partner_id, known in monthly.items():
        tier = session.get_one(PartnerRow, partner_id).tier
        standards = policy.keep_standards(tier)
        if tier is None or not standards:
            continue
        assessment = assess_months(policy, standards, known, month, review.as_of)
        if assessment.verdict is Verdict.BELOW:
            yield partner_id, tier, to_json(assessment.findings)


def _with_case(session: Session, review: ReviewRow) -> set[str]:
    """Who got a case for the review's month, or had one open when it was judged."""
    row = CaseRow
    was_open = and_(
        row.opened_at <= review.started_at,
        or_(row.closed_at.is_(None), row.closed_at > review.started_at),
    )
    query = select(row.partner_id).where(or_(row.month == review.month, was_open))
    return set(session.scalars(query))


def _in_force(overrides: list[OverrideRow], day: date) -> OverrideRow | None:
    for override in overrides:
        if override.from_day <= day and (not override.until_day or override.until_day >= day):
            return override
    return None


def _why_no_case(
    session: Session, review: ReviewRow, partner_id: str, overrides: dict[str, list[OverrideRow]]
) -> str:
    if override := _in_force(overrides.get(partner_id, []), review.as_of):
        return _words(override)
    asked = session.get(GuardRequestRow, review.review_id)
    if asked is not None and partner_id in asked.partner_ids and asked.state != "approved":
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
    """The exemption that was recorded when a case was looked at, on other grounds than numbers."""
    row = DecisionRow
    query = select(row.result).where(
        row.partner_id == partner_id, row.step == "not opened", row.at >= review.started_at
    )
    result = session.scalars(query.order_by(row.decision_id).limit(1)).first()
    return f"no case was opened: {result}" if result else ""


# ---- how cases were decided ----


def _decided(
    session: Session, since: date, until: date, overrides: dict[str, list[OverrideRow]]
) -> Iterator[Treatment]:
    """Cases whose outcome is known, by the verdicts that the decision rests on."""
    query = select(CaseRow).where(CaseRow.outcome.is_not(None))
    for case in session.scalars(query.order_by(CaseRow.case_id)).all():
        decided = case.decided_at.date() if case.decided_at else None
        if decided is None or not since <= decided <= until:
            continue
        decisions = _decisions(session, case.case_id)
        why = _why_otherwise(case, decisions, overrides)
        findings = _basis(decisions) or (why and (case.latest or case.findings))
        if findings:  # else nobody judged it: cured before the warning, or older than the records
            alike = _alike("decided", case.tier, case.policy_version, findings)
            what = (case.outcome or "").replace("_", " ")
            yield Treatment(case.partner_id, alike, what, why)
        if case.warned_at is not None and case.notice_kind == NoticeKind.WARNING:
            days = ", ".join([f"{case.period_days} days of grace", *_changed(decisions)])
            grace = _alike("grace given", case.tier, case.policy_version, case.findings)
            yield Treatment(case.partner_id, grace, days, why)


def _decisions(session: Session, case_id: str) -> list[DecisionRow]:
    query = select(DecisionRow).where(DecisionRow.case_id == case_id)
    return list(session.scalars(query.order_by(DecisionRow.decision_id)))


def _changed(decisions: list[DecisionRow]) -> list[str]:
    """How a person changed the grace period."""
    return [step for step in _CHANGED if any(d.step == step for d in decisions)]


def _basis(decisions: list[DecisionRow]) -> list[dict[str, Any]]:
    """The findings of the last decision that had any."""
    decided = [d.findings for d in decisions if d.step == "decided" and d.findings]
    return decided[-1] if decided else []


def _why_otherwise(
    case: CaseRow, decisions: list[DecisionRow], overrides: dict[str, list[OverrideRow]]
) -> str:
    """What a person did about the case, or what else set it apart."""
    by_people = [d for d in decisions if d.reason or d.step in _BY_PEOPLE]
    words = [f"{d.step} by {d.actor}" + (f": {d.reason}" if d.reason else "") for d in by_people]
    ended = (case.decided_at or case.opened_at).date()
    for override in overrides.get(case.partner_id, ()):
        began = override.from_day <= ended
        if began and (not override.until_day or override.until_day >= case.opened_at.date()):
            words.append(_words(override))
    words += [d.result for d in decisions if d.step == "decided" and "corrected data" in d.result]
    words += [d.result for d in decisions if d.step == "decided" and "cured for" in d.result]
    return "; ".join(words)


def _words(override: OverrideRow) -> str:
    until = f" until {override.until_day}" if override.until_day else ""
    return f"{override.kind} by {override.who}{until}: {override.reason}"


def _overrides(session: Session) -> dict[str, list[OverrideRow]]:
    found: defaultdict[str, list[OverrideRow]] = defaultdict(list)
    for row in session.scalars(select(OverrideRow).order_by(OverrideRow.override_id)):
        found[row.partner_id].append(row)
    return found
