"""`partners mail resolve`: a person found out whether a message was sent that nobody knew of."""

from __future__ import annotations

from typing import Annotated

import typer

from partners.cli import common
from partners.errors import UserError
from partners.loading import on_use
from partners.store.mail import mailbox, outbox

with on_use():
    from partners.cli import signals


def resolve(
    message: Annotated[str, typer.Argument(metavar="ID", help="A message's number or key.")],
    by: common.By,
    sent: Annotated[
        bool | None,
        typer.Option("--sent/--not-sent", help="Whether the provider took it; one is required."),
    ] = None,
) -> None:
    """Say what became of an unknown message. Not sent: its notice goes out again, if it still may.

    Look it up at the provider first: partners mail show ID has its address and time.
    """
    if sent is None:
        raise UserError("say --sent or --not-sent")
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            row = mailbox.find(session, message)
            if row is None:
                raise UserError(f"there is no message {message!r}; see: partners mail list")
            outbox.resolve_by_hand(row, sent, by, now)
            number, partner_id, state = row.outbox_id, row.partner_id, row.state
    common.out.write(f"Message {number} is {state}, says {by}.")
    signals.tell_case(partner_id)
