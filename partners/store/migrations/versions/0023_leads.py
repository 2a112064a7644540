"""leads find their seller"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def exact() -> sa.types.TypeEngine[Any]:
    """A decimal: NUMERIC on PostgreSQL, text on SQLite."""
    return sa.Numeric().with_variant(sa.String(64), "sqlite")


NEW = (("postal_code", 16), ("service", 200))


def upgrade() -> None:
    for name, length in NEW:
        op.add_column("referrals", sa.Column(name, sa.String(length=length), nullable=True))
    op.create_table(
        "leads",
        sa.Column("referral_id", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("order_id", sa.String(length=128), nullable=True),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("amount", exact(), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.referral_id"], name=op.f("fk_leads_referral_id")
        ),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_leads")),
    )
    op.create_index(op.f("ix_leads_state"), "leads", ["state"])
    op.create_table(
        "lead_turns",
        sa.Column("turn_id", sa.Integer(), nullable=False),
        sa.Column("referral_id", sa.String(length=128), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=True),
        sa.Column("tier", sa.String(length=64), nullable=True),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end", sa.String(length=16), nullable=True),
        sa.Column("won_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.partner_id"], name=op.f("fk_lead_turns_partner_id")
        ),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referrals.referral_id"], name=op.f("fk_lead_turns_referral_id")
        ),
        sa.PrimaryKeyConstraint("turn_id", name=op.f("pk_lead_turns")),
        sa.UniqueConstraint("referral_id", "number", name=op.f("uq_lead_turns_referral_id_number")),
    )
    op.create_index(op.f("ix_lead_turns_partner_id_since"), "lead_turns", ["partner_id", "since"])


def downgrade() -> None:
    op.drop_table("lead_turns")
    op.drop_table("leads")
    with op.batch_alter_table("referrals", schema=None) as batch_op:
        for name, _ in reversed(NEW):
            batch_op.drop_column(name)
