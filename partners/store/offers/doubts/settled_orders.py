"""Doubtful orders as staff list and settle them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from partners.errors import Refusal
from partners.store.tables.feed_tables import DoubtfulOrderRow, SettledOrderRow

_PAGE = 500


@dataclass(eq=False)
class NotDoubtful(Refusal):
    """The order is not on the list; perhaps somebody settled it, and says why."""

    says = "order {order_id!r} is not listed as one that its partner could not have placed{settled}"

    order_id: str
    settled: str


def listed(session: Session, partner_id: str | None) -> Iterator[DoubtfulOrderRow]:
    """Doubtful orders of a partner, or of anybody; the oldest first, read as they are asked for."""
    row = DoubtfulOrderRow
    query = select(row).order_by(row.placed_at, row.order_id)
    if partner_id is not None:
        query = query.where(row.partner_id == partner_id)
    yield from session.scalars(query.execution_options(yield_per=_PAGE))


def settled(session: Session, partner_id: str | None) -> Iterator[SettledOrderRow]:
    """What people settled, the newest first."""
    row = SettledOrderRow
    query = select(row).order_by(row.settlement_id.desc())
    if partner_id is not None:
        query = query.where(row.partner_id == partner_id)
    yield from session.scalars(query.execution_options(yield_per=_PAGE))


def waiting(session: Session) -> tuple[int, datetime | None]:
    """How many are to be looked at, and since when."""
    row = DoubtfulOrderRow
    count, since = session.execute(select(func.count(), func.min(row.noted_at))).one()
    return count, since


def take_turn(connection: Connection) -> None:
    """Imports note orders and people settle them by turns; whoever reads the list goes on."""
    if connection.dialect.name == "postgresql":  # on SQLite all writers take turns
        connection.exec_driver_sql("LOCK TABLE doubtful_orders IN SHARE ROW EXCLUSIVE MODE")


def settle(
    session: Session, order_ids: Sequence[str], *, who: str, reason: str, now: datetime
) -> None:
    """Take orders off the list: somebody has looked at them. Raises NotDoubtful, and keeps all."""
    take_turn(session.connection())
    for order_id in sorted(set(order_ids)):
        row = session.get(DoubtfulOrderRow, order_id)
        if row is None:
            raise NotDoubtful(order_id, _by_whom(session, order_id))
        facts = (row.order_id, row.partner_id, row.offer_id, row.reasons, row.noted_at)
        names = ("order_id", "partner_id", "offer_id", "reasons", "noted_at")
        said = {"settled_at": now, "who": who, "reason": reason}
        session.add(SettledOrderRow(**dict(zip(names, facts, strict=True)), **said))
        session.delete(row)
        session.flush()


def _by_whom(session: Session, order_id: str) -> str:
    row = SettledOrderRow
    query = select(row).where(row.order_id == order_id).order_by(row.settlement_id.desc()).limit(1)
    found = session.scalar(query)
    if found is None:
        return ""
    return f"; {found.who} settled it on {found.settled_at:%Y-%m-%d}: {found.reason}"
