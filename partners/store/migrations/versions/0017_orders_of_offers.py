"""orders name their offer, their place and the value at list price; totals per service"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TOTALS = """
INSERT INTO service_totals (partner_id, month, service, offer_id, placed, completed, value_cents)
SELECT partner_id, month, service, '', SUM(placed), SUM(completed), SUM(value_cents) FROM (
    SELECT partner_id, placed_month AS month, service, 1 AS placed, 0 AS completed,
           0 AS value_cents
    FROM orders WHERE service IS NOT NULL
    UNION ALL
    SELECT partner_id, outcome_month, service, 0, 1, COALESCE(value_cents, 0)
    FROM orders
    WHERE service IS NOT NULL AND status = 'completed' AND excluded_reason IS NULL
) counted GROUP BY partner_id, month, service
"""


def upgrade() -> None:
    for column in (
        sa.Column("offer_id", sa.String(length=64), nullable=True),
        sa.Column("postal_code", sa.String(length=16), nullable=True),
        sa.Column("list_value_cents", sa.BigInteger(), nullable=True),
    ):
        op.add_column("orders", column)
    op.create_table(
        "service_totals",
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("value_cents", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "partner_id", "month", "service", "offer_id", name=op.f("pk_service_totals")
        ),
        sqlite_with_rowid=False,
    )
    op.execute(TOTALS)
    op.create_table(
        "doubtful_orders",
        sa.Column("order_id", sa.String(length=128), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.String(length=200), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_doubtful_orders")),
    )
    op.create_index(
        op.f("ix_doubtful_orders_placed_at_order_id"), "doubtful_orders", ["placed_at", "order_id"]
    )
    op.create_index(op.f("ix_doubtful_orders_partner_id"), "doubtful_orders", ["partner_id"])
    op.create_table(
        "settled_orders",
        sa.Column("settlement_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.String(length=128), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("offer_id", sa.String(length=64), nullable=False),
        sa.Column("reasons", sa.String(length=200), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("settlement_id", name=op.f("pk_settled_orders")),
    )
    op.create_index(op.f("ix_settled_orders_order_id"), "settled_orders", ["order_id"])


def downgrade() -> None:
    for name in ("settled_orders", "doubtful_orders", "service_totals"):
        op.drop_table(name)
    for name in ("list_value_cents", "postal_code", "offer_id"):
        op.drop_column("orders", name)
