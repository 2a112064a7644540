"""Steps of progressive response and complaints, as people see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from partners.domain.responses.response import Severity
from partners.domain.time.calendar import Month
from partners.store.policy import policies
from partners.store.tables.response_tables import ComplaintRow, ResponseRow
from partners.use_cases.copying import copied


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
    told_at: datetime | None

    @classmethod
    def of(cls, session: Session, row: ResponseRow) -> StepTaken:
        metric = policies.load(session, row.policy_version).metric_or_none(row.subject)
        label = metric.label if metric else row.subject
        return copied(cls, row, subject_label=label, month=Month.from_number(row.month))


@dataclass(frozen=True)
class ComplaintFacts:
    """What was complained of, and where it stands."""

    complaint_id: int
    partner_id: str
    severity: Severity
    received_on: date
    order_id: str | None
    text: str
    who: str
    withdrawn: tuple[str, str] | None  # by whom and why
    settled: tuple[str, str] | None  # by whom and how

    @classmethod
    def of(cls, row: ComplaintRow) -> ComplaintFacts:
        return copied(
            cls,
            row,
            withdrawn=(row.withdrawn_by, row.withdrawn_why) if row.withdrawn_at else None,
            settled=(row.settled_by, row.settled_how) if row.settled_at else None,
        )
