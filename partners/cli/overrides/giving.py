"""A person's decision about a partner: shown, confirmed, carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from partners.cli import common
from partners.domain.cases.commands import Command, CommandKind
from partners.domain.overrides.override import MOST_YEARS
from partners.errors import SetupError, UserError
from partners.loading import on_use

with on_use():
    from partners import settings
    from partners.mail import render
    from partners.use_cases.overrides import partner_commands

if TYPE_CHECKING:
    from partners.use_cases.overrides.partner_commands import Done, Preview

Beyond = Annotated[
    bool, typer.Option("--beyond-policy", help="Go beyond what the rules allow; it is recorded.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Tell the partner nothing; it is recorded.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")]
Offers = Annotated[
    list[str] | None, typer.Option("--offers", help="Block only this offer; may be repeated.")
]


Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE",
        help=f"The last day, YYYY-MM-DD; at most {MOST_YEARS} years ahead.",
    ),
]


def give(partner_id: str, kind: CommandKind, command: Command, yes: bool) -> None:
    """Show what a command does and what the partner is told, ask, and carry it out."""
    with common.acting_as(command.who) as by:
        preview = partner_commands.preview_command(by, partner_id, kind, command)
        if preview.asks:
            _show(partner_id, kind, preview)
        if preview.asks and not yes and not common.confirm("Do this?"):
            raise UserError("nothing was done")
        done = common.run(partner_commands.give_command(by, partner_id, kind, command, preview))
    common.out.print(f"{partner_id}: {_said(partner_id, kind, done)}")


def _show(partner_id: str, kind: CommandKind, preview: Preview) -> None:
    where = f" (case {preview.case_id})" if preview.case_id else ""
    common.out.print(f"{partner_id}{where}: {kind}: {preview.words}")
    if preview.notice is None:
        common.out.print(f"The partner gets no mail: {preview.why_not_told}.")
        return
    message = render.Renderer(settings.load_settings().templates).render(preview.notice)
    common.out.print("The partner gets this mail:", style="bold")
    common.out.print(f"Subject: {message.subject}\n\n{message.text}")


def _said(partner_id: str, kind: CommandKind, done: Done) -> str:
    if done.answer is not None:
        return done.answer
    if done.unreachable is not None:
        raise SetupError(
            f"it is done and recorded, but the partner was not told ({done.unreachable}); try "
            f"again: partners tell {partner_id}"
        )
    on_its_way = f"the mail is on its way (partners mail list --partner {partner_id})"
    return f"{kind}: {done.words}; {done.why_not_told or on_its_way}."


def tell(partner: Annotated[str, typer.Argument(metavar="PARTNER")]) -> None:
    """Tell a partner what people decided, where that could not start; nobody is told twice."""
    with common.acting_as(common.user_name()) as by:
        told = common.run(partner_commands.tell_partner(by, partner))
    state = "is being told" if told else "has been told of everything"
    common.out.print(f"{partner} {state}.")
