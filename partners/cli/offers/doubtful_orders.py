"""`partners offer orders|settle`: orders of offers that their partner could not have had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.cases import cases
from partners.cli.paging import Json, Limit, print_list
from partners.domain.number_words import number_of
from partners.loading import on_use

with on_use():
    from partners.use_cases.offers import doubtful_orders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partners.use_cases.offers.doubtful_orders import DoubtfulOrder, SettledOrder

REASONS = {
    "unknown_offer": "there is no such offer",
    "draft": "a draft then",
    "retired": "retired then",
    "closed": "after its last day",
    "paused": "paused then",
    "partner_blocked": "the partner was blocked",
    "offer_blocked": "blocked for this partner",
    "held_by_another": "within another partner's exclusive",
    "not_preferred": "not in a preferred tier then",
    "not_granted": "without a grant then",
    "outside_area": "outside its area",
    "not_visible_yet": "before it could be seen",
    "not_orderable_yet": "before it could be ordered",
}
"""What spoke against an order, in words; a code without any stands as it is."""


def orders(
    partner: Annotated[
        str | None, typer.Argument(metavar="PARTNER", help="Default: of anybody.")
    ] = None,
    settled: Annotated[
        bool, typer.Option("--settled", help="Those that somebody has settled, the newest first.")
    ] = False,
    as_json: Json = False,
    limit: Limit = None,
) -> None:
    """List orders of offers that their partner could not have had when they were placed."""
    with common.asking() as by:
        if settled:
            print_list(
                "orders",
                doubtful_orders.settled(by, partner),
                lambda: Table("order", "partner", "offer", "why doubtful", "settled"),
                _add_settled,
                _settled_facts,
                as_json=as_json,
                limit=limit,
                nothing="No order has been settled.",
            )
            return
        print_list(
            "orders",
            doubtful_orders.doubtful(by, partner),
            lambda: Table("order", "partner", "offer", "placed", "why doubtful"),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No order is doubtful.",
        )


def settle(
    order: Annotated[
        list[str], typer.Argument(metavar="ORDER...", help="As `partners offer orders` says.")
    ],
    reason: cases.Reason,
    by: common.By,
) -> None:
    """Take orders off the list: somebody has looked at them. The orders stand as they are."""
    with common.acting_as(by) as manager:
        count = doubtful_orders.settle(manager, order, reason)
    common.out.print(f"{number_of(count, 'order')} settled; listed by: partners offer orders")


def _why(codes: Sequence[str]) -> str:
    return ", ".join(REASONS.get(code, code) for code in codes)


def _add(table: Table, row: DoubtfulOrder) -> None:
    placed = f"{row.placed_at:%Y-%m-%d %H:%M}"
    table.add_row(row.order_id, row.partner_id, row.offer_id, placed, _why(row.reasons))


def _facts(row: DoubtfulOrder) -> dict[str, Any]:
    return {
        "order_id": row.order_id,
        "partner_id": row.partner_id,
        "offer_id": row.offer_id,
        "placed_at": row.placed_at.isoformat(),
        "reasons": list(row.reasons),
        "noted_at": row.noted_at.isoformat(),
    }


def _add_settled(table: Table, row: SettledOrder) -> None:
    said = f"{row.settled_at:%Y-%m-%d}, by {row.who}: {row.reason}"
    table.add_row(row.order_id, row.partner_id, row.offer_id, _why(row.reasons), said)


def _settled_facts(row: SettledOrder) -> dict[str, Any]:
    return {
        "order_id": row.order_id,
        "partner_id": row.partner_id,
        "offer_id": row.offer_id,
        "reasons": list(row.reasons),
        "settled_at": row.settled_at.isoformat(),
        "by": row.who,
        "reason": row.reason,
    }
