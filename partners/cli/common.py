"""What the commands share: consoles, the database, the policy in force, who acts and when."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import typer

from partners import bootstrap
from partners.cli.printing import err as err
from partners.cli.printing import out as out
from partners.cli.progress import progress
from partners.domain.overrides.command_limits import EARLIEST, LATEST
from partners.domain.policy.metrics import Unit
from partners.errors import UserError
from partners.settings import load_settings
from partners.store.engine.database import Database


def user_name() -> str:
    """The account's name; `unknown` where the system knows none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


By = Annotated[
    str,
    typer.Option(
        "--by", default_factory=user_name, show_default="your account", help="Who does this."
    ),
]
"""Who does this, as it is recorded (rule 16)."""


def real_day(value: datetime | None) -> datetime | None:
    """For options that name a day: one from which other days can be reckoned."""
    if value is not None and not EARLIEST <= value.date() <= LATEST:
        raise UserError(f"{value.date()} is out of range; name a day from {EARLIEST} to {LATEST}")
    return value


@contextmanager
def database() -> Iterator[Database]:
    """The database of the settings. Raises SetupError if it is not ready."""
    opened = bootstrap.open_database(load_settings())
    opened.actor = user_name
    opened.waits = lambda: progress("waiting for another program that writes to the database")
    try:
        yield opened
    finally:
        opened.close()


def now() -> datetime:
    """The moment at which a command acts."""
    return datetime.now(UTC)


def program_now(database: Database) -> datetime:
    """The moment at which a command acts, in program time: the demo's days are short."""
    return bootstrap.program_clock(load_settings(), database).program_time(now())


def warn(message: str) -> None:
    """Say something on stderr that does not stop the command."""
    err.print(f"warning: {message}", style="yellow", soft_wrap=True)


def quantity(value: Decimal | None, unit: Unit) -> str:
    """A metric's value for people: 90 %, 4.55, 1,200; a dash where nothing was measured."""
    if value is None:
        return "–"
    if unit is Unit.RATE:
        return f"{_rounded(value * 100)} %"
    return _rounded(value)


def _rounded(value: Decimal) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")
