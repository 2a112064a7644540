"""incentives: the ledger may be about a period of one; accruals and their runs"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0020"
branch_labels = None
depends_on = None

LEDGER = ("period", "tier", "orders", "value_cents", "run_id")


def upgrade() -> None:
    # One by one, not in a batch: SQLite's would rebuild the table and lose the triggers that make
    # the ledger append-only.
    op.add_column("referral_ledger", sa.Column("period", sa.String(length=8), nullable=True))
    op.add_column("referral_ledger", sa.Column("tier", sa.String(length=64), nullable=True))
    op.add_column("referral_ledger", sa.Column("orders", sa.Integer(), nullable=True))
    op.add_column("referral_ledger", sa.Column("value_cents", sa.BigInteger(), nullable=True))
    op.add_column("referral_ledger", sa.Column("run_id", sa.String(length=16), nullable=True))
    op.create_index(
        "ix_referral_ledger_run",
        "referral_ledger",
        ["run_id"],
        sqlite_where=sa.text("run_id IS NOT NULL"),
        postgresql_where=sa.text("run_id IS NOT NULL"),
    )
    op.create_table(
        "incentive_runs",
        sa.Column("run_id", sa.String(length=16), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_incentive_runs")),
    )
    op.create_table(
        "incentive_accruals",
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("first_month", sa.Integer(), nullable=False),
        sa.Column("last_month", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=True),
        sa.Column("value_cents", sa.BigInteger(), nullable=True),
        sa.Column("payable_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("period", "partner_id", "tier", name=op.f("pk_incentive_accruals")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("incentive_accruals")
    op.drop_table("incentive_runs")
    op.drop_index("ix_referral_ledger_run", table_name="referral_ledger")
    # SQLite drops a column in place since 3.35, so the triggers stay here, too.
    for name in reversed(LEDGER):
        op.drop_column("referral_ledger", name)
