"""Orders of offers that their partner could not have had: looked at, and settled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from partners.domain.offers.doubt import codes
from partners.store.offers.doubts import settled_orders
from partners.store.people.known_partner import known_partner
from partners.store.record import recorder
from partners.store.tables.feed_tables import DoubtfulOrderRow, SettledOrderRow
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.refusals import not_blank


@dataclass(frozen=True)
class DoubtfulOrder:
    """An order to look at. `reasons`: codes, as `access` has them, or `unknown_offer`."""

    order_id: str
    partner_id: str
    offer_id: str
    placed_at: datetime
    reasons: tuple[str, ...]
    noted_at: datetime

    @classmethod
    def of(cls, row: DoubtfulOrderRow) -> DoubtfulOrder:
        placed_at = datetime.fromtimestamp(row.placed_at, UTC)
        named = (row.order_id, row.partner_id, row.offer_id)
        return cls(*named, placed_at, codes(row.reasons), row.noted_at)


@dataclass(frozen=True)
class SettledOrder:
    """An order that somebody has looked at, and what they said."""

    order_id: str
    partner_id: str
    offer_id: str
    reasons: tuple[str, ...]
    settled_at: datetime
    who: str
    reason: str

    @classmethod
    def of(cls, row: SettledOrderRow) -> SettledOrder:
        named = (row.order_id, row.partner_id, row.offer_id, codes(row.reasons))
        return cls(*named, row.settled_at, row.who, row.reason)


def doubtful(by: Viewer, partner_id: str | None = None) -> Iterator[DoubtfulOrder]:
    """Of a partner, or of anybody; the oldest first, read as they are asked for."""
    with by.database.read() as session:
        if partner_id is not None:
            known_partner(session, partner_id)
        yield from map(DoubtfulOrder.of, settled_orders.listed(session, partner_id))


def settled(by: Viewer, partner_id: str | None = None) -> Iterator[SettledOrder]:
    """What people settled; the newest first."""
    with by.database.read() as session:
        if partner_id is not None:
            known_partner(session, partner_id)
        yield from map(SettledOrder.of, settled_orders.settled(session, partner_id))


def settle(by: Manager, order_ids: Sequence[str], reason: str) -> int:
    """Somebody has looked at these orders, all of them or none. Returns how many they are.

    The orders stand as they did before; they are not listed again for the same reasons.
    """
    not_blank(reason=reason, by=by.name)
    now = by.now()
    with by.database.write() as session:
        recorder.sign(session, by.name, now)
        settled_orders.settle(session, order_ids, who=by.name, reason=reason.strip(), now=now)
    return len(set(order_ids))
