"""What `bench.audit` verifies: decisions with findings, messages and cases that went on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench._review_data import policy
from partners.domain.cases.case import CaseStatus
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.mail.notices import MailState
from partners.domain.record.audit import canonical, sha256
from partners.domain.record.decisions import Step
from partners.store.engine.database import Database
from partners.store.policy import policies
from partners.store.record.audit_fields import FIELDS
from partners.store.tables.audit_tables import AuditRow
from partners.store.tables.case_tables import CaseRow, DecisionRow
from partners.store.tables.findings import to_json
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PAGE = 500
FINDINGS = to_json(
    Finding(metric, Decimal("0.8125"), Decimal("0.9"), True, 3, 48, 10, Verdict.BELOW)
    for metric in ("orders_per_month", "acceptance_rate", "completion_rate", "rating")
)
FIRST, LATER = (Step.OPENED, Step.GRACE_PERIOD), (Step.ASSESSED, Step.DECIDED)
TEXT = "You were measured on four standards and fell short of two. " * 40


def fill(database: Database, cases: int) -> None:
    """So many cases, each with four decisions and a warning, written in two steps."""
    with database.write() as session:
        policies.accept(session, policy(), "", NOW, "bench")
    for start in range(0, cases, PAGE):
        numbers = range(start, min(start + PAGE, cases))
        with database.write() as session:
            session.add_all(PartnerRow(**_partner(n)) for n in numbers)
            session.flush()
            session.add_all(CaseRow(**_case(n)) for n in numbers)
            session.add_all(OutboxRow(**_message(n)) for n in numbers)
            session.add_all(DecisionRow(**_decision(n, s)) for n in numbers for s in FIRST)
        with database.write() as session:
            ids = [f"p{n}-2026-10" for n in numbers]
            for case in session.scalars(select(CaseRow).where(CaseRow.case_id.in_(ids))):
                case.status, case.warned_at = CaseStatus.IN_GRACE, NOW
                case.deadline = NOW.date() + timedelta(days=45)
            for row in session.scalars(select(OutboxRow).where(OutboxRow.case_id.in_(ids))):
                row.state = MailState.ACCEPTED
            session.add_all(DecisionRow(**_decision(n, s)) for n in numbers for s in LATER)


def read_and_hash(session: Session) -> int:
    """The floor: every entry and every record behind it, read once as plain columns, and the JSON
    of each hashed once. Nothing is compared."""
    rows = 0
    for table in (AuditRow, CaseRow, DecisionRow, OutboxRow):
        names = FIELDS.get(table, tuple(table.__table__.columns.keys()))
        query = select(*(getattr(table, name) for name in names))
        for record in session.execute(query.execution_options(yield_per=PAGE)):
            sha256(canonical(dict(zip(names, record, strict=True))))
            rows += 1
    return rows


def _partner(number: int) -> dict[str, object]:
    return {
        "partner_id": f"p{number}", "name": "P", "email": "p@example.org", "kind": "reseller",
        "joined_on": NOW.date(), "tier": "preferred", "tier_since": NOW.date(),
    }  # fmt: skip


def _case(number: int) -> dict[str, object]:
    return {
        "case_id": f"p{number}-2026-10", "partner_id": f"p{number}", "month": 202610,
        "since": NOW.date(), "tier": "preferred", "policy_version": 1, "repeat": False,
        "revision": 1, "status": CaseStatus.OPENED, "opened_at": NOW, "findings": FINDINGS,
        "latest": [], "notice_kind": "warning", "attempt": 1, "period_days": 45,
        "notices_done": [], "hold_count": 0, "hold_notices": 0, "silent": False, "untold": False,
    }  # fmt: skip


def _message(number: int) -> dict[str, object]:
    key = f"grace/p{number}-2026-10/warning/1"
    return {
        "message_key": key, "notice_key": key, "attempt": 1, "public_id": f"m{number}",
        "kind": "warning", "partner_id": f"p{number}", "case_id": f"p{number}-2026-10",
        "state": MailState.SENDING, "to": ["p@example.org"], "sender": "s@example.org",
        "subject": "About your standing", "text": TEXT, "html": f"<p>{TEXT}</p>",
        "rendered_at": NOW, "stated_deadline": NOW.date(), "untold": False,
    }  # fmt: skip


def _decision(number: int, step: Step) -> dict[str, object]:
    return {
        "partner_id": f"p{number}", "case_id": f"p{number}-2026-10", "at": NOW, "step": step,
        "result": "below", "as_of": NOW.date(), "policy_version": 1, "findings": FINDINGS,
        "actor": "workflow 0c9e", "reason": None,
    }  # fmt: skip
