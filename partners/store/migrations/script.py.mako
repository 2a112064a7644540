"""${message}"""

from typing import Any

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def exact() -> sa.types.TypeEngine[Any]:
    """A decimal: NUMERIC on PostgreSQL, text on SQLite."""
    return sa.Numeric().with_variant(sa.String(64), "sqlite")


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
