"""The tables. Each column says what it holds; instants are UTC, days are the program's.

Orders are many, so theirs are plain integers: instants as seconds since 1970 (UTC), months as
YYYYMM in the program's zone, money in cents, ratings in thousandths. Everything else is typed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    Numeric,
    String,
    Text,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite, which has no zones, keeps the same moment without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"an instant needs a zone: {value}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Exact(TypeDecorator[Decimal]):
    """An exact decimal; SQLite, which has none, keeps its text."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric())
        return dialect.type_descriptor(String(64))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: Instant,
        Decimal: Exact,
        dict[str, Any]: JSON,
        list[dict[str, Any]]: JSON,
        list[str]: JSON,
        str: Text,
    }


PartnerId = String(64)


class PolicyRow(Base):
    """Every accepted version of the policy, numbered and hashed; never changed or deleted."""

    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(primary_key=True)
    """1, 2, 3 …"""
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the canonical content, so that a re-formatted file is the same policy."""
    source: Mapped[str]
    """The file as it was accepted."""
    content: Mapped[dict[str, Any]]
    """The validated policy as JSON."""
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str]


class PartnerRow(Base):
    """A partner: the only table with names and addresses."""

    __tablename__ = "partners"
    __table_args__ = (Index(None, "tier"),)

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    """May be blank or wrong: then a warning is undeliverable (rule 1)."""
    fallback_email: Mapped[str | None]
    kind: Mapped[str] = mapped_column(String(16))
    """`reseller` or `referral`: how they began."""
    joined_on: Mapped[date]
    time_zone: Mapped[str | None]
    """IANA name; None: the program's."""
    language: Mapped[str | None]
    """`en`, `de` …; None: the program's."""
    tier: Mapped[str | None] = mapped_column(String(64))
    """A tier's key; None: not enrolled, or out."""
    tier_since: Mapped[date | None]
    """The day of the last tier change; for imported partners `joined_on`."""
    left_on: Mapped[date | None]
    """The day on which the partner was moved out; None if never, or in again."""


class OrderRow(Base):
    """The newest known version of each order."""

    __tablename__ = "orders"
    # Whatever is read of orders is read for one partner and some months, or one customer. The
    # partial indexes hold few rows: outcomes in a later month, and orders that name a customer.
    __table_args__ = (
        Index("ix_orders_partner_id_placed_month", "partner_id", "placed_month"),
        Index(
            "ix_orders_later_outcome",
            "partner_id",
            "outcome_month",
            sqlite_where=text("outcome_month <> placed_month"),
            postgresql_where=text("outcome_month <> placed_month"),
        ),
        Index(
            "ix_orders_customer",
            "partner_id",
            "customer_id",
            "placed_at",
            "order_id",
            sqlite_where=text("customer_id IS NOT NULL"),
            postgresql_where=text("customer_id IS NOT NULL"),
        ),
    )

    order_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId)
    placed_at: Mapped[int] = mapped_column(BigInteger)
    placed_month: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    """placed, accepted, rejected, completed, cancelled or failed."""
    outcome_at: Mapped[int] = mapped_column(BigInteger)
    """When the status was reached; `placed_at` where the feed does not say."""
    outcome_month: Mapped[int]
    value_cents: Mapped[int | None] = mapped_column(BigInteger)
    rating_milli: Mapped[int | None]
    address_ok: Mapped[int | None]
    """1 or 0; None: not known."""
    response_seconds: Mapped[int | None]
    customer_id: Mapped[str | None]
    excluded_reason: Mapped[str | None]
    """The provider's own fault: the order counts for volume only."""
    service: Mapped[str | None]
    cost_cents: Mapped[int | None] = mapped_column(BigInteger)
    known_at: Mapped[int] = mapped_column(BigInteger)
    """When this version became known."""


class OrderVersionRow(Base):
    """Versions of orders that a correction replaced, with both times."""

    __tablename__ = "order_versions"

    order_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    replaced_at: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """The correction's `known_at`."""
    known_at: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    content: Mapped[dict[str, Any]]
    """The other columns of `orders` as they were."""


