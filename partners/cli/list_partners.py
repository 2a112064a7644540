"""`partners list`: who is in which tier and standing, for lists kept elsewhere."""

from __future__ import annotations

import csv as csv_module
import json
import sys
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from partners.cli import common
from partners.domain.standing import Standing
from partners.errors import UserError
from partners.store import standings
from partners.store.program_tables import PartnerRow

COLUMNS = ("partner_id", "name", "kind", "tier", "tier_since", "standing", "joined_on", "left_on")


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
) -> None:
    """List partners by tier and standing, as of now."""
    if standing is not None and standing.replace(" ", "_") not in list(Standing):
        raise UserError(f"unknown standing {standing!r}; use one of {', '.join(Standing)}")
    if as_csv and as_json:
        raise UserError("choose one of --csv and --json")
    with common.database() as database, database.snapshot() as session:
        _, policy = common.policy_in_force(session, common.program_now(database))
        known = {t.key for t in policy.tiers} | set(
            session.scalars(select(PartnerRow.tier).distinct())
        )
        if tier not in (None, "none", *known):
            names = ", ".join(t.key for t in policy.tiers)
            raise UserError(f"the policy has no tier {tier!r}; its tiers are {names}, or none")
        query = select(PartnerRow).order_by(PartnerRow.partner_id)
        if tier is not None:
            query = query.where(PartnerRow.tier == (None if tier == "none" else tier))
        rows = list(session.scalars(query))
        places = dict(standings.everybody(session, common.program_now(database)))
    wanted = standing and Standing(standing.replace(" ", "_"))
    listed = [
        _facts(row, places[row.partner_id].standing)
        for row in rows
        if wanted is None or places[row.partner_id].standing is wanted
    ]
    _print(listed, as_csv, as_json)


def _facts(row: PartnerRow, standing: Standing) -> dict[str, str | None]:
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


def _print(listed: list[dict[str, str | None]], as_csv: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(listed, indent=2, ensure_ascii=False))
    elif as_csv:
        writer = csv_module.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(row[name]) for name in COLUMNS} for row in listed)
    elif listed:
        table = Table("partner", "tier", "since", "standing")
        for row in listed:
            standing = Standing(row["standing"] or "").label
            table.add_row(row["partner_id"], row["tier"] or "–", row["tier_since"] or "–", standing)
        common.out.print(table)
    else:
        common.out.print("No partners.")


def _cell(value: str | None) -> str:
    """A spreadsheet takes a cell that begins so for a formula; the quote says it is text."""
    text = value or ""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
