"""Orders of offers that their partner could not have had when they were placed: noted by imports.

They are kept, for they happened. What the program knew then decides: an order from before it knew
an offer is none of them. A person settles one; it comes back only if it is doubtful otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, String, bindparam, text
from sqlalchemy.orm import Session

from partners.domain.offers.doubt import UNKNOWN_OFFER
from partners.domain.offers.offer import OfferStatus, Visibility
from partners.domain.policy.tiers import TierKind
from partners.store.offers import doubt_spans
from partners.store.offers.doubt_answers import Answers, Suspect
from partners.store.policy import policies
from partners.store.tables.base import Instant

_PAGE = 2000
# An offer that was added since was not known when its earlier orders were placed.
_EXAMINED = f"""
CREATE TEMPORARY TABLE examined AS
SELECT c.order_id FROM changes c WHERE c.action <> 'late'
UNION SELECT d.order_id FROM doubtful_orders d JOIN offers f ON f.offer_id = d.offer_id
WHERE d.reasons = '{UNKNOWN_OFFER}'
"""
_ORDERS = """(
    SELECT p.order_id, p.partner_id, p.offer_id, p.postal_code, p.placed_at FROM orders p {}
    WHERE p.offer_id IS NOT NULL AND p.status <> 'rejected'
)"""
_AMONG = "JOIN examined e ON e.order_id = p.order_id"
_DOUBTS = """
CREATE TEMPORARY TABLE doubts (order_id VARCHAR(128) PRIMARY KEY, partner_id VARCHAR(64),
offer_id VARCHAR(64), placed_at BIGINT, reasons VARCHAR(200))
"""
_UNKNOWN = f"""
INSERT INTO doubts (order_id, partner_id, offer_id, placed_at, reasons)
SELECT o.order_id, o.partner_id, o.offer_id, o.placed_at, '{UNKNOWN_OFFER}'
FROM {{orders}} o WHERE NOT EXISTS (SELECT 1 FROM offers f WHERE f.offer_id = o.offer_id)
"""
# Whoever is not among these is sure to have had the offer; of these `access` decides.
_SUSPECTS = f"""
CREATE TEMPORARY TABLE suspects AS
SELECT ROW_NUMBER() OVER (ORDER BY o.partner_id, o.offer_id, o.placed_at) AS n,
       o.order_id, o.partner_id, o.offer_id, o.postal_code, o.placed_at
FROM {{orders}} o
JOIN offer_spans f ON f.offer_id = o.offer_id
JOIN state_spans s ON s.offer_id = o.offer_id AND s.since <= o.placed_at AND o.placed_at < s.until
JOIN partners p ON p.partner_id = o.partner_id
WHERE s.status <> '{OfferStatus.ACTIVE.value}'
   OR o.placed_at < f.since OR o.placed_at >= f.until
   OR (s.visibility <> '{Visibility.PUBLIC.value}'
       AND NOT (s.visibility = '{Visibility.PREFERRED.value}'
                AND COALESCE(p.tier, '') IN :preferred
                AND NOT EXISTS (SELECT 1 FROM tier_spans t WHERE t.partner_id = o.partner_id
                                AND o.placed_at < t.since))
       AND NOT EXISTS (SELECT 1 FROM grant_spans g
                       WHERE g.offer_id = o.offer_id AND g.partner_id = o.partner_id
                       AND g.since <= o.placed_at AND o.placed_at < g.until))
   OR (f.area_code IS NOT NULL AND o.postal_code IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM area_places a
                       WHERE a.area_code = f.area_code AND a.postal_code = o.postal_code))
   OR EXISTS (SELECT 1 FROM claim_spans c
              WHERE c.service = f.service AND c.partner_id <> o.partner_id
              AND c.since <= o.placed_at AND o.placed_at < c.until
              AND (c.regional_id IS NULL
                   OR EXISTS (SELECT 1 FROM exclusive_codes e WHERE e.exclusive_id = c.regional_id
                              AND e.postal_code = o.postal_code)))
   OR EXISTS (SELECT 1 FROM block_spans b WHERE b.partner_id = o.partner_id
              AND b.since <= o.placed_at AND o.placed_at < b.until)
