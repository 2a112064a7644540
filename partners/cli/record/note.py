"""`partners note`: what a person writes down about a partner, dated and signed."""

from __future__ import annotations

from typing import Annotated

import typer

from partners.cli import common
from partners.cli.cases import cases
from partners.domain.record.note_types import BY_PEOPLE, NoteType
from partners.errors import UserError
from partners.loading import on_use

with on_use():
    from partners.use_cases.record import notes

TYPES = [type_.value for type_ in BY_PEOPLE]


def note(
    partner: cases.PartnerArgument,
    text: Annotated[str, typer.Option("--text", help="What there is to know.")],
    by: common.By,
    type_: Annotated[
        str, typer.Option("--type", metavar="TYPE", help=f"One of {', '.join(TYPES)}.")
    ] = NoteType.GENERAL.value,
) -> None:
    """Write a note about a partner; `partners show` lists them. Partners do not see it."""
    if type_ not in TYPES:
        raise UserError(f"unknown type {type_!r}; use one of {', '.join(TYPES)}")
    with common.acting_as(by) as manager:
        notes.write_note(manager, partner, text, NoteType(type_))
    common.out.print(f"Noted about {partner}; see: partners show {partner}")
