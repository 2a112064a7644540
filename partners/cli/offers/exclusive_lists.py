"""`partners exclusive list|show`: what was agreed, how it stands, what its periods came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.offers.exclusives import Id
from partners.cli.paging import Json, Limit, print_list
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.loading import on_use

with on_use():
    from partners.cli.offers import exclusive_words as words
    from partners.store.offers.holding import exclusives as stored
    from partners.use_cases.offers import exclusive_view

if TYPE_CHECKING:
    from partners.use_cases.offers.exclusive_view import Exclusive, ExclusivePage


def show(exclusive: Id, as_json: Json = False) -> None:
    """Show an exclusive: its terms, how it stood when, and what its periods came to."""
    with common.asking() as by:
        page = exclusive_view.show_exclusive(by, exclusive)
    if as_json:
        common.out.write_json(words.page_facts(page))
        return
    common.out.print(_head(page), soft_wrap=True)
    words.print_terms(page.exclusive)
    table = Table("since", "status", "who", "why")
    for state in page.states:
        table.add_row(f"{state.at:%Y-%m-%d %H:%M}", state.status, state.who, state.reason)
    common.out.print(table)
    words.print_periods(page)


def _head(page: ExclusivePage) -> str:
    one = page.exclusive
    said = [f"{one.exclusive_id} is {one.status}"]
    if one.signed_at is not None:
        said.append(f"signed by {one.signed_by} on {one.signed_at:%Y-%m-%d}")
    if page.days_to_cure is not None:
        said.append(f"{page.days_to_cure} days left to cure, until {one.cure_until}")
    if one.at_risk_until is not None:
        said.append(f"at risk, kept until {one.at_risk_until}")
    if page.renewed_by:
        said.append(f"renewed by {page.renewed_by}")
    return "; ".join(said)


def list_exclusives(
    status: Annotated[ExclusiveStatus | None, typer.Option("--status", help="Only these.")] = None,
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner's.")] = None,
    service: Annotated[str | None, typer.Option("--service", help="Only of this one.")] = None,
    area: Annotated[str | None, typer.Option("--area", help="Only in this one.")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List exclusives, those whose term ends last leading."""
    columns = ("exclusive", "partner", "service", "where", "from", "until", "status", "minimum")
    wanted = stored.Wanted(status, partner, service, area)
    with common.asking() as by, exclusive_view.list_exclusives(by, wanted) as found:
        print_list(
            "exclusives",
            found.exclusives,
            lambda: Table(*columns),
            _add,
            lambda one: words.facts(one),
            as_json=as_json,
            limit=limit,
            nothing="No exclusives.",
            total=found.total,
        )


def _add(table: Table, one: Exclusive) -> None:
    days = f"{one.first_day}", f"{one.last_day}"
    table.add_row(
        *(one.exclusive_id, one.partner_id, one.service, words.place(one), *days),
        *(one.status, words.minimum(one)),
    )
