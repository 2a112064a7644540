"""Opening a case: judge the newest settled month, and open a case only if the rules allow it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from activities.judging.gathering import CaseFile
from activities.refusing import known_partner, policy_in_force
from activities.services import actor
from partners.calendars import calendar_of
from partners.domain.cases.case import (
    NotOpened,
    PartnerHistory,
    is_repeat,
    why_exempt,
    why_unjudged,
)
from partners.domain.judging.assessment import Assessment, Verdict, assess_months
from partners.domain.judging.coverage import Coverage
from partners.domain.policy.policy import Policy
from partners.domain.record.decisions import Step
from partners.domain.responses.response import Answer, about, answer
from partners.domain.time.calendar import Month
from partners.mail.words import wording
from partners.store.cases import cases
from partners.store.judging import facts
from partners.store.judging.histories import histories
from partners.store.overrides import overrides
from partners.store.responses import responses
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.program_tables import PartnerRow


@dataclass(frozen=True)
class Judgement:
    """Whether a case is to be opened; `reason` says why not."""

    month: Month
    history: PartnerHistory
    reason: NotOpened | None = None
    detail: str = ""
    assessment: Assessment | None = None
    answer: Answer | None = None  # which step each failing criterion leads to


def judge(session: Session, partner: PartnerRow, policy: Policy, now: datetime) -> Judgement:
    """Judge a partner on the newest settled month (rules 2, 3, 4, 10)."""
    calendar = calendar_of(policy)
    today = calendar.day_of(now)
    month = calendar.newest_settled_month(today, policy.feed.settling_days)
    history = histories(session, calendar, [partner.partner_id])[partner.partner_id]
    coverage = facts.coverage(session)
    in_force = overrides.kinds_in_force(session, partner.partner_id, today)
    reason = why_exempt(partner, policy, in_force)
    standards = policy.keep_standards(partner.tier)
    reason = reason or why_unjudged(
        history, policy, coverage, month, today, policy.needs_feed(standards)
    )
    if reason is not None:
        detail = _why_in_detail(reason, coverage, month)
        return Judgement(month, history, reason, detail)
    since = {partner.partner_id: history.since(policy.review.judge_from)}
    monthly = facts.monthly_facts(session, [partner.partner_id], policy, month, since)
    assessment = assess_months(policy, standards, monthly[partner.partner_id], month, today)
    reasons = {
        Verdict.PASSING: NotOpened.NOT_BELOW,
        Verdict.INSUFFICIENT: NotOpened.INSUFFICIENT,
    }
    detail = f"{month}: {wording.summary(assessment.findings, policy)}"
    reason, answered = reasons.get(assessment.verdict), None
    if reason is None and not policy.enrolment.includes(partner.partner_id):
        reason = NotOpened.NOT_LAUNCHED
    if reason is None:
        answered = next_steps(session, partner, policy, assessment, month, today)
        reason = answered.why_no_case
    return Judgement(month, history, reason, detail, assessment, answered)


def next_steps(
    session: Session,
    partner: PartnerRow,
    policy: Policy,
    assessment: Assessment,
    month: Month,
    today: date,
) -> Answer:
    """The step that each failing criterion leads to: a check-in, or a case."""
    tier = policy.tier(partner.tier or "")
    assert tier is not None
    return answer(
        tier.keep_standards,
        assessment.below,
        responses.taken(session, partner.partner_id) if tier.keep_responds else (),
        month,
        today,
        policy.response.repeat_within_days,
    )


def _why_in_detail(reason: NotOpened, coverage: Coverage, month: Month) -> str:
    if reason is NotOpened.STALE_FEED:
        return f"last covered day: {coverage.newest_day or 'none'}"
    about_month = reason in (NotOpened.MONTH_TOO_EARLY, NotOpened.MONTH_ALREADY_JUDGED)
    return f"month: {month}" if about_month else ""


def open_or_continue(
    session: Session, partner_id: str, now: datetime
) -> tuple[CaseFile | None, Judgement | None]:
    """The partner's open case, or a new one; without either, the judgement says why.

    A new run goes on with the case that it finds: after a terminate, a reset or a restore.
    """
    # A case that is open is locked before its partner, as its own steps do.
    if (existing := cases.open_case_of(session, partner_id)) is not None:
        return CaseFile.of(session, existing.case_id, now), None
    # Locked before the judgement: until the case nobody else opens one for the partner, or changes
    # the tier. Looked again, for somebody may have opened one just before.
    partner = known_partner(session, partner_id)
    if (existing := cases.open_case_of(session, partner_id)) is not None:
        return CaseFile.of(session, existing.case_id, now), None
    version, policy = policy_in_force(session, now)
    judgement = judge(session, partner, policy, now)
    case = None
    if judgement.reason is None:
        case = _open(session, partner, version, policy, judgement, now)
    decided = cases.Decided(
        partner_id=partner_id,
        case=case,
        at=now,
        step=Step.OPENED if case else Step.NOT_OPENED,
        result=judgement.reason or judgement.detail,
        came_to=judgement.reason,
        as_of=judgement.month.last_day,
        policy_version=version,
        findings=judgement.assessment.findings if judgement.assessment else (),
        actor=actor(),
    )
    cases.record_decision(session, decided)
    if case is None:
        return None, judgement
    return CaseFile(session, partner, policy, calendar_of(policy), now, case), judgement


def _open(
    session: Session,
    partner: PartnerRow,
    version: int,
    policy: Policy,
    judgement: Judgement,
    now: datetime,
) -> CaseRow:
    assert judgement.assessment is not None
    assert judgement.answer is not None
    today = calendar_of(policy).day_of(now)
    return cases.new_case(
        session,
        partner,
        month=judgement.month,
        since=judgement.history.since(policy.review.judge_from),
        policy_version=version,
        repeat=is_repeat(judgement.history, policy.grace.relapse_days, today),
        opened_at=now,
        period_days=policy.grace.days,
        findings=about(judgement.assessment.findings, judgement.answer.warned),
    )
