"""Migrations, run by `partners setup`."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from partners.store.engine.database import Database
from partners.store.engine.revisions import VERSIONS, newest_revision, require_known
from partners.store.tables.program_tables import LOCKS, LockRow


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    config.attributes["connection"] = connection
    return config


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
