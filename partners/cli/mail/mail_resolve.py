"""`partners mail resolve`: a person found out whether a message was sent that nobody knew of."""

from __future__ import annotations

from typing import Annotated

import typer

from partners.cli import common
from partners.errors import UserError
from partners.loading import on_use

with on_use():
    from partners.cli import telling
    from partners.use_cases.mail import mail_acts


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
    with common.acting_as(by) as who:
        said = telling.finished(mail_acts.resolve(who, message, sent))
    common.out.write(f"Message {said.number} is {said.state}, says {by}.")
    telling.warn_of_cases(said.told)
