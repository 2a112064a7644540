"""`partners mail blocked`, `unblock`, `approve`: whom mail does not reach, and runs that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.paging import Limit, print_list
from partners.loading import on_use

with on_use():
    from partners.cli import telling
    from partners.use_cases.mail import blocked as blocking
    from partners.use_cases.mail import mail_acts

if TYPE_CHECKING:
    from partners.use_cases.mail.blocked import Blocked

Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]


def blocked(
    address: Annotated[str | None, typer.Argument(metavar="[ADDRESS]")] = None,
    limit: Limit = None,
) -> None:
    """List addresses that are not written to, at all or about a topic, newest first."""
    with common.asking() as by:
        print_list(
            "addresses",
            blocking.blocked(by, address),
            lambda: Table("address", "about", "since", "because of", "by", "detail", box=None),
            _add,
            limit=limit,
            nothing="Every address is written to.",
        )


def _add(table: Table, row: Blocked) -> None:
    about = {"all": "anything", "everything": "anything optional"}.get(row.scope, row.scope)
    since = f"{row.since:%Y-%m-%d}"
    table.add_row(row.email, about, since, row.cause, row.source, row.detail)


def unblock(
    address: Annotated[str, typer.Argument(metavar="ADDRESS")], by: common.By, reason: Reason
) -> None:
    """Write to an address again after it bounced or complained; ask its owner first.

    SendGrid keeps a list of its own: remove the address there too, or it drops the mail, and the
    next night the address is blocked again.
    """
    with common.acting_as(by) as who:
        blocking.unblock(who, address, reason)
    common.out.write(f"{address} is written to again. Remove it from SendGrid's lists too.")


def approve(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Such as policy/3.")],
    by: common.By,
    reason: Reason,
) -> None:
    """Let a run of mail go over its cap."""
    with common.acting_as(by) as who:
        approved = telling.finished(mail_acts.approve_run(who, run, reason))
    common.out.write(f"{run} may go on over its cap: approved by {approved.who}.")
    telling.warn_of_mail(approved.told)
