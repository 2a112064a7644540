"""Reading the outbox as people do: lists, newest first, and one message by number or key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from partners.store.tables.mail_tables import DeliveryRow, OutboxRow

NUMBER_DIGITS = 18
"""More digits than this are no message's number (they would overflow the database's integers)."""


def messages(
    session: Session,
    *,
    partner: str | None = None,
    kind: str | None = None,
    state: str | None = None,
    delivery: str | None = None,
    limit: int | None = None,
    before: int | None = None,
) -> Iterator[OutboxRow]:
    """Messages, newest first, without their bodies, read as they are asked for.

    `delivery`: how far they came at any of their addresses; `before`: older than this number.
    """
    query = select(OutboxRow).options(defer(OutboxRow.html), defer(OutboxRow.text))
    wanted: dict[Any, str | None] = {
        OutboxRow.partner_id: partner,
        OutboxRow.kind: kind,
        OutboxRow.state: state,
    }
    for column, value in wanted.items():
        if value:
            query = query.where(column == value)
    if delivery:
        came = select(DeliveryRow.outbox_id).where(DeliveryRow.state == delivery)
        query = query.where(OutboxRow.outbox_id.in_(came))
    if before is not None:
        query = query.where(OutboxRow.outbox_id < before)
    query = query.order_by(OutboxRow.outbox_id.desc()).limit(limit)
    yield from session.scalars(query.execution_options(yield_per=500))


def find(session: Session, number_or_key: str) -> OutboxRow | None:
    """The message with that number or that key."""
    if number_or_key.isascii() and number_or_key.isdigit():
        if len(number_or_key) > NUMBER_DIGITS:
            return None
        return session.get(OutboxRow, int(number_or_key))
    return session.scalar(select(OutboxRow).where(OutboxRow.message_key == number_or_key))
