"""`partners list`: who is in which tier and standing, for lists kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.paging import Limit, print_tables
from partners.cli.progress import counted, progress
from partners.domain.record.standing import Standing
from partners.errors import UserError
from partners.loading import on_use

with on_use():
    from partners.use_cases.people import partner_list

if TYPE_CHECKING:
    from partners.use_cases.people.partner_list import PartnerFacts

COLUMNS = ("partner_id", "name", "kind", "tier", "tier_since", "standing", "joined_on", "left_on")
Facts = dict[str, str | None]
"""Of these columns, in their order."""


def list_partners(
    tier: Annotated[
        str | None, typer.Option("--tier", help="Only in this tier; `none`: in no tier.")
    ] = None,
    standing: Annotated[
        str | None,
        typer.Option("--standing", help=f"Only one of {', '.join(Standing)}."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, with names.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with names.")] = False,
    limit: Limit = None,
) -> None:
    """List partners by tier and standing, as of now."""
    wanted = _standing(standing)
    if as_csv and as_json:
        raise UserError("choose one of --csv and --json")
    with (
        common.asking() as by,
        partner_list.list_partners(by, tier) as found,
        progress("reading partners", found.total) as step,
    ):
        partners = counted(found.partners, step)
        listed = (_facts(p) for p in partners if wanted is None or p.standing is wanted)
        _print(listed, as_csv, as_json, limit)


def _standing(name: str | None) -> Standing | None:
    if name is None:
        return None
    if name.replace(" ", "_") not in list(Standing):
        raise UserError(f"unknown standing {name!r}; use one of {', '.join(Standing)}")
    return Standing(name.replace(" ", "_"))


def _facts(partner: PartnerFacts) -> Facts:
    return {
        "partner_id": partner.partner_id,
        "name": partner.name,
        "kind": partner.kind,
        "tier": partner.tier,
        "tier_since": partner.tier_since.isoformat() if partner.tier_since else None,
        "standing": partner.standing.value,
        "joined_on": partner.joined_on.isoformat(),
        "left_on": partner.left_on.isoformat() if partner.left_on else None,
    }


def _print(listed: Iterator[Facts], as_csv: bool, as_json: bool, limit: int | None) -> None:
    if as_json:
        common.out.write_json_array(islice(listed, limit))
    elif as_csv:
        common.out.write_csv(COLUMNS, (tuple(facts.values()) for facts in islice(listed, limit)))
    else:
        print_tables(
            lambda: Table("partner", "name", "tier", "since", "standing"),
            _add,
            listed,
            limit=limit,
            nothing="No partners.",
            all_with="--csv",
        )


def _add(table: Table, facts: Facts) -> None:
    standing = Standing(facts["standing"] or "").label
    since = facts["tier_since"] or "–"
    table.add_row(facts["partner_id"], facts["name"], facts["tier"] or "–", since, standing)
