"""What every command stands on: the database, the policy in it, and the clock."""

from __future__ import annotations

import json
from datetime import datetime

from partners.domain.time.clock import ProgramClock
from partners.errors import SetupError
from partners.settings import Mode, Settings
from partners.store.engine import revisions
from partners.store.engine.database import BUSY_SECONDS, Database
from partners.store.policy import policies
from partners.store.tables.program_tables import SettingRow

DEMO_CLOCK = "demo_clock"


def open_database(settings: Settings, patience: float = BUSY_SECONDS) -> Database:
    """The database, checked to be at the newest migration. `patience`: see `Database`.

    Raises SetupError, naming what to run, if it is not.
    """
    threads = settings.activity_threads
    database = Database(settings.database_url, pool_size=threads, patience=patience)
    if (missing := database.missing_file) is not None:
        raise SetupError(
            f"there is no database {missing}; run this in the folder that has it, name it in "
            "DATABASE_URL, or make one here: partners setup"
        )
    revision = revisions.require_known(database)
    if revision != revisions.newest_revision():
        state = "is empty" if revision is None else f"is at migration {revision}"
        raise SetupError(
            f"the database {database.url} {state}, but this program needs "
            f"{revisions.newest_revision()}; run: partners setup"
        )
    return database


def require_policy(database: Database) -> None:
    """Raises SetupError if no policy has been accepted: a worker never accepts one (rule 6)."""
    with database.read() as session:
        if policies.newest(session) is None:
            raise SetupError("no policy has been accepted; run: partners setup")


def program_clock(settings: Settings, database: Database) -> ProgramClock:
    """Real time, except for the demo on the demo's own database.

    Raises SetupError if a worker that is no demo meets a demo's database, or the reverse: nothing
    can shorten a real partner's grace.
    """
    with database.read() as session:
        row = session.get(SettingRow, DEMO_CLOCK)
    is_demo = settings.mode is Mode.DEMO
    if is_demo != (row is not None):
        raise SetupError(
            f"the database {database.url} "
            + ("is no demo's; run: partners demo" if is_demo else "is a demo's; use another")
        )
    if row is None:
        return ProgramClock()
    stored = json.loads(row.value)
    return ProgramClock(
        day_seconds=stored["day_seconds"],
        real_anchor=datetime.fromisoformat(stored["real_anchor"]),
        program_anchor=datetime.fromisoformat(stored["program_anchor"]),
    )


def start_demo_clock(database: Database, clock: ProgramClock) -> None:
    """Let the program's days run as this clock says; and mark the database as a demo's, so that no
    other worker serves it."""
    value = {
        "day_seconds": clock.day_seconds,
        "real_anchor": clock.real_anchor.isoformat(),
        "program_anchor": clock.program_anchor.isoformat(),
    }
    with database.write() as session:
        session.merge(SettingRow(name=DEMO_CLOCK, value=json.dumps(value)))
