"""`partners extend|pause|resume|waive|…`: a person's word over the automation (rule 16)."""

from __future__ import annotations

from typing import Annotated

import typer

from partners.cli import common
from partners.cli.overrides.giving import Beyond, Offers, Quiet, Until, Yes, give
from partners.domain.cases.commands import Command, CommandKind
from partners.domain.overrides.override import MOST_DAYS

Partner = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]


def extend(
    partner: Partner,
    days: Annotated[
        int, typer.Argument(metavar="DAYS", help=f"How many days later: 1 to {MOST_DAYS}.")
    ],
    reason: Reason,
    by: common.By,
    beyond_policy: Beyond = False,
    quiet: Quiet = False,
    yes: Yes = False,
) -> None:
    """Give a partner more time: the deadline moves later, within 60 days of grace in all."""
    command = Command(by, reason, days=days, beyond_policy=beyond_policy, quiet=quiet)
    give(partner, CommandKind.EXTENDED, command, yes)


def pause(
    partner: Partner,
    reason: Reason,
    by: common.By,
    until: Until = None,
    quiet: Quiet = False,
    yes: Yes = False,
) -> None:
    """Stop the clock of an open case: leave of absence, dispute. It adds its own length."""
    command = Command(by, reason, until=common.last_day(until), quiet=quiet)
    give(partner, CommandKind.PAUSED, command, yes)


def resume(
    partner: Partner, reason: Reason, by: common.By, quiet: Quiet = False, yes: Yes = False
) -> None:
    """End a pause; or a hold: a new warning, another look, or what the guard waits for."""
    give(partner, CommandKind.RESUMED, Command(by, reason, quiet=quiet), yes)


def waive(
    partner: Partner,
    reason: Reason,
    by: common.By,
    until: Until = None,
    quiet: Quiet = False,
    yes: Yes = False,
) -> None:
    """Judge a partner no more until a day; an open case ends. Then they are judged again."""
    command = Command(by, reason, until=common.last_day(until), quiet=quiet)
    give(partner, CommandKind.WAIVED, command, yes)


def reinstate(
    partner: Partner, reason: Reason, by: common.By, quiet: Quiet = False, yes: Yes = False
) -> None:
    """End an open case: the tier stays. Without one: back into the tier that was taken away."""
    give(partner, CommandKind.REINSTATED, Command(by, reason, quiet=quiet), yes)


def remove(
    partner: Partner,
    reason: Reason,
    by: common.By,
    beyond_policy: Beyond = False,
    quiet: Quiet = False,
    yes: Yes = False,
) -> None:
    """Take the tier away. Before a warning and full grace only with --beyond-policy."""
    command = Command(by, reason, beyond_policy=beyond_policy, quiet=quiet)
    give(partner, CommandKind.REMOVED, command, yes)


def block(
    partner: Partner,
    reason: Reason,
    by: common.By,
    offers: Offers = None,
    until: Until = None,
    quiet: Quiet = False,
    yes: Yes = False,
) -> None:
    """Put a partner beyond reviews, which ends an open case; or block only some offers."""
    command = Command(
        by, reason, until=common.last_day(until), offers=tuple(offers or ()), quiet=quiet
    )
    give(partner, CommandKind.BLOCKED, command, yes)


def unblock(
    partner: Partner, reason: Reason, by: common.By, quiet: Quiet = False, yes: Yes = False
) -> None:
    """End a block, and those of offers; only months that begin from now on count."""
    give(partner, CommandKind.UNBLOCKED, Command(by, reason, quiet=quiet), yes)


def pin(
    partner: Partner, reason: Reason, by: common.By, until: Until = None, yes: Yes = False
) -> None:
    """Keep a partner in their tier, whatever the numbers. The partner is not told."""
    give(partner, CommandKind.PINNED, Command(by, reason, until=common.last_day(until)), yes)


def unpin(partner: Partner, reason: Reason, by: common.By, yes: Yes = False) -> None:
    """End a pin: reviews judge again; only months that begin from now on count."""
    give(partner, CommandKind.UNPINNED, Command(by, reason), yes)


def appeal(
    partner: Partner, reason: Reason, by: common.By, quiet: Quiet = False, yes: Yes = False
) -> None:
    """Open an appeal for a partner: an open case waits for the answer."""
    give(partner, CommandKind.APPEALED, Command(by, reason, quiet=quiet), yes)


def uphold(
    partner: Partner, reason: Reason, by: common.By, quiet: Quiet = False, yes: Yes = False
) -> None:
    """Answer an appeal: what was decided stands, and an open case goes on."""
    give(partner, CommandKind.UPHELD, Command(by, reason, quiet=quiet), yes)


def overturn(
    partner: Partner, reason: Reason, by: common.By, quiet: Quiet = False, yes: Yes = False
) -> None:
    """Answer an appeal: an open case is void; a removal is undone."""
    give(partner, CommandKind.OVERTURNED, Command(by, reason, quiet=quiet), yes)
