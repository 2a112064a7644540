"""Migrations, run by `partners setup` and checked by the worker before it starts."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from partners.store.database import Database
from partners.store.program_tables import LockRow

GUARD_LOCK = "guard"
MAIL_EVENTS_LOCK = "mail_events"
REFERRAL_LOCK = "referrals"
LOCKS = (GUARD_LOCK, MAIL_EVENTS_LOCK, REFERRAL_LOCK)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current_revision(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(database: Database) -> bool:
    return current_revision(database) == newest_revision()


def upgrade(database: Database) -> str:
    """Bring the database to the newest revision; safe to repeat. Returns that revision."""
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), "head")
    with database.write() as session:
        for name in LOCKS:
            session.merge(LockRow(name=name))
    return newest_revision()


def new_revision(database: Database, message: str, revision_id: str) -> None:
    """Write a migration from the difference between the tables and the database (developers)."""
    with database.engine.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=revision_id)
