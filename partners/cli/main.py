"""Entry point of `partners`: finds the command and turns errors into one line."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from partners.cli import progress
from partners.cli.aids.examples import EXAMPLES
from partners.cli.by_name import command_line
from partners.cli.commands import COMMANDS
from partners.cli.printing import err, spell_out
from partners.cli.refusals import words
from partners.errors import PartnersError
from partners.loading import by_name


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
        command()()
    except PartnersError as error:
        err.print(f"error: {words(error)}", soft_wrap=True)
        sys.exit(2)
    except Exception as error:
        trouble = by_name("partners.store.engine.address:trouble")(error)
        if trouble is None:
            raise
        err.print(f"error: {trouble}", soft_wrap=True)
        sys.exit(2)
