"""Entry point of `partners`: finds the command and turns errors into one line."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import typer

from partners.cli import progress
from partners.cli.aids.examples import EXAMPLES
from partners.cli.by_name import command_line
from partners.cli.commands import COMMANDS
from partners.cli.printing import err, nobody_reads, spell_out
from partners.cli.refusals import words
from partners.errors import PartnersError
from partners.loading import by_name

USAGE: Any = typer.BadParameter.__base__
"""Click's UsageError, wherever this version of typer keeps it."""
NO_ARGUMENTS = "NoArgsIsHelpError"
"""Of those the one of a group that is named alone."""


@cache
def command() -> Any:
    """The whole command line. Built once in a process."""
    return command_line(COMMANDS, EXAMPLES)


def main(since: float | None = None) -> None:
    """Run the command line; a person's mistake is one line on stderr and exit status 2.

    `since`: when whoever waits for it began to, on the monotonic clock; default: now.
    """
    progress.heard(since)
    spell_out()
    try:
        status = command()(prog_name="partners", standalone_mode=False)
    except BrokenPipeError:  # whoever read has gone, as `head` does
        nobody_reads()
        sys.exit(1)
    except typer.Abort:
        err.print("Aborted.")
        sys.exit(1)
    except Exception as error:
        said = _said(error)
        if said is None:
            raise
        if said:
            err.print(f"error: {said}", soft_wrap=True)
        sys.exit(2)
    if status:  # of typer.Exit
        sys.exit(status)


def _said(error: Exception) -> str | None:
    """What a person is told; None for an error of the program, blank where all is said."""
    if isinstance(error, PartnersError):
        return words(error)
    if isinstance(error, USAGE):
        return _usage(error)
    if isinstance(error, OSError):
        what = f"{Path(error.filename).absolute()} cannot" if error.filename else "this cannot"
        remedy = "make it readable and writable, or run this elsewhere"
        return f"{what} be used ({error.strerror or error}); {remedy}"
    service = sys.modules.get("temporalio.service")
    if service is not None and isinstance(error, service.RPCError):
        return f"the Temporal server answers: {error.message}; see TEMPORAL_ADDRESS and its log"
    trouble: str | None = by_name("partners.store.engine.address:trouble")(error)
    return trouble


def _usage(error: Any) -> str:
    """What is wrong with the words typed, and where to look."""
    if type(error).__name__ == NO_ARGUMENTS:
        error.show()  # the help
        return ""
    said = " ".join(error.format_message().replace("Value error, ", "").split()).removesuffix(".")
    return f"{said}; see: {error.ctx.command_path} --help" if error.ctx else said
