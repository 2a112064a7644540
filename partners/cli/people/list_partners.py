"""`partners list`: who is in which tier and standing, for lists kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import func, select

from partners.cli import common
from partners.cli.paging import Limit, print_tables
from partners.cli.progress import counted, progress
from partners.domain.record.standing import Standing
from partners.errors import UserError
from partners.loading import on_use

with on_use():
    from partners.store.policy import policies
    from partners.store.record import standings
    from partners.store.tables import program_tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from partners.domain.policy.policy import Policy

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
    with common.database() as database, database.snapshot() as session:
        now = common.program_now(database)
        which = _in_tier(session, tier, policies.required(session, now)[1])
        count = select(func.count()).select_from(program_tables.PartnerRow).where(*which)
        total = session.scalar(count) or 0
        with progress("reading partners", total) as step:
            everybody = standings.everybody(session, now, *which)
            listed = (
                _facts(row, stands)
                for row, stands in counted(everybody, step)
                if wanted is None or stands is wanted
            )
            _print(listed, as_csv, as_json, limit)


def _standing(name: str | None) -> Standing | None:
    if name is None:
        return None
    if name.replace(" ", "_") not in list(Standing):
        raise UserError(f"unknown standing {name!r}; use one of {', '.join(Standing)}")
    return Standing(name.replace(" ", "_"))


def _in_tier(session: Session, tier: str | None, policy: Policy) -> list[ColumnElement[bool]]:
    """What is true of partners in a tier; one that the policy no longer has may have partners."""
    if tier is None:
        return []
    known = {t.key for t in policy.tiers} | set(
        session.scalars(select(program_tables.PartnerRow.tier).distinct())
    )
    if tier not in ("none", *known):
        names = ", ".join(t.key for t in policy.tiers)
        raise UserError(f"the policy has no tier {tier!r}; its tiers are {names}, or none")
    return [program_tables.PartnerRow.tier == (None if tier == "none" else tier)]


def _facts(row: Any, standing: Standing) -> Facts:
    return {
        "partner_id": row.partner_id,
        "name": row.name,
        "kind": row.kind,
        "tier": row.tier,
        "tier_since": row.tier_since.isoformat() if row.tier_since else None,
        "standing": standing.value,
        "joined_on": row.joined_on.isoformat(),
        "left_on": row.left_on.isoformat() if row.left_on else None,
    }


def _print(listed: Iterator[Facts], as_csv: bool, as_json: bool, limit: int | None) -> None:
    if as_json:
        common.out.write_json_array(islice(listed, limit))
    elif as_csv:
        common.out.write_csv(COLUMNS, (tuple(facts.values()) for facts in islice(listed, limit)))
    else:
        print_tables(
            lambda: Table("partner", "tier", "since", "standing"),
            _add,
            listed,
            limit=limit,
            nothing="No partners.",
            all_with="--csv",
        )


def _add(table: Table, facts: Facts) -> None:
    standing = Standing(facts["standing"] or "").label
    table.add_row(facts["partner_id"], facts["tier"] or "–", facts["tier_since"] or "–", standing)
