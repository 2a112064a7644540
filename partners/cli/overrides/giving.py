"""A person's decision about a partner: shown, confirmed, carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from partners.cli import common
from partners.cli.mail.mail_text import print_mail
from partners.domain.cases.commands import Command, CommandKind
from partners.domain.overrides.override import MOST_YEARS
from partners.errors import SetupError
from partners.loading import on_use

with on_use():
    from partners import settings
    from partners.mail import render
    from partners.use_cases.overrides import partner_commands

if TYPE_CHECKING:
    from partners.mail.notice import Notice
    from partners.use_cases.cases.case_previews import Preview
    from partners.use_cases.overrides.partner_commands import Done

Beyond = Annotated[
    bool, typer.Option("--beyond-policy", help="Go beyond what the rules allow; it is recorded.")
]
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
            show(partner_id, kind, preview)
            common.agreed("Do this?", yes)
        done = common.run(partner_commands.give_command(by, partner_id, kind, command, preview))
    common.out.print(f"{partner_id}: {_said(partner_id, kind, done)}")


def show(partner_id: str, what: str, preview: Preview) -> None:
    """What a command would do, and the mail that the partner would get."""
    where = f" (case {preview.case_id})" if preview.case_id else ""
    common.out.print(f"{partner_id}{where}: {_did(what, preview.words)}")
    show_mail(preview.notice, preview.why_not_told)


def show_mail(notice: Notice | None, why_not: str) -> None:
    if notice is None:
        common.out.print(f"The partner gets no mail: {why_not}.")
        return
    renderer = render.Renderer(settings.load_settings().templates)
    common.out.print("The partner gets this mail:", style="bold")
    print_mail(renderer.render(notice), renderer.in_english(notice))


def _said(partner_id: str, kind: CommandKind, done: Done) -> str:
    if done.answer is not None:
        return done.answer
    if done.unreachable is not None:
        raise SetupError(
            f"it is done and recorded, but the partner was not told ({done.unreachable}); try "
            f"again: partners tell {partner_id}"
        )
    on_its_way = f"the mail is on its way (partners mail list --partner {partner_id})"
    return f"{_did(kind, done.words)}; {done.why_not_told or on_its_way}."


def _did(what: str, words: str) -> str:
    """`extended: deadline …`; `blocked`, where that is all there is to say."""
    return what if words == what else f"{what}: {words}"


def tell(partner: Annotated[str, typer.Argument(metavar="PARTNER")]) -> None:
    """Tell a partner what people decided, where that could not start; nobody is told twice."""
    with common.acting_as(common.user_name()) as by:
        told = common.run(partner_commands.tell_partner(by, partner))
    state = "is being told" if told else "has been told of everything"
    common.out.print(f"{partner} {state}.")
