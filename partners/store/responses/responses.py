"""The steps of progressive response: what was taken, told, and withdrawn again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.judging.assessment import Finding
from partners.domain.mail.notices import check_in_key
from partners.domain.mail.view import Sending
from partners.domain.policy.policy import Policy
from partners.domain.policy.response_policy import OnSerious
from partners.domain.policy.response_steps import ResponseStep
from partners.domain.responses.response import Taken
from partners.domain.time.calendar import Month
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.findings import to_json
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.response_tables import ComplaintRow, ResponseRow

_STEPS = frozenset(ResponseStep)


def taken_by(session: Session, first: str, last: str) -> dict[str, list[Taken]]:
    """The steps about every partner from one id through another, in one range scan."""
    return _taken(session, ResponseRow.partner_id.between(first, last))


def taken(session: Session, partner_id: str) -> list[Taken]:
    """The steps about one partner."""
    return _taken(session, ResponseRow.partner_id == partner_id).get(partner_id, [])


def _taken(session: Session, whose: ColumnElement[bool]) -> dict[str, list[Taken]]:
    row = ResponseRow
    query = select(
        row.partner_id, row.subject, row.step, row.month, row.taken_on, row.told_at, row.withdrawn
    ).where(whose, row.step.in_(_STEPS))
    found: defaultdict[str, list[Taken]] = defaultdict(list)
    for partner_id, metric, step, month, on, told_at, withdrawn in session.execute(query):
        told = told_at is not None or step != ResponseStep.CHECK_IN
        one = Taken(
            metric,
            ResponseStep(step),
            Month.from_number(month),
            on,
            told=told,
            withdrawn=withdrawn is not None,
        )
        found[partner_id].append(one)
    return found


def record_check_ins(
    session: Session,
    partner: PartnerRow,
    findings: Sequence[Finding],
    *,
    why: dict[str, str],
    month: Month,
    day: date,
    now: datetime,
    policy_version: int,
    actor: str,
) -> list[ResponseRow]:
    """Record a check-in about each finding; one message will tell of them together."""
    key = check_in_key(partner.partner_id, str(month), findings[0].metric)
    rows = [
        ResponseRow(
            partner_id=partner.partner_id,
            subject=finding.metric,
            month=month.number,
            step=ResponseStep.CHECK_IN,
            taken_on=day,
            recorded_at=now,
            tier=partner.tier,
            why=why[finding.metric],
            findings=to_json([finding]),
            policy_version=policy_version,
            actor=actor,
            notice_key=key,
        )
        for finding in findings
    ]
    session.add_all(rows)
    session.flush()
    return rows


def record_of_case(
    session: Session,
    case: CaseRow,
    step: ResponseStep,
    findings: Iterable[Finding],
    *,
    why: dict[str, str],
    day: date,
    now: datetime,
    actor: str,
) -> None:
    """Record that a case came to a step, once for each criterion."""
    row = ResponseRow
    query = select(row.subject).where(row.case_id == case.case_id, row.step == step)
    known = set(session.scalars(query))
    session.add_all(
        ResponseRow(
            partner_id=case.partner_id,
            subject=finding.metric,
            month=case.month,
            step=step,
            taken_on=day,
            recorded_at=now,
            tier=case.tier,
            why=why[finding.metric],
            findings=to_json([finding]),
            policy_version=case.policy_version,
            actor=actor,
            case_id=case.case_id,
        )
        for finding in findings
        if finding.metric not in known
    )
    session.flush()


def withdraw_of_case(session: Session, case_id: str, why: str) -> None:
    """Withdraw the steps of a case that should not have been opened: no other follows from them."""
    query = select(ResponseRow).where(
        ResponseRow.case_id == case_id, ResponseRow.withdrawn.is_(None)
    )
    for row in session.scalars(query):
        row.withdrawn = why


def record_serious(
    session: Session,
    complaint: ComplaintRow,
    step: OnSerious,
    policy: Policy,
    policy_version: int,
) -> None:
    """Record how a serious complaint is answered."""
    session.add(
        ResponseRow(
            partner_id=complaint.partner_id,
            subject=_subject(complaint.complaint_id),
            month=Month.of(complaint.received_on).number,
            step=step,
            taken_on=calendar_of(policy).day_of(complaint.recorded_at),
            recorded_at=complaint.recorded_at,
            tier=session.get_one(PartnerRow, complaint.partner_id).tier,
            why="a serious complaint",
            findings=[],
            policy_version=policy_version,
            actor=complaint.who,
        )
    )
    session.flush()


def withdraw_of_complaint(session: Session, number: int, why: str) -> None:
    query = select(ResponseRow).where(ResponseRow.subject == _subject(number))
    for row in session.scalars(query):
        row.withdrawn = why


def _subject(complaint: int) -> str:
    return f"complaint/{complaint}"


def untold(session: Session, partner_id: str) -> list[ResponseRow]:
    """The rows of the oldest check-in whose message has yet to go out; empty if all have."""
    row = ResponseRow
    query = select(row).where(
        row.partner_id == partner_id,
        row.step == ResponseStep.CHECK_IN,
        row.told_at.is_(None),
    )
    rows = session.scalars(query.order_by(row.response_id)).all()
    return [r for r in rows if r.notice_key == rows[0].notice_key]


def with_untold(session: Session) -> list[str]:
    """Partners whose check-in has yet to go out."""
    row = ResponseRow
    query = select(row.partner_id).where(row.step == ResponseStep.CHECK_IN, row.told_at.is_(None))
    return sorted(set(session.scalars(query)))


def of_message(session: Session, key: str) -> Sequence[ResponseRow]:
    """The rows that one check-in's message tells of, in the policy's order."""
    query = select(ResponseRow).where(ResponseRow.notice_key == key)
    return session.scalars(query.order_by(ResponseRow.response_id)).all()


def told(session: Session, key: str, result: Sending, detail: str, now: datetime) -> None:
    """Record, once, what became of a check-in's message. From then on the issue is a repeat."""
    for row in of_message(session, key):
        if row.told_at is not None:
            continue
        policy = policies.load(session, row.policy_version)
        row.told_at, row.taken_on = now, calendar_of(policy).day_of(now)
        row.sending = result
        row.result = f"{result}: {detail}" if detail else str(result)
        if result is Sending.SKIPPED and row.withdrawn is None:
            row.withdrawn = detail


