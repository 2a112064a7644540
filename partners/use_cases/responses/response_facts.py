"""Steps of progressive response and complaints, as people see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from partners.domain.responses.complaint import Severity
from partners.domain.time.calendar import Month
from partners.store.policy import policies
from partners.store.tables.response_tables import ComplaintRow, ResponseRow


@dataclass(frozen=True)
class StepTaken:
    """What was answered, when and why, and what became of it."""

    step: str
    subject: str  # a metric, or `complaint/17`
    subject_label: str
    month: Month
    taken_on: date
    why: str
    findings: list[dict[str, Any]]
    policy_version: int
    actor: str
    case_id: str | None
    result: str | None
    withdrawn: str | None  # why it does not count
    is_told: bool

    @classmethod
    def of(cls, session: Session, row: ResponseRow) -> StepTaken:
        metric = policies.load(session, row.policy_version).metric_or_none(row.subject)
        return cls(
            row.step,
            row.subject,
            metric.label if metric else row.subject,
            Month.from_number(row.month),
            row.taken_on,
            row.why,
            row.findings,
            row.policy_version,
            row.actor,
            row.case_id,
            row.result,
            row.withdrawn,
            row.told_at is not None,
        )


@dataclass(frozen=True)
class ComplaintFacts:
    """What was complained of, and where it stands."""

    complaint_id: int
    partner_id: str
    severity: Severity
    received_on: date
    order_id: str | None
    text: str
    by: str
    withdrawn: tuple[str, str] | None  # by whom and why
    settled: tuple[str, str] | None  # by whom and how

    @classmethod
    def of(cls, row: ComplaintRow) -> ComplaintFacts:
        return cls(
            row.complaint_id,
            row.partner_id,
            row.severity,
            row.received_on,
            row.order_id,
            row.text,
            row.who,
            (row.withdrawn_by or "", row.withdrawn_why or "") if row.withdrawn_at else None,
            (row.settled_by or "", row.settled_how or "") if row.settled_at else None,
        )
