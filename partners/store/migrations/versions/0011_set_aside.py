"""who could not be judged; the guard's partners to be looked up; closed cases to judge anew"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "set_aside",
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("during", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "during", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "guard_request_partners",
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["guard_requests.request_id"],
            name=op.f("fk_guard_request_partners_request_id"),
        ),
        sa.PrimaryKeyConstraint("partner_id", "request_id", name=op.f("pk_guard_request_partners")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("recheck", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.create_index(
            "ix_cases_recheck",
            ["closed_at"],
            unique=False,
            sqlite_where=sa.text("recheck"),
            postgresql_where=sa.text("recheck"),
        )
    with op.batch_alter_table("guard_actions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_guard_actions_acted_at"))
        batch_op.create_index(
            batch_op.f("ix_guard_actions_acted_at_partner_id"),
            ["acted_at", "partner_id"],
            unique=False,
        )
    _take_over()


def _take_over() -> None:
    """Whom older requests were about; and nobody knows which closed cases' data changed since."""
    connection = op.get_bind()
    requests = sa.table(
        "guard_requests", sa.column("request_id", sa.String), sa.column("partner_ids", sa.JSON)
    )
    found = sa.table("guard_request_partners", sa.column("partner_id"), sa.column("request_id"))
    for request_id, ids in connection.execute(sa.select(requests)).all():
        rows = [{"partner_id": one, "request_id": request_id} for one in sorted(set(ids))]
        if rows:
            connection.execute(sa.insert(found), rows)
    cases = sa.table("cases", sa.column("closed_at"), sa.column("recheck", sa.Boolean))
    connection.execute(
        sa.update(cases).where(cases.c.closed_at.is_not(None)).values(recheck=sa.true())
    )


def downgrade() -> None:
    with op.batch_alter_table("guard_actions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_guard_actions_acted_at_partner_id"))
        batch_op.create_index(batch_op.f("ix_guard_actions_acted_at"), ["acted_at"], unique=False)
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_cases_recheck",
            sqlite_where=sa.text("recheck"),
            postgresql_where=sa.text("recheck"),
        )
        batch_op.drop_column("recheck")
    op.drop_table("guard_request_partners")
    op.drop_table("set_aside")
