"""`partners area add|import|list|show`: postal codes under one name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.paging import Json, Limit, print_list
from partners.domain.number_words import number_of
from partners.use_cases.offers import areas
from partners.use_cases.offers.areas import Area

Code = Annotated[str, typer.Argument(metavar="CODE", help="Its code, such as berlin.")]


def add(
    code: Code,
    name: Annotated[str, typer.Option("--name", help="What people call it.")],
    postal_codes: Annotated[
        list[str],
        typer.Option(
            "--postal-codes", help="Separated by commas; may be repeated. Blanks count: “SW1A 1AA”."
        ),
    ],
    by: common.By,
) -> None:
    """Add an area: postal codes under one name. Many at once: `partners area import`."""
    places = [place for text in postal_codes for place in text.split(",")]
    with common.acting_as(by) as manager:
        added = areas.add(manager, code, name, places)
    common.out.print(f"Area {added.area_code}: {added.name}, {_size(added)}.")


def list_areas(limit: Limit = None, as_json: Json = False) -> None:
    """List areas by code."""
    with common.asking() as by:
        print_list(
            "areas",
            areas.list_areas(by),
            lambda: Table("area", "name", "postal codes", "since", "by"),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No areas; the first: partners area import --help",
        )


def show(area: Code, as_json: Json = False) -> None:
    """Show an area with all its postal codes."""
    with common.asking() as by:
        page = areas.show_area(by, area)
    if as_json:
        common.out.write_json(_facts(page.area) | {"postal_codes": page.postal_codes})
        return
    one = page.area
    common.out.print(f"{one.area_code}: {one.name}, {_size(one)}, since {one.added_at:%Y-%m-%d}")
    common.out.print(", ".join(page.postal_codes), soft_wrap=True)


def _add(table: Table, one: Area) -> None:
    since = f"{one.added_at:%Y-%m-%d}"
    table.add_row(one.area_code, one.name, f"{one.places:,}", since, one.added_by)


def _facts(one: Area) -> dict[str, Any]:
    return asdict(one) | {"added_at": one.added_at.isoformat()}


def _size(one: Area) -> str:
    return number_of(one.places, "postal code")
