"""One row of an orders file: checked, and turned into what `orders` holds."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from partners.store.imports.reading import fields
from partners.store.imports.reading.fields import (
    MAX_TEXT,
    Memo,
    NoRowOfItsOwn,
    RowRejected,
    check_id,
    check_length,
    check_text,
    quoted,
)
from partners.store.imports.reading.instants import Instants
from partners.store.imports.reading.source import Columns

COLUMNS = Columns(
    required=("order_id", "partner_id", "placed_at", "status"),
    optional=(
        "value",
        "rating",
        "address_ok",
        "response_hours",
        "customer_id",
        "known_at",
        "outcome_at",
        "excluded_reason",
        "service",
        "cost",
        "offer_id",
        "postal_code",
        "list_value",
    ),
)
STATUSES = frozenset({"placed", "accepted", "rejected", "completed", "cancelled", "failed"})
_AHEAD = timedelta(days=1)
_SHORT = min(MAX_TEXT[c] for c in ("order_id", "customer_id", "excluded_reason", "service"))


class StagedOrder(NamedTuple):
    """A row as it is staged: its line, whether it gave known_at (1 or 0), the columns of `orders`.

    Only the fields' names and order are used: a million named tuples cost half a second more to
    make, and another to store, than plain ones.
    """

    line: int
    known_given: int
    order_id: str
    partner_id: str
    placed_at: int
    placed_month: int
    status: str
    outcome_at: int
    outcome_month: int
    value_cents: int | None
    rating_milli: int | None
    address_ok: int | None
    response_seconds: int | None
    customer_id: str | None
    excluded_reason: str | None
    service: str | None
    cost_cents: int | None
    offer_id: str | None
    postal_code: str | None
    list_value_cents: int | None
    known_at: int


PlainOrder = tuple[str | int | None, ...]
"""The fields of `StagedOrder`, in that order."""


def order_parser(
    partners: Container[str], instants: Instants, now: datetime
) -> Callable[[int, Sequence[str]], PlainOrder]:
    """A parser of rows, given their line and the fields of `COLUMNS` in that order."""
    ratings, truths, responses = Memo(fields.rating), Memo(fields.truth), Memo(fields.response)
    value_cents, cost_cents = fields.money("value"), fields.money("cost")
    offers, places = Memo(fields.offer_id), Memo(fields.postal_code)
    list_value_cents = fields.money("list_value")
    read = instants.read
    imported_at, latest = int(now.timestamp()), int((now + _AHEAD).timestamp())
    above = ""

    def parse(line: int, row: Sequence[str]) -> PlainOrder:
        (order_id, partner_id, placed, status, value, rating, address_ok, response, customer_id,
         known, outcome, excluded, service, cost, offer, place, list_value) = row  # fmt: skip
        nonlocal above
        texts = order_id + customer_id + excluded + service
        if not texts.isprintable():
            check_text("".join(row))
        if len(texts) > _SHORT or "E+" in texts or "e+" in texts:
            check_texts(order_id, customer_id, excluded, service)
        if not placed and not status and order_id and order_id == above:
            raise NoRowOfItsOwn(
                "a further line of the order above, as shops export one for each article; one row "
                "for each order is enough: leave it out"
            )
        known_partner = partner_id in partners
        if not known_partner or status not in STATUSES or not order_id or order_id[-1] == " ":
            raise nameless(None if known_partner else partner_id, status)
        try:
            placed_at, placed_month = read(placed)
            outcome_at, outcome_month = read(outcome) if outcome else (placed_at, placed_month)
            known_at = read(known)[0] if known else imported_at
        except ValueError:
            raise unreadable(instants, placed, outcome, known) from None
        if not placed_at <= outcome_at <= latest or known_at > latest:
            raise impossible(placed_at, outcome_at, known_at, latest)
        above = order_id
        return (
            line, 1 if known else 0, order_id, partner_id, placed_at, placed_month,
            status, outcome_at, outcome_month, value_cents(value), ratings[rating],
            truths[address_ok], responses[response], customer_id or None, excluded or None,
            service or None, cost_cents(cost), offers[offer], places[place],
            list_value_cents(list_value) if list_value else None, known_at,
        )  # fmt: skip

    return parse


def check_texts(order_id: str, customer_id: str, excluded: str, service: str) -> None:
    """Refuse texts that their columns do not take, and ids that are no longer what they were."""
    check_id(order_id, "order_id")
    check_id(customer_id, "customer_id")
    check_length(excluded, "excluded_reason")
    check_length(service, "service")


def nameless(stranger: str | None, status: str) -> RowRejected:
    """What of a row names nothing: a partner whom nobody knows, its status, or its order."""
    if stranger is not None:
        return RowRejected(f"partner_id names no known partner: {quoted(stranger)}")
    if status not in STATUSES:
        return RowRejected(f"status is none of {', '.join(sorted(STATUSES))}: {quoted(status)}")
    return RowRejected(f"order_id is not 1 to {MAX_TEXT['order_id']} characters")


def unreadable(instants: Instants, placed: str, outcome: str, known: str) -> RowRejected:
    """Which of a row's times is none."""
    for name, text in (("placed_at", placed), ("outcome_at", outcome), ("known_at", known)):
        try:
            if text or name == "placed_at":
                instants.read(text)
        except ValueError:
            return RowRejected(f"{name} is not a date or time since 1970: {quoted(text)}")
    raise AssertionError("every time is readable")


def impossible(placed_at: int, outcome_at: int, known_at: int, latest: int) -> RowRejected:
    """Which of a row's times cannot be, in seconds; `latest` is a day ahead."""
    for name, seconds in (("placed_at", placed_at), ("outcome_at", outcome_at)):
        if seconds > latest:
            return RowRejected(f"{name} is more than a day ahead")
    if outcome_at < placed_at:
        return RowRejected("outcome_at is before placed_at")
    return RowRejected("known_at is more than a day ahead")