def check_ins_that_reached(
    session: Session, partner_id: str, metrics: Collection[str], since: date, until: date
) -> Sequence[ResponseRow]:
    """Check-ins on these criteria that the partner got within these days, oldest first."""
    row = ResponseRow
    query = select(row).where(
        row.partner_id == partner_id,
        row.subject.in_(metrics),
        row.step == ResponseStep.CHECK_IN,
        row.withdrawn.is_(None),
        row.sending == Sending.SENT,
        row.taken_on.between(since, until),
    )
    return session.scalars(query.order_by(row.taken_on)).all()


def why_no_case(
    session: Session, partner_id: str, month: int, day: date, policy_version: int
) -> str:
    """The check-in that answered an issue on that day, in words; blank if none did."""
    remembered = policies.load(session, policy_version).response.repeat_within_days
    row = ResponseRow
    query = select(row).where(
        row.partner_id == partner_id,
        row.step == ResponseStep.CHECK_IN,
        row.month <= month,
        row.taken_on >= day - timedelta(days=remembered),
    )
    found = session.scalars(query.order_by(row.response_id.desc())).first()
    if found is None:
        return ""
    return f"answered by a check-in about {found.subject}, for {Month.from_number(found.month)}"


def of_partner(session: Session, partner_id: str) -> Sequence[ResponseRow]:
    """Every step about a partner, oldest first."""
    query = select(ResponseRow).where(ResponseRow.partner_id == partner_id)
    return session.scalars(query.order_by(ResponseRow.response_id)).all()
