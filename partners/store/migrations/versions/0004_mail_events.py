"""mail events, suppressions, preferences"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_approvals",
        sa.Column("run", sa.String(length=160), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_mail_approvals")),
    )
    op.create_table(
        "mail_unblocks",
        sa.Column("unblock_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("unblock_id", name=op.f("pk_mail_unblocks")),
    )
    op.create_table(
        "suppressions",
        sa.Column("suppression_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("scope", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("suppression_id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("email", "scope", name=op.f("uq_suppressions_email_scope")),
    )
    op.create_table(
        "mail_deliveries",
        sa.Column("outbox_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.outbox_id"], name=op.f("fk_mail_deliveries_outbox_id")
        ),
        sa.PrimaryKeyConstraint("outbox_id", "email", name=op.f("pk_mail_deliveries")),
    )
    op.create_table(
        "mail_events",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sg_event_id", sa.String(length=200), nullable=True),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Boolean(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("bounce_type", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.outbox_id"], name=op.f("fk_mail_events_outbox_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_mail_events")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_mail_events_fingerprint")),
        sa.UniqueConstraint("sg_event_id", name=op.f("uq_mail_events_sg_event_id")),
    )
    with op.batch_alter_table("mail_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_events_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_events_outbox_id"), ["outbox_id"], unique=False)

    op.create_table(
        "mail_preferences",
        sa.Column("choice_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("via", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.partner_id"], name=op.f("fk_mail_preferences_partner_id")
        ),
        sa.PrimaryKeyConstraint("choice_id", name=op.f("pk_mail_preferences")),
    )
    with op.batch_alter_table("mail_preferences", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_mail_preferences_partner_id"), ["partner_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("mail_preferences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_preferences_partner_id"))

    op.drop_table("mail_preferences")
    with op.batch_alter_table("mail_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_events_outbox_id"))
        batch_op.drop_index(batch_op.f("ix_mail_events_email"))

    op.drop_table("mail_events")
    op.drop_table("mail_deliveries")
    op.drop_table("suppressions")
    op.drop_table("mail_unblocks")
    op.drop_table("mail_approvals")
