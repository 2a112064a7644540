"""offers, areas, exclusives"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


TABLES = (
    "areas",
    "area_places",
    "offers",
    "exclusives",
    "grants",
    "offer_states",
    "offer_windows",
    "prices",
    "exclusive_reviews",
    "exclusive_states",
)


def exact() -> sa.types.TypeEngine[Any]:
    """A decimal: NUMERIC on PostgreSQL, text on SQLite."""
    return sa.Numeric().with_variant(sa.String(64), "sqlite")


def upgrade() -> None:
    op.create_table(
        "areas",
        sa.Column("area_code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("area_code", name=op.f("pk_areas")),
    )
    op.create_table(
        "area_places",
        sa.Column("area_code", sa.String(length=64), nullable=False),
        sa.Column("postal_code", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["areas.area_code"], name=op.f("fk_area_places_area_code")
        ),
        sa.PrimaryKeyConstraint("area_code", "postal_code", name=op.f("pk_area_places")),
    )
    op.create_index(op.f("ix_area_places_postal_code"), "area_places", ["postal_code"])

    op.create_table(
        "offers",
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("area_code", sa.String(length=64), nullable=True),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["area_code"], ["areas.area_code"], name=op.f("fk_offers_area_code")
        ),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_service"), "offers", ["service"])

    op.create_table(
        "exclusives",
        sa.Column("exclusive_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=True),
        sa.Column("area_code", sa.String(length=64), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("minimum_orders", sa.Integer(), nullable=False),
        sa.Column("completion", exact(), nullable=True),
        sa.Column("min_sample", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("cure_days", sa.Integer(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("renewal", sa.String(length=16), nullable=False),
        sa.Column("required_tier", sa.String(length=64), nullable=True),
        sa.Column("max_holders", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("renews", sa.String(length=80), nullable=True),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cure_until", sa.Date(), nullable=True),
        sa.Column("at_risk_until", sa.Date(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_code"], ["areas.area_code"], name=op.f("fk_exclusives_area_code")
        ),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.offer_id"], name=op.f("fk_exclusives_offer_id")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.partner_id"], name=op.f("fk_exclusives_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["policy_version"], ["policies.version"], name=op.f("fk_exclusives_policy_version")
        ),
        sa.PrimaryKeyConstraint("exclusive_id", name=op.f("pk_exclusives")),
    )
    op.create_index(op.f("ix_exclusives_partner_id"), "exclusives", ["partner_id"])
    op.create_index(op.f("ix_exclusives_service_status"), "exclusives", ["service", "status"])

    op.create_table(
        "grants",
        sa.Column("grant_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("exclusive_id", sa.String(length=80), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("revoked_because", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.offer_id"], name=op.f("fk_grants_offer_id")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.partner_id"], name=op.f("fk_grants_partner_id")
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_grants")),
    )
    op.create_index(op.f("ix_grants_offer_id_partner_id"), "grants", ["offer_id", "partner_id"])
    op.create_index(op.f("ix_grants_partner_id"), "grants", ["partner_id"])

    op.create_table(
        "offer_states",
        sa.Column("state_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.offer_id"], name=op.f("fk_offer_states_offer_id")
        ),
        sa.PrimaryKeyConstraint("state_id", name=op.f("pk_offer_states")),
    )
    op.create_index(op.f("ix_offer_states_offer_id_at"), "offer_states", ["offer_id", "at"])

    op.create_table(
        "offer_windows",
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("visible_from", sa.Date(), nullable=False),
        sa.Column("orderable_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["offers.offer_id"], name=op.f("fk_offer_windows_offer_id")
        ),
        sa.PrimaryKeyConstraint("window_id", name=op.f("pk_offer_windows")),
        sa.UniqueConstraint("offer_id", "tier", name=op.f("uq_offer_windows_offer_id_tier")),
    )
    op.create_table(
        "prices",
        sa.Column("price_id", sa.Integer(), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=True),
        sa.Column("tier", sa.String(length=64), nullable=True),
        sa.Column("amount", exact(), nullable=True),
        sa.Column("discount", exact(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.offer_id"], name=op.f("fk_prices_offer_id")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.partner_id"], name=op.f("fk_prices_partner_id")
        ),
        sa.PrimaryKeyConstraint("price_id", name=op.f("pk_prices")),
    )
    op.create_index(op.f("ix_prices_offer_id"), "prices", ["offer_id"])
    op.create_index(
        "ix_prices_partner_id",
        "prices",
        ["partner_id"],
        sqlite_where=sa.text("partner_id IS NOT NULL"),
        postgresql_where=sa.text("partner_id IS NOT NULL"),
    )

    op.create_table(
        "exclusive_reviews",
        sa.Column("judged_id", sa.Integer(), nullable=False),
        sa.Column("exclusive_id", sa.String(length=80), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("concluded", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exclusive_id"],
            ["exclusives.exclusive_id"],
            name=op.f("fk_exclusive_reviews_exclusive_id"),
        ),
        sa.PrimaryKeyConstraint("judged_id", name=op.f("pk_exclusive_reviews")),
        sa.UniqueConstraint(
            "exclusive_id",
            "first_month",
            name=op.f("uq_exclusive_reviews_exclusive_id_first_month"),
        ),
    )
    op.create_table(
        "exclusive_states",
        sa.Column("state_id", sa.Integer(), nullable=False),
        sa.Column("exclusive_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exclusive_id"],
            ["exclusives.exclusive_id"],
            name=op.f("fk_exclusive_states_exclusive_id"),
        ),
        sa.PrimaryKeyConstraint("state_id", name=op.f("pk_exclusive_states")),
    )
    op.create_index(
        op.f("ix_exclusive_states_exclusive_id_at"), "exclusive_states", ["exclusive_id", "at"]
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
