"""`partners note`: what a person writes down about a partner, dated and signed."""

from __future__ import annotations

from typing import Annotated

import typer

from partners.cli import common
from partners.cli.cases import cases
from partners.domain.record.note_types import BY_PEOPLE, NoteType
from partners.errors import UserError
from partners.store.judging import appraisals
from partners.store.people.known_partner import known_partner

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
    if not text.strip() or not by.strip():
        raise UserError("say what and who: --text and --by must not be blank")
    with common.database() as database, database.write() as session:
        known_partner(session, partner)
        at = common.program_now(database)
        appraisals.note(session, partner, text.strip(), who=by, at=at, type=NoteType(type_))
    common.out.print(f"Noted about {partner}; see: partners show {partner}")
