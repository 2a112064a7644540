"""The secret that signs links is one, however many make it at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from partners.mail.unsubscribe import link_secret
from partners.store.engine.database import Database
from tests.processes import until

BLOCKED = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def secret(database: Database) -> str:
    with database.write() as session:
        return link_secret(session)


def is_blocked(database: Database) -> bool:
    """Whether somebody waits for another transaction; on SQLite they wait for their turn."""
    with database.read() as session:
        return database.is_sqlite or session.scalar(BLOCKED) == 1


def test_two_who_start_at_once_sign_with_one_secret(database: Database) -> None:
    with ThreadPoolExecutor(1) as other:
        with database.write() as session:
            ours = link_secret(session)
            theirs = other.submit(secret, database)
            until(lambda: is_blocked(database), "the other waits for our transaction")
        assert theirs.result() == ours == secret(database)