class MonthlyTotalRow(Base):
    """Totals per partner and month, kept up to date by the import. See `domain.metrics.Totals`."""

    __tablename__ = "monthly_totals"

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    month: Mapped[int] = mapped_column(primary_key=True)
    placed: Mapped[int]
    accepted: Mapped[int]
    rejected: Mapped[int]
    completed: Mapped[int]
    failed: Mapped[int]
    cancelled: Mapped[int]
    value_cents: Mapped[int] = mapped_column(BigInteger)
    value_count: Mapped[int]
    rating_milli: Mapped[int] = mapped_column(BigInteger)
    rating_count: Mapped[int]
    address_ok: Mapped[int]
    address_count: Mapped[int]
    response_seconds: Mapped[int] = mapped_column(BigInteger)
    response_count: Mapped[int]
    customer_orders: Mapped[int]
    repeat_orders: Mapped[int]


class FedMetricRow(Base):
    """The user's own metrics, one value per partner, month and name."""

    __tablename__ = "fed_metrics"

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    metric: Mapped[str] = mapped_column(String(64), primary_key=True)
    month: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Decimal]
    sample: Mapped[int]
    """1 where the feed does not say."""


class ImportRow(Base):
    """One run of an import that kept something."""

    __tablename__ = "imports"

    import_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """partners, orders, metrics or referrals."""
    file_name: Mapped[str]
    imported_at: Mapped[datetime]
    rows: Mapped[int]
    new: Mapped[int]
    corrected: Mapped[int]
    rejected: Mapped[int]


class CoverageRow(Base):
    """Day ranges that the order feed covers, as imports established them; merged when read."""

    __tablename__ = "coverage"

    coverage_id: Mapped[int] = mapped_column(primary_key=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.import_id"))


class CaseRow(Base):
    """A case. The workflow's own memory of it is only a copy: a new run goes on from this row."""

    __tablename__ = "cases"
    __table_args__ = (
        Index(
            "uq_cases_one_open_per_partner",
            "partner_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("uq_cases_partner_id_month", "partner_id", "month", unique=True),
    )

    case_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    """`<partner_id>-<month>`."""
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    month: Mapped[int]
    """The newest month it was opened on, YYYYMM; once per partner and month (rule 10)."""
    since: Mapped[date]
    """Only months that began after this day were held against the partner."""
    tier: Mapped[str] = mapped_column(String(64))
    """The partner's tier when the case opened."""
    policy_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    """Pinned: the case is judged by it throughout (rule 6)."""
    repeat: Mapped[bool]
    """A relapse soon after the last case (rule 7)."""
    revision: Mapped[int]
    """Rises with every change; applying an outcome compares it (rule 17)."""
    status: Mapped[str] = mapped_column(String(16))
    """See `domain.case.CaseStatus`."""
    opened_at: Mapped[datetime]
    findings: Mapped[list[dict[str, Any]]]
    """Of the whole-month assessment that opened the case; those below are the warned ones."""
    latest: Mapped[list[dict[str, Any]]]
    """Findings of the newest trailing assessment of the warned criteria; empty before the first."""
    notice_kind: Mapped[str] = mapped_column(String(16))
    """The notice whose acceptance starts the clock: warning, or final_notice after a hold."""
    attempt: Mapped[int]
    """The attempt at that notice; rises only on a recorded failure (rule 9)."""
    warned_at: Mapped[datetime | None]
    """When the provider accepted the warning; None before."""
    clock_from: Mapped[datetime | None]
    """When the running period began: `warned_at`, or the acceptance of the final notice."""
    stated_deadline: Mapped[date | None]
    """The deadline that the accepted notice states."""
    deadline: Mapped[date | None]
    """The last day that counts (rule 12)."""
    period_days: Mapped[int]
    """Length of the running period: the grace, or the final notice's."""
    notices_done: Mapped[list[str]]
    """Keys of reminders sent or skipped, and of staff notices sent once."""
    recovery_since: Mapped[datetime | None]
    """When the first cured assessment began the recovery hold (rule 7)."""
    hold_reason: Mapped[str | None] = mapped_column(String(16))
    hold_count: Mapped[int]
    """How often the case was put on hold."""
    hold_since: Mapped[datetime | None]
    hold_detail: Mapped[str | None]
    """What is known of the reason."""
    hold_notices: Mapped[int]
    """How many staff notices this hold has had."""
    approved_by: Mapped[str | None]
    """Who approved warning or removing over the guard (rule 13)."""
    next: Mapped[str | None] = mapped_column(String(16))
    """What the newest decision leads to, until it is applied; see `domain.case.Next`."""
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(32))
    """See `domain.case.Outcome`."""
    silent: Mapped[bool]
    """The partner is not told of the outcome: the workflow was cancelled."""
    closed_at: Mapped[datetime | None]
    untold: Mapped[bool]
    """An import touched the partner, and the workflow has not been signalled yet."""


class DecisionRow(Base):
    """Every decision with its inputs: why, by which policy, on which findings (rule 15)."""

    __tablename__ = "decisions"
    __table_args__ = (Index(None, "partner_id"), Index(None, "case_id"))

    decision_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId)
    case_id: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(32))
    """opened, assessed, resumed, decided …"""
    result: Mapped[str]
    """What was decided, in a word or a sentence."""
    as_of: Mapped[date]
    """The last day whose data counted."""
    policy_version: Mapped[int]
    findings: Mapped[list[dict[str, Any]]]
    actor: Mapped[str]
    """`workflow <run id>`, or the person who decided."""
    reason: Mapped[str | None]
    """A person's words."""


