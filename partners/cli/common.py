"""What the commands share: consoles, the database, who acts and when."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from partners import dev_record
from partners.cli.printing import err as err
from partners.cli.printing import out as out
from partners.cli.progress import heard, progress
from partners.cli.refusals import pasted as pasted
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.overrides.override import EARLIEST, LATEST
from partners.domain.policy.metrics import Unit
from partners.errors import UserError
from partners.loading import on_use

with on_use():
    from partners import settings
    from partners.bootstrap import basics
    from partners.temporal import connecting
    from partners.use_cases import acting

if TYPE_CHECKING:
    from temporalio.client import Client

    from partners.settings import Settings
    from partners.store.engine.database import Database
    from partners.use_cases.acting import Admin, Program, Viewer

T = TypeVar("T")
PATIENCE_SECONDS = 8.0
"""How long a command waits for another program that writes to the database."""


def user_name() -> str:
    """The account's name; `unknown` where the system knows none, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


Quiet = Annotated[bool, typer.Option("--quiet", help="Tell the partner nothing; it is recorded.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")]
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


def last_day(text: str | None) -> date | None:
    """Read `YYYY-MM-DD`. Raises UserError for anything else."""
    if text is None:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise UserError(f"not a day written YYYY-MM-DD: {text!r}") from None
    if not EARLIEST <= day <= LATEST:
        raise UserError(f"{day} is out of range; name a day from {EARLIEST} to {LATEST}")
    return day


@contextmanager
def database() -> Iterator[Database]:
    """The database of the settings. Raises SetupError if it is not ready."""
    opened = basics.open_database(settings_here(), PATIENCE_SECONDS)
    opened.actor = user_name
    opened.waits = lambda: progress("waiting for another program that writes to the database")
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def program() -> Iterator[Program]:
    """What use cases work on, as the settings say. Raises SetupError if it is not ready."""
    with database() as opened:
        yield program_of(opened)


def program_of(opened: Database) -> Program:
    """The same, of a database that may not be ready."""
    return acting.Program(opened, lambda: program_now(opened), _connect, progress)


async def _connect() -> Client:
    """To the server of the environment; else to that of a `partners dev` in this folder."""
    dev = dev_record.running(dev_record.FOLDER, settings.load_settings().database_url)
    return await (connecting.connect(here=dev.temporal) if dev else connecting.connect())


def settings_here() -> Settings:
    """The settings; beside a `partners dev` that serves the same database they are a dev's."""
    found = settings.load_settings()
    if "mode" in found.model_fields_set:
        return found
    if dev_record.running(dev_record.FOLDER, found.database_url) is None:
        return found
    return found.model_copy(update={"mode": settings.Mode.DEV})


@contextmanager
def asking() -> Iterator[Viewer]:
    """Whoever runs the command, to look."""
    with program() as opened:
        yield acting.Viewer(opened, user_name(), acting.Face.COMMAND_LINE)


@contextmanager
def acting_as(by: str) -> Iterator[Admin]:
    """Whoever runs the command, to act; who may reach the database may do everything."""
    with program() as opened:
        yield admin(opened, by)


def admin(program: Program, by: str) -> Admin:
    return acting.Admin(program, by, acting.Face.COMMAND_LINE)


def run(use_case: Coroutine[Any, Any, T], what: str | None = "waiting for Temporal") -> T:
    """Do what may go to Temporal, and wait for it. `what`: None where it has words of its own."""

    async def done() -> T:
        try:
            return await use_case
        finally:
            if "temporalio.client" in sys.modules:
                # An interpreter that exits right after using the SDK can abort (sdk-python #300).
                await asyncio.sleep(0.2)

    with progress(what) if what else nullcontext():
        return asyncio.run(done())


def now() -> datetime:
    """The moment at which a command acts."""
    return datetime.now(UTC)


def program_now(database: Database) -> datetime:
    """The moment at which a command acts, in program time: the demo's days are short."""
    return basics.program_clock(settings_here(), database).program_time(now())


def confirm(question: str, abort: bool = False) -> bool:
    """Ask a person; from the answer on they wait for us again. Raises typer.Abort if told to.

    Where nobody answers, as in a script, the command ends and names the way on.
    """
    try:
        answer = typer.confirm(question, abort=abort)
    except typer.Abort:
        if sys.stdin is not None and sys.stdin.isatty():
            raise
        out.write("")  # after the question
        err.print(f"error: {UNANSWERED}", soft_wrap=True)
        raise typer.Exit(1) from None
    heard()
    return answer


UNANSWERED = "nothing was done, for nobody said yes; in a script, add --yes"


def agreed(question: str, yes: bool) -> None:
    """Raises UserError unless a person agrees. `yes`: they have, and are not asked."""
    if not yes and not confirm(question):
        raise UserError("nothing was done")


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


def check_name(value: str | None, known: type[NoticeKind] | type[MailState], name: str) -> None:
    """Raises UserError, with those that exist, for a name that does not."""
    names = [member.value for member in known]
    if value is not None and value not in names:
        raise UserError(f"unknown {name} {value!r}; use one of {', '.join(names)}")


def check_kind(kind: str | None) -> None:
    check_name(kind, NoticeKind, "kind")
