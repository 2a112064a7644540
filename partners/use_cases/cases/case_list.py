"""Cases as lists show them, the nearest deadline first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, select, true
from sqlalchemy.orm import Session

from partners.domain.mail.notices import MailState
from partners.domain.time.calendar import Month
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied

_COLUMNS = (
    CaseRow.case_id,
    CaseRow.partner_id,
    CaseRow.tier,
    CaseRow.month,
    CaseRow.status,
    CaseRow.opened_at,
    CaseRow.warned_at,
    CaseRow.deadline,
    CaseRow.hold_reason,
    CaseRow.hold_until,
    CaseRow.outcome,
    CaseRow.policy_version,
    CaseRow.recovery_since,
)
"""What the list shows: findings are long, and stay where they are."""


@dataclass(frozen=True)
class CaseFacts:
    """A case, but for its findings."""

    case_id: str
    partner_id: str
    tier: str
    month: Month
    status: str
    opened_at: datetime
    warned_at: datetime | None
    deadline: date | None
    hold_reason: str | None
    hold_until: date | None
    outcome: str | None
    policy_version: int
    recovery_since: datetime | None
    waiting_message: int | None = None  # the number of a message that a person has to send
    name: str = ""  # the partner's

    @classmethod
    def of(
        cls, row: CaseRow | Row[Any], waiting_message: int | None = None, name: str = ""
    ) -> CaseFacts:
        month = Month.from_number(row.month)
        return copied(cls, row, month=month, waiting_message=waiting_message, name=name)


@dataclass(frozen=True)
class CaseList:
    """How many there are in all, and those asked for, read while they are taken."""

    total: int
    cases: Iterator[CaseFacts]


@contextmanager
def list_cases(by: Viewer, closed_too: bool, limit: int | None = None) -> Iterator[CaseList]:
    """The open cases, or all of them; one more than the limit, if there are more."""
    with by.database.read() as session:
        which = true() if closed_too else CaseRow.closed_at.is_(None)
        total = session.scalar(select(func.count()).select_from(CaseRow).where(which)) or 0
        yield CaseList(total, _cases(session, closed_too, limit))


def _cases(session: Session, closed_too: bool, limit: int | None) -> Iterator[CaseFacts]:
    """In one query; with each, its message that waits."""
    row = OutboxRow
    waits = select(row.case_id, func.min(row.outbox_id).label("number"))
    waits_for = waits.where(row.state == MailState.WAITING).group_by(row.case_id).subquery()
    query = (
        select(*_COLUMNS, PartnerRow.name, waits_for.c.number)
        .join(PartnerRow, PartnerRow.partner_id == CaseRow.partner_id)
        .outerjoin(waits_for, waits_for.c.case_id == CaseRow.case_id)
        .where(true() if closed_too else CaseRow.closed_at.is_(None))
        .order_by(CaseRow.deadline.is_(None), CaseRow.deadline, CaseRow.case_id)
        .limit(limit and limit + 1)  # whether there are more is said
        .execution_options(yield_per=500)
    )
    found: Iterable[Row[Any]] = session.execute(query)
    for case in found:
        yield CaseFacts.of(case, case.number, case.name)
