"""The one place where things are built. Nothing connects at import."""

from __future__ import annotations

from partners.errors import SetupError
from partners.settings import Settings
from partners.store import migrate
from partners.store.database import Database


def open_database(settings: Settings) -> Database:
    """The database, checked to be at the newest migration.

    Raises SetupError, naming what to run, if it is not.
    """
    database = Database(settings.database_url, pool_size=settings.activity_threads)
    revision = migrate.current_revision(database)
    if revision != migrate.newest_revision():
        state = "is empty" if revision is None else f"is at migration {revision}"
        raise SetupError(
            f"the database {database.url} {state}, but this program needs "
            f"{migrate.newest_revision()}; run: partners setup"
        )
    return database