class TierChangeRow(Base):
    """Every change of tier, once per key."""

    __tablename__ = "tier_changes"
    __table_args__ = (Index(None, "partner_id"),)

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId)
    case_id: Mapped[str | None] = mapped_column(String(80))
    from_tier: Mapped[str | None]
    to_tier: Mapped[str | None]
    """None: out of the program."""
    changed_at: Mapped[datetime]
    actor: Mapped[str]
    reason: Mapped[str]


class OverrideRow(Base):
    """A person's word over the automation, until it ends (rule 16)."""

    __tablename__ = "overrides"
    __table_args__ = (Index(None, "partner_id"),)

    override_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    kind: Mapped[str] = mapped_column(String(16))
    """waiver: not judged; block: beyond reviews."""
    from_day: Mapped[date]
    until_day: Mapped[date | None]
    """The last day; None: until ended."""
    who: Mapped[str]
    reason: Mapped[str]


class GuardActionRow(Base):
    """Each partner warned or removed, as the guard counts them (rule 13)."""

    __tablename__ = "guard_actions"
    __table_args__ = (Index(None, "acted_at"),)

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId)
    acted_at: Mapped[datetime]


class LockRow(Base):
    """Rows that transactions lock to take turns, so that two guards never count at once."""

    __tablename__ = "locks"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)


class SwitchRow(Base):
    """What a person has stopped (rule 14): `mail`, `kind/<kind>`. A row means stopped."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    stopped_at: Mapped[datetime]
    who: Mapped[str]
    reason: Mapped[str]


class OutboxRow(Base):
    """Each notice, rendered and frozen before anything is sent (research: the send protocol)."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "partner_id"), Index(None, "case_id"))

    outbox_id: Mapped[int] = mapped_column(primary_key=True)
    message_key: Mapped[str] = mapped_column(String(160), unique=True)
    """Once is once (rule 9): the notice's key, and the attempt where it is not the first."""
    notice_key: Mapped[str] = mapped_column(String(160), index=True)
    """Of the notice: the same for every attempt at sending it."""
    attempt: Mapped[int]
    """1, 2 …; rises only when the one before was lost (research: the send protocol)."""
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    """Opaque and random, so that no other installation has it: all that the provider is told."""
    kind: Mapped[str] = mapped_column(String(32))
    partner_id: Mapped[str | None] = mapped_column(PartnerId)
    case_id: Mapped[str | None] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(16))
    """See `domain.notices.MailState`."""
    to: Mapped[list[str]]
    sender: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    rendered_at: Mapped[datetime]
    stated_deadline: Mapped[date | None]
    """Of notices that start a clock: the deadline they state."""
    claimed_at: Mapped[datetime | None]
    """When it was last claimed, just before it was handed over."""
    claim_token: Mapped[str | None] = mapped_column(String(160))
    """The attempt of an activity that claimed it; None while nobody has."""
    claimed_until: Mapped[datetime | None]
    """By the server's real clock: from then on that attempt is over, whatever it does."""
    settled_at: Mapped[datetime | None]
    """When the provider accepted or refused it, or when it was superseded or given up."""
    untold: Mapped[bool]
    """What became of it was learned later, and its case has not been signalled yet."""
    provider_id: Mapped[str | None]
    """The provider's own id: SendGrid's X-Message-Id."""
    detail: Mapped[str | None]
    """Why it was rejected, superseded or lost, or who marked it as sent. No address in it."""


class SettingRow(Base):
    """Facts about this database itself: its time zone, and the demo's clock."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str]
