"""A database in which whatever people may write is written to harm whoever prints it."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, DateTime, Table, Text, insert

from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.offers.places import digest_of_codes
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.tables.base import Base, Exact, Instant, Word
from partners.store.tables.findings import to_json
from tests import builders

HOSTILE = "X [/nope] [bold]b[/] :boom: \x1b]0;owned\x07\x1b[2J\x9b31m\u202etxt.exe\u2066\x7f"
KEY = "k[/nope]\x1b[2J"
"""The same where a column takes only a little."""

NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)
FINDINGS = to_json(
    [Finding("orders_per_month", Decimal(3), Decimal(10), True, 1, 3, 1, Verdict.BELOW)]
)

MEANT: dict[str, Any] = {
    # what a program writes and reads, and no person
    "partner_id": "acme", "case_id": "acme-2026-10", "tier": "preferred", "from_tier": "preferred",
    "to_tier": "preferred", "policy_version": 1, "findings": FINDINGS, "latest": FINDINGS,
    "month": Month(2026, 10).number, "currency": "EUR", "partner_ids": ["acme"],
    "placed_month": 202610, "review_id": "monthly/2026-10", "period": "2026-10",
    "counts": {"judged": 1}, "body": "{}", "outcome_month": 202610, "email": "acme@example.com",
    "scope": "all", "address_ok": 1, "public_id": "p1", "language": "en", "time_zone": "UTC",
    "action": "none", "verdict": "below", "standing": "good", "severity": "serious",
    "bounce_type": "bounce", "metric": "orders_per_month", "appraisals.criterion": "quality",
    "cases.status": "on_hold", "cases.hold_reason": "guard", "cases.notice_kind": "warning",
    "cases.closed_at": None, "cases.outcome": None, "cases.next": None, "cases.decided_at": None,
    "cases.notices_done": [], "audit.seq": 1000, "audit.kind": "decision", "audit.details": "{}",
    "audit.hash": "0" * 64, "orders.status": "completed", "outbox.kind": "warning",
    "outbox.state": "waiting", "partners.kind": "reseller", "partners.left_on": None,
    "appeals.state": "open", "appeals.against": "warning", "candidates.state": "waiting",
    "interventions.kind": "extended", "referral_ledger.kind": "earned",
    "referral_news.kind": "referral_converted", "referral_news.detail": {},
    "referral_news.event": "converted", "referrals.state": "converted",
    "mail_deliveries.state": "bounced", "referral_versions.state": "converted",
    "referrals.reason": HOSTILE, "reviews.kind": "monthly", "reviews.status": "done",
    "responses.step": "check_in", "responses.subject": "orders_per_month",
    "webhook_events.state": "dead", "partner_notes.type": "general",
    "guard_requests.state": "waiting", "overrides.kind": "waiver",
    "mail_preferences.topic": "newsletter", "mail_events.event": "bounce",
    "switches.name": "kind/warning", "imports.kind": "orders", "order_versions.content": {},
    "settings.name": "nothing", "responses.withdrawn": None, "complaints.withdrawn_at": None,
    "overrides.until_day": date(2030, 1, 1), "appeals.decided_at": None,
    "checklists.done_on": date(2026, 11, 1), "payouts.paid_on": None,
    "overrides.from_day": date(2026, 1, 1), "suppressions.cause": "bounce",
    "places": 1, "places_sha256": digest_of_codes([KEY[:16]]),
    "set_aside.during": "standards", "exclusives.period": "monthly",
    "exclusive_reviews.verdict": "met", "grants.revoked_at": None, "exclusives.renews": None,
}  # fmt: skip
ALREADY = ("policies", "locks", "settings")


def fill(database: Database) -> None:
    """One row in every table, as hostile as its columns take it."""
    builders.accept(database, builders.a_policy(program={"name": "P [/nope]"}))
    with database.write() as session:
        for table in Base.metadata.sorted_tables:
            if table.name not in ALREADY:
                session.execute(insert(table), row_of(table))


def row_of(table: Table) -> dict[str, Any]:
    return {column.name: _value(table, column) for column in table.columns}


def _value(table: Table, column: Column[Any]) -> Any:
    for name in (f"{table.name}.{column.name}", column.name):
        if name in MEANT:
            return MEANT[name]
    match column.type:
        case JSON():
            return [HOSTILE]
        case Boolean():
            return False
        case Date():
            return NOW.date()
        case Instant() | DateTime():
            return NOW
        case Exact():
            return Decimal(5)
        case Text():
            return HOSTILE
        case Word():
            return next(iter(column.type.words))
    if column.type.python_type is str:
        return KEY[: column.type.length]  # type: ignore[attr-defined]
    return 1


def harmful(printed: str) -> set[str]:
    """Whatever in a text a terminal would obey, or would not show."""
    return {
        c
        for c in printed
        if (unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t")
        or unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI")
        or unicodedata.bidirectional(c) == "PDI"
    }
