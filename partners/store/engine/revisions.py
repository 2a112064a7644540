"""At which migration a database is, and which ones there are: asked by every command.

Alembic would load every migration to say so, and itself before: a quarter of a second. Their files
are named `<revision>_<what>.py`, each following the one before it; a test holds that it says the
same.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import column, inspect, select, table

from partners.errors import SetupError
from partners.store.engine.database import Database

VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"
_AT = table("alembic_version", column("version_num"))


@cache
def known_revisions() -> tuple[str, ...]:
    """The revisions that this program has, the oldest first."""
    return tuple(sorted(path.stem.split("_")[0] for path in VERSIONS.glob("[0-9]*.py")))


def newest_revision() -> str:
    return known_revisions()[-1]


def current_revision(database: Database) -> str | None:
    """The revision the database is at; None for an empty one, or where there is none yet."""
    if not database.exists:
        return None
    with database.engine.connect() as connection:
        if not inspect(connection).has_table(_AT.name):
            return None
        return connection.scalar(select(_AT.c.version_num))


def require_known(database: Database) -> str | None:
    """The revision the database is at. Raises SetupError for one of a newer program: this one
    neither understands it nor can take it back."""
    revision = current_revision(database)
    if revision is not None and revision not in known_revisions():
        raise SetupError(
            f"the database {database.url} is at migration {revision}, which this program does not "
            f"have: it knows them up to {newest_revision()}. A newer version has used the "
            "database; run that version (or restore a backup from before it)"
        )
    return revision
