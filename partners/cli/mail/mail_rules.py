"""`partners mail blocked`, `unblock`, `approve`: whom mail does not reach, and runs that wait."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.paging import Limit, print_list
from partners.errors import UserError
from partners.loading import on_use
from partners.store.mail import recipients
from partners.store.tables.mail_tables import SuppressionRow

with on_use():
    from partners.cli import signals

Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]


def blocked(
    address: Annotated[str | None, typer.Argument(metavar="[ADDRESS]")] = None,
    limit: Limit = None,
) -> None:
    """List addresses that are not written to, at all or about a topic, newest first."""
    with common.database() as database, database.read() as session:
        every = recipients.every_suppression(session)
        print_list(
            "addresses",
            recipients.suppressions(session, [address]) if address else every,
            lambda: Table("address", "about", "since", "because of", "by", "detail", box=None),
            _add,
            limit=limit,
            nothing="Every address is written to.",
        )


def _add(table: Table, row: SuppressionRow) -> None:
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
    _need(reason)
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            if not recipients.lift(session, [address], [recipients.ALL]):
                raise UserError(f"{address} is not blocked; see: partners mail blocked")
            recipients.record_unblocked(session, address, by, reason, now)
    common.out.write(f"{address} is written to again. Remove it from SendGrid's lists too.")


def approve(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Such as policy/3.")],
    by: common.By,
    reason: Reason,
) -> None:
    """Let a run of mail go over its cap."""
    _need(reason)
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            if not recipients.count_of_run(session, run, besides=""):
                raise UserError(f"no message of {run} was written; see: partners mail list")
            row = recipients.approve(session, run, by, reason, now)
            who = row.who
        common.out.write(f"{run} may go on over its cap: approved by {who}.")
        signals.tell_mail_goes(database)


def _need(reason: str) -> None:
    if not reason.strip():
        raise UserError("say why, with --reason; it is recorded")
