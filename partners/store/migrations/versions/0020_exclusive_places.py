"""the places that exclusives hold"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = ("numbered_words", "exclusive_codes", "exclusive_places")


def upgrade() -> None:
    nobody = hashlib.sha256(b"[]").hexdigest()
    with op.batch_alter_table("areas") as table:
        table.add_column(sa.Column("places", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(
            sa.Column("places_sha256", sa.String(length=64), nullable=False, server_default=nobody)
        )
    with op.batch_alter_table("exclusives") as table:
        table.add_column(sa.Column("places", sa.Integer(), nullable=True))
        table.add_column(sa.Column("places_sha256", sa.String(length=64), nullable=True))
    op.create_table(
        "numbered_words",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_numbered_words")),
        sa.UniqueConstraint("kind", "word", name=op.f("uq_numbered_words_kind_word")),
    )
    op.create_table(
        "exclusive_codes",
        sa.Column("exclusive_id", sa.String(length=80), nullable=False),
        sa.Column("postal_code", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["exclusive_id"],
            ["exclusives.exclusive_id"],
            name=op.f("fk_exclusive_codes_exclusive_id"),
        ),
        sa.PrimaryKeyConstraint("exclusive_id", "postal_code", name=op.f("pk_exclusive_codes")),
    )
    op.create_index(op.f("ix_exclusive_codes_postal_code"), "exclusive_codes", ["postal_code"])
    op.create_table(
        "exclusive_places",
        sa.Column("piece_id", sa.Integer(), nullable=False),
        sa.Column("exclusive_id", sa.String(length=80), nullable=False),
        sa.Column("service_no", sa.Integer(), nullable=False),
        sa.Column("seat_from", sa.Integer(), nullable=False),
        sa.Column("seat_until", sa.Integer(), nullable=False),
        sa.Column("place_from", sa.Integer(), nullable=False),
        sa.Column("place_until", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exclusive_id"],
            ["exclusives.exclusive_id"],
            name=op.f("fk_exclusive_places_exclusive_id"),
        ),
        sa.PrimaryKeyConstraint("piece_id", name=op.f("pk_exclusive_places")),
    )
    op.create_index(op.f("ix_exclusive_places_exclusive_id"), "exclusive_places", ["exclusive_id"])
    op.create_index(
        op.f("ix_exclusive_places_service_no_place_from"),
        "exclusive_places",
        ["service_no", "place_from"],
    )
    if op.get_bind().dialect.name == "postgresql":
        # Ranges alone, which PostgreSQL compares without an extension.
        op.execute(
            "ALTER TABLE exclusive_places ADD CONSTRAINT no_two_on_a_seat EXCLUDE USING gist ("
            "int4range(service_no, service_no, '[]') WITH &&, "
            "int4range(seat_from, seat_until, '[]') WITH &&, "
            "int4range(place_from, place_until, '[]') WITH &&, "
            "daterange(first_day, last_day, '[]') WITH &&)"
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in ("exclusives", "areas"):
        with op.batch_alter_table(name) as table:
            table.drop_column("places_sha256")
            table.drop_column("places")
