"""How an audit entry names a record and proves what it said."""

from __future__ import annotations

import hashlib
from operator import attrgetter
from typing import Any

from sqlalchemy import Text, cast, func, inspect, select, type_coerce
from sqlalchemy.orm import Session

from partners.domain.record.audit import canonical, sha256
from partners.store.tables.base import Base
from partners.store.tables.case_tables import AppealRow, DecisionRow, InterventionRow, TierChangeRow
from partners.store.tables.exclusive_tables import ExclusiveRow, ExclusiveStateRow
from partners.store.tables.feed_tables import SettledOrderRow
from partners.store.tables.mail_tables import OutboxRow, UnblockRow
from partners.store.tables.offer_tables import AreaRow, GrantRow, OfferStateRow, PriceRow
from partners.store.tables.program_tables import PolicyRow
from partners.store.tables.referral_tables import LedgerRow
from partners.store.tables.response_tables import ComplaintRow, ResponseRow
from partners.store.tables.review_tables import AppraisalRow, PartnerNoteRow, ReviewAssessmentRow

FIELDS: dict[type[Base], tuple[str, ...]] = {
    DecisionRow: (
        "partner_id",
        "case_id",
        "at",
        "step",
        "result",
        "as_of",
        "policy_version",
        "findings",
        "actor",
        "reason",
    ),
    TierChangeRow: (
        "key",
        "partner_id",
        "case_id",
        "from_tier",
        "to_tier",
        "changed_at",
        "actor",
        "reason",
    ),
    PolicyRow: ("version", "sha256", "source", "content", "accepted_at", "accepted_by"),
    OutboxRow: ("message_key", "kind", "subject", "text", "html", "stated_deadline"),
    PartnerNoteRow: ("partner_id", "written_at", "who", "text", "type"),
    InterventionRow: (
        "partner_id",
        "case_id",
        "kind",
        "at",
        "who",
        "reason",
        "policy_version",
        "beyond_policy",
        "quiet",
        "tier",
        "to_tier",
        "deadline",
        "until",
        "offers",
    ),
    AppealRow: ("partner_id", "case_id", "against", "opened_at", "opened_by", "reason"),
    AppraisalRow: (
        "partner_id",
        "criterion",
        "met",
        "reviewer",
        "appraised_on",
        "expires_on",
        "notes",
    ),
    ResponseRow: (
        "partner_id",
        "subject",
        "month",
        "step",
        "recorded_at",
        "tier",
        "why",
        "findings",
        "policy_version",
        "actor",
        "case_id",
        "notice_key",
    ),
    UnblockRow: ("email", "who", "reason", "at"),
    ComplaintRow: (
        "partner_id",
        "severity",
        "text",
        "order_id",
        "received_on",
        "recorded_at",
        "who",
    ),
    AreaRow: ("area_code", "added_at", "added_by"),
    OfferStateRow: ("offer_id", "at", "status", "visibility", "who", "reason"),
    GrantRow: ("offer_id", "partner_id", "granted_at", "who", "reason", "exclusive_id"),
    PriceRow: (
        *("offer_id", "level", "partner_id", "tier", "amount", "discount", "currency"),
        *("from_day", "set_at", "who", "reason"),
    ),
    ExclusiveRow: (
        *("exclusive_id", "partner_id", "service", "offer_id", "area_code", "first_day"),
        *("last_day", "minimum_orders", "completion", "min_sample", "period", "cure_days"),
        *("notice_days", "required_tier", "max_holders", "renews", "policy_version"),
        *("proposed_at", "proposed_by", "reason"),
    ),
    ExclusiveStateRow: ("exclusive_id", "at", "status", "who", "reason"),
    SettledOrderRow: (
        *("order_id", "partner_id", "offer_id", "reasons", "noted_at", "settled_at"),
        *("who", "reason"),
    ),
}
"""What a record's digest covers: never changed, or older digests would not fit any more."""


_VALUES = {table: attrgetter(*names) for table, names in FIELDS.items()}


def ref_of(row: Base) -> str:
    """The record's name: its table and key, `decisions/17`."""
    key = inspect(row).identity or ()
    return "/".join([row.__tablename__, *map(str, key)])


def digest(row: Base) -> str:
    """The SHA-256 of what a record says."""
    return digest_of(type(row), row)


def digest_of(table: type[Base], row: Any) -> str:
    """As `digest`, of a record read as plain columns."""
    return sha256(canonical(dict(zip(FIELDS[table], _VALUES[table](row), strict=True))))


def review_digest(session: Session, review_id: str) -> str:
    """The SHA-256 of everything a review found, for the audit.

    Of the partners' own digests in the order of their ids (as bytes, for databases sort text
    each in its way); of a partner, of the stored texts joined by tabs.
    """
    row = ReviewAssessmentRow
    columns = (row.partner_id, row.tier, row.verdict, row.action, cast(row.findings, Text))
    query = select(*columns).where(row.review_id == review_id)
    found = [
        (line[0].encode(), hashlib.sha256("\t".join(line).encode()).digest())
        for line in session.execute(query.execution_options(yield_per=1000))
    ]
    return hashlib.sha256(b"".join(part for _, part in sorted(found))).hexdigest()


_POSTED = (
    *("key", "partner_id", "kind", "held", "payable", "paid", "currency", "day"),
    *("policy_version", "period", "tier", "orders", "value_cents"),
)
"""What of an entry of the ledger the digest of its run covers: never changed, as above."""


def run_digest(session: Session, run_id: str) -> str:
    """The SHA-256 of everything that an accrual of incentives posted.

    Of the entries in the order in which they were posted, each its stored texts between tabs:
    joined by the database, for they are many.
    """
    table = LedgerRow.__table__
    texts = [cast(table.c[name], Text) for name in _POSTED]
    said = func.concat_ws("\t", *texts)
    if session.get_bind().dialect.name == "sqlite":  # which does that quickest
        said = func.printf("\t".join(["%s"] * len(texts)), *texts)
    query = select(type_coerce(said, Text)).where(table.c.run_id == run_id)
    found = session.connection().execute(query.order_by(table.c.entry_id))
    whole = hashlib.sha256()
    for page in found.partitions(10_000):
        whole.update("\n".join([*(line for (line,) in page), ""]).encode())
    return whole.hexdigest()
