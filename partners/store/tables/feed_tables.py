"""The tables of what imports bring: orders, their monthly totals, metrics fed by the month.

Orders are many, so theirs are plain integers: instants as seconds since 1970 (UTC), months as
YYYYMM in the program's zone, money in cents, ratings in thousandths.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from partners.store.tables.base import Base, PartnerId


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


class UnknownDaysRow(Base):
    """Days that are not known of a partner in a covered time: rows were rejected (rule 3).

    They are known again when a later import brings those rows, or a person says that it is whole.
    """

    __tablename__ = "unknown_days"

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    """Perhaps of nobody known yet; blank: of everybody, for the row may be anybody's."""
    order_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    """Whose row was rejected; blank if that cannot be said."""
    first_day: Mapped[date] = mapped_column(primary_key=True)
    last_day: Mapped[date] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.import_id"))


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
    offer_id: Mapped[str | None] = mapped_column(String(64))
    """The offer that the order names, whether there is one or not."""
    postal_code: Mapped[str | None] = mapped_column(String(16))
    """Where it is for, as `domain.offers.places.postal_code` writes it."""
    list_value_cents: Mapped[int | None] = mapped_column(BigInteger)
    """What it would have been worth at the list price."""
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
    """Totals per partner and month, kept by the import: `domain.policy.metrics.Totals`."""

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


class ServiceTotalRow(Base):
    """Totals per partner, month and service, kept by the import beside the monthly ones.

    Orders that state no service count under the offer they name, whose service is looked up when
    the totals are read: an offer that is added or changed later needs no recount. Orders that state
    neither stand in the monthly totals alone.
    """

    __tablename__ = "service_totals"
    __table_args__ = ({"sqlite_with_rowid": False},)  # its key is most of it

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    month: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True)
    """As the orders state it; blank where `offer_id` stands for it."""
    offer_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Blank where the orders state their service."""
    placed: Mapped[int]
    completed: Mapped[int]
    value_cents: Mapped[int] = mapped_column(BigInteger)
    """Of completed orders."""


class DoubtfulOrderRow(Base):
    """An order of an offer that its partner could not have had when it was placed, as imports note
    it. It goes when a correction, or an offer added since, makes it right, or a person settles it.
    """

    __tablename__ = "doubtful_orders"
    __table_args__ = (Index(None, "placed_at", "order_id"), Index(None, "partner_id"))

    order_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId)
    offer_id: Mapped[str] = mapped_column(String(64))
    placed_at: Mapped[int] = mapped_column(BigInteger)
    reasons: Mapped[str] = mapped_column(String(200))
    """Codes, separated by commas: `domain.offers.doubt`."""
    noted_at: Mapped[datetime]


class SettledOrderRow(Base):
    """What a person said of a doubtful order; never changed. It is not noted again for the same."""

    __tablename__ = "settled_orders"
    __table_args__ = (Index(None, "order_id"),)

    settlement_id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(String(128))
    partner_id: Mapped[str] = mapped_column(PartnerId)
    offer_id: Mapped[str] = mapped_column(String(64))
    reasons: Mapped[str] = mapped_column(String(200))
    noted_at: Mapped[datetime]
    settled_at: Mapped[datetime]
    who: Mapped[str]
    reason: Mapped[str]


class FedMetricRow(Base):
    """The user's own metrics, one value per partner, month and name."""

    __tablename__ = "fed_metrics"

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    metric: Mapped[str] = mapped_column(String(64), primary_key=True)
    month: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[Decimal]
    sample: Mapped[int]
    """1 where the feed does not say."""
