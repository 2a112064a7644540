"""What is there before the demo begins: a policy, a case of last spring, a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from partners.domain.cases.case import CaseStatus, Outcome
from partners.domain.judging.assessment import Finding
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.cases import cases
from partners.store.policy import policies
from partners.store.tables.program_tables import PartnerRow
from partners.use_cases.acting import Admin


@dataclass(frozen=True)
class PastCase:
    """A case that was opened after a weak month, and ended well."""

    partner_id: str
    month: Month
    since: date
    opened_at: datetime
    closed_at: datetime
    period_days: int
    finding: Finding


def set_stage(by: Admin, policy: Policy, source: str) -> None:
    """The policy in force, from now on."""
    with by.database.write() as session:
        policies.accept(session, policy, source, by.now(), by.name)


def add_past_case(by: Admin, past: PastCase) -> None:
    """As if the program had seen it."""
    with by.database.write() as session:
        case = cases.new_case(
            session,
            session.get_one(PartnerRow, past.partner_id),
            month=past.month,
            since=past.since,
            policy_version=1,
            repeat=False,
            opened_at=past.opened_at,
            period_days=past.period_days,
            findings=[past.finding],
        )
        case.warned_at = case.clock_from = past.opened_at
        deadline = (past.opened_at + timedelta(days=past.period_days)).date()
        case.stated_deadline = case.deadline = deadline
        case.status = CaseStatus.CLOSED
        case.outcome = Outcome.REINSTATED
        case.decided_at = case.closed_at = past.closed_at
