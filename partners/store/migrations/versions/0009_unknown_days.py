"""days that are not known of a partner, for rows of theirs were rejected"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unknown_days",
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=128), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.import_id"], name=op.f("fk_unknown_days_import_id")
        ),
        sa.PrimaryKeyConstraint(
            "partner_id", "order_id", "first_day", "last_day", name=op.f("pk_unknown_days")
        ),
    )


def downgrade() -> None:
    op.drop_table("unknown_days")
