"""the send protocol: claims, attempts, opaque ids"""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notice_key", sa.String(length=160), nullable=True))
        batch_op.add_column(sa.Column("attempt", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("public_id", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("claim_token", sa.String(length=160), nullable=True))
        batch_op.add_column(sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("untold", sa.Boolean(), nullable=True))
    _fill()
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.alter_column("notice_key", existing_type=sa.String(length=160), nullable=False)
        batch_op.alter_column("attempt", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("public_id", existing_type=sa.String(length=32), nullable=False)
        batch_op.alter_column("untold", existing_type=sa.Boolean(), nullable=False)
        batch_op.create_index(batch_op.f("ix_outbox_notice_key"), ["notice_key"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_outbox_public_id"), ["public_id"])


def _fill() -> None:
    """Messages on record: each was the first attempt at its notice, and gets an id of its own."""
    outbox = sa.table(
        "outbox",
        sa.column("outbox_id", sa.Integer),
        sa.column("message_key", sa.String),
        sa.column("notice_key", sa.String),
        sa.column("attempt", sa.Integer),
        sa.column("public_id", sa.String),
        sa.column("untold", sa.Boolean),
    )
    connection = op.get_bind()
    connection.execute(
        outbox.update().values(notice_key=outbox.c.message_key, attempt=1, untold=sa.false())
    )
    ids = connection.execute(sa.select(outbox.c.outbox_id)).scalars().all()
    if ids:
        connection.execute(
            outbox.update()
            .where(outbox.c.outbox_id == sa.bindparam("number"))
            .values(public_id=sa.bindparam("fresh")),
            [{"number": number, "fresh": uuid4().hex} for number in ids],
        )


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_outbox_public_id"), type_="unique")
        batch_op.drop_index(batch_op.f("ix_outbox_notice_key"))
        for name in (
            "untold",
            "claimed_until",
            "claim_token",
            "public_id",
            "attempt",
            "notice_key",
        ):
            batch_op.drop_column(name)