"""
_DOUBT = text(
    "INSERT INTO doubts (order_id, partner_id, offer_id, placed_at, reasons) "
    "VALUES (:order_id, :partner_id, :offer_id, :placed_at, :reasons)"
)
_SAME = "{0}.order_id = {1}.order_id AND " + " AND ".join(
    f"{{0}}.{name} = {{1}}.{name}" for name in ("partner_id", "offer_id", "reasons")
)
_NO_MORE = f"""
DELETE FROM doubtful_orders WHERE order_id IN (SELECT order_id FROM examined)
AND NOT EXISTS (SELECT 1 FROM doubts n WHERE {_SAME.format("n", "doubtful_orders")})
"""
_NOTE = text(f"""
INSERT INTO doubtful_orders (order_id, partner_id, offer_id, placed_at, reasons, noted_at)
SELECT n.order_id, n.partner_id, n.offer_id, n.placed_at, n.reasons, :now FROM doubts n
WHERE NOT EXISTS (SELECT 1 FROM doubtful_orders d WHERE d.order_id = n.order_id)
AND NOT EXISTS (SELECT 1 FROM settled_orders k WHERE {_SAME.format("k", "n")})
""").bindparams(bindparam("now", type_=Instant()))


def note(connection: Connection, zone: ZoneInfo, now: datetime, first_load: bool) -> int:
    """Note the doubtful ones among the orders that an import has brought or changed.

    Of a first load those are all orders, else the temporary table `changes` has them. Returns how
    many are noted that were not before. Where there is no offer at all, nothing is doubted:
    `offer_id` is a word of the feed's own.
    """
    if connection.exec_driver_sql("SELECT 1 FROM offers LIMIT 1").first() is None:
        return 0
    if not first_load:
        connection.exec_driver_sql(_EXAMINED)
    orders = _ORDERS.format("" if first_load else _AMONG)
    connection.exec_driver_sql(_DOUBTS)
    if connection.exec_driver_sql(f"SELECT 1 FROM {orders} o LIMIT 1").first() is not None:
        connection.exec_driver_sql(_UNKNOWN.format(orders=orders))
        _look(connection, orders, zone)
    if not first_load:
        connection.exec_driver_sql(_NO_MORE)
    return connection.execute(_NOTE, {"now": now}).rowcount


def _look(connection: Connection, orders: str, zone: ZoneInfo) -> None:
    """Ask about every order that may be one."""
    doubt_spans.make(connection, zone)
    with Session(connection) as session:
        preferred = {"preferred": _preferred(session)}
        suspects = text(_SUSPECTS.format(orders=orders)).bindparams(
            bindparam("preferred", type_=String(), expanding=True, literal_execute=True)
        )
        connection.execute(suspects, preferred)
        asked = Answers(session, zone)
        for page in _pages(connection):
            found = [{**s._asdict(), "reasons": asked.doubts(s)} for s in page]
            if doubtful := [one for one in found if one["reasons"]]:
                connection.execute(_DOUBT, doubtful)


def _pages(connection: Connection) -> Iterator[list[Suspect]]:
    columns = ", ".join(Suspect._fields)
    query = text(f"SELECT {columns} FROM suspects WHERE n > :after AND n <= :last ORDER BY n")
    connection.exec_driver_sql("CREATE INDEX suspects_n ON suspects (n)")
    after = 0
    while rows := connection.execute(query, {"after": after, "last": after + _PAGE}).all():
        yield [Suspect(*row) for row in rows]
        after += _PAGE


def _preferred(session: Session) -> list[str]:
    """Tiers that every version of the policy has, and has as more than public ones."""
    versions = [policies.load(session, row.version) for row in policies.history(session)]
    tiers = [
        {tier.key for tier in one.tiers if tier.kind is not TierKind.PUBLIC} for one in versions
    ]
    return sorted(set.intersection(*tiers)) if tiers else []
