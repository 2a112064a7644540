"""Migrations, run by `partners setup` and checked by the worker before it starts."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from partners.errors import SetupError
from partners.store.engine.database import Database
from partners.store.tables.program_tables import LOCKS, LockRow


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current_revision(database: Database) -> str | None:
    """The revision the database is at; None for an empty one, or where there is none yet."""
    if not database.exists:
        return None
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_known(database: Database) -> str | None:
    """The revision the database is at. Raises SetupError for one of a newer program: this one
    neither understands it nor can take it back."""
    revision = current_revision(database)
    try:
        ScriptDirectory.from_config(_config()).get_revision(revision or "base")
    except CommandError:
        raise SetupError(
            f"the database {database.url} is at migration {revision}, which this program does not "
            f"have: it knows them up to {newest_revision()}. A newer version has used the "
            "database; run that version (or restore a backup from before it)"
        ) from None
    return revision


def is_current(database: Database) -> bool:
    return current_revision(database) == newest_revision()


def upgrade(database: Database) -> str:
    """Bring the database to the newest revision; safe to repeat. Returns that revision.

    Raises SetupError for a database of a newer program.
    """
    require_known(database)
    with database.writing.begin() as connection:
        command.upgrade(_config(connection), "head")
    with database.write() as session:
        # Before anybody asks: to lock a row that is not there succeeds, and keeps nobody out.
        for name in LOCKS:
            session.merge(LockRow(name=name))
    return newest_revision()


def new_revision(database: Database, message: str, revision_id: str) -> None:
    """Write a migration from the difference between the tables and the database (developers)."""
    with database.writing.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=revision_id)
