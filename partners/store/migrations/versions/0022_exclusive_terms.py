"""what becomes of an exclusive: warnings, why it ended, what is to be told"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("exclusives") as table:
        table.add_column(sa.Column("risk_told_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("warned_month", sa.Integer(), nullable=True))
        table.add_column(sa.Column("judge_from", sa.Date(), nullable=True))
        table.add_column(sa.Column("ended_because", sa.String(length=16), nullable=True))
    with op.batch_alter_table("exclusive_reviews") as table:
        # Nothing has been judged before there was a workflow that does.
        table.add_column(sa.Column("months", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("exclusive_reviews") as table:
        table.alter_column("months", server_default=None)
    op.create_table(
        "exclusive_news",
        sa.Column("news_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("exclusive_id", sa.String(length=80), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=True),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["exclusive_id"],
            ["exclusives.exclusive_id"],
            name=op.f("fk_exclusive_news_exclusive_id"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.partner_id"], name=op.f("fk_exclusive_news_partner_id")
        ),
        sa.PrimaryKeyConstraint("news_id", name=op.f("pk_exclusive_news")),
        sa.UniqueConstraint("key", name=op.f("uq_exclusive_news_key")),
    )
    untold = sa.text("told_at IS NULL")
    op.create_index(
        "ix_exclusive_news_untold",
        "exclusive_news",
        ["exclusive_id", "news_id"],
        sqlite_where=untold,
        postgresql_where=untold,
    )


def downgrade() -> None:
    op.drop_table("exclusive_news")
    with op.batch_alter_table("exclusive_reviews") as table:
        table.drop_column("months")
    with op.batch_alter_table("exclusives") as table:
        for name in ("ended_because", "judge_from", "warned_month", "risk_told_at"):
            table.drop_column(name)
