"""When offers could be had, as spans of seconds in temporary tables: for orders by the million.

From `since` up to, and without, `until`; in seconds since 1970, as orders have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, column, insert, select, table

from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.overrides.override import Override
from partners.store.tables.case_tables import OverrideRow, TierChangeRow
from partners.store.tables.exclusive_tables import ExclusiveRow, ExclusiveStateRow
from partners.store.tables.offer_tables import GrantRow, OfferRow, OfferStateRow, WindowRow

ALWAYS, NEVER = 0, 1 << 60
_TABLES = {
    "offer_spans": ("offer_id", "service", "area_code", "since", "until"),
    "state_spans": ("offer_id", "status", "visibility", "since", "until"),
    "grant_spans": ("offer_id", "partner_id", "since", "until"),
    "claim_spans": ("service", "partner_id", "regional_id", "since", "until"),
    "block_spans": ("partner_id", "since", "until"),
    "tier_spans": ("partner_id", "since", "until"),
}


def seconds(moment: datetime) -> int:
    """The first whole second that is not before a moment."""
    return ceil((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1))


class Days:
    """Where program days begin."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def start(self, day: date) -> int:
        return int(datetime.combine(day, time(), self._zone).timestamp())

    def after(self, day: date) -> int:
        return self.start(day + timedelta(days=1))


def make(connection: Connection, zone: ZoneInfo) -> None:
    """Make the spans of everything that an order of an offer depends on.

    `offer_spans`: open for everybody. `state_spans`: how an offer stood, since the program knows
    it. `claim_spans`: the terms of exclusives that ever excluded; `regional_id`: of those that have
    postal codes, the others are everywhere. `block_spans`: of a partner, or of some offers.
    `tier_spans`: since a partner's last change of tier.
    """
    days = Days(zone)
    rows: dict[str, Iterable[tuple[Any, ...]]] = {
        "offer_spans": _offers(connection, days),
        "state_spans": _states(connection),
        "grant_spans": _grants(connection, days),
        "claim_spans": _claims(connection, days),
        "block_spans": _blocks(connection, days),
        "tier_spans": _tiers(connection),
    }
    for name, columns in _TABLES.items():
        types = ", ".join(
            f"{c} {'BIGINT' if c in ('since', 'until') else 'VARCHAR(200)'}" for c in columns
        )
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({types})")
        if found := [dict(zip(columns, row, strict=True)) for row in rows[name]]:
            connection.execute(insert(table(name, *map(column, columns))), found)
        key = ", ".join(c for c in columns[:2] if c not in ("status", "area_code", "since"))
        connection.exec_driver_sql(f"CREATE INDEX {name}_key ON {name} ({key})")
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"ANALYZE {name}")


def _offers(connection: Connection, days: Days) -> Iterator[tuple[Any, ...]]:
    """Open for everybody once the last window is: whoever comes before that is looked at."""
    row, window = OfferRow, WindowRow
    latest: dict[str, date] = {}
    for offer_id, day in connection.execute(select(window.offer_id, window.orderable_from)):
        latest[offer_id] = max(day, latest.get(offer_id, day))
    query = select(row.offer_id, row.service, row.area_code, row.opens_on, row.closes_on)
    for offer_id, service, area, opens, closes in connection.execute(query):
        first = max((day for day in (opens, latest.get(offer_id)) if day), default=None)
        since = days.start(first) if first else ALWAYS
        yield offer_id, service, area, since, days.after(closes) if closes else NEVER


def _states(connection: Connection) -> Iterator[tuple[Any, ...]]:
    row = OfferStateRow
    query = select(row.offer_id, row.status, row.visibility, row.at)
    found = [*connection.execute(query.order_by(row.offer_id, row.state_id)), None]
    for one, following in pairwise(found):
        assert one is not None
        goes_on = following is not None and following.offer_id == one.offer_id
        until = seconds(following.at) if goes_on and following else NEVER
        yield one.offer_id, one.status, one.visibility, seconds(one.at), until


def _grants(connection: Connection, days: Days) -> Iterator[tuple[Any, ...]]:
    row = GrantRow
    for one in connection.execute(
        select(
            *(row.offer_id, row.partner_id, row.from_day, row.until_day),
            *(row.granted_at, row.revoked_at),
        )
    ):
        since = max(days.start(one.from_day), seconds(one.granted_at))
        until = days.after(one.until_day) if one.until_day else NEVER
        yield (
            *(one.offer_id, one.partner_id, since),
            min(until, seconds(one.revoked_at) if one.revoked_at else NEVER),
        )


def _claims(connection: Connection, days: Days) -> Iterator[tuple[Any, ...]]:
    row, state = ExclusiveRow, ExclusiveStateRow
    active = select(state.exclusive_id).where(state.status == ExclusiveStatus.ACTIVE)
    query = select(row.__table__).where(row.exclusive_id.in_(active))
    for one in connection.execute(query):
        regional_id = None if one.area_code is None else one.exclusive_id
        days_held = days.start(one.first_day), days.after(one.last_day)
        yield one.service, one.partner_id, regional_id, *days_held


def _blocks(connection: Connection, days: Days) -> Iterator[tuple[Any, ...]]:
    row = OverrideRow
    query = select(row.partner_id, row.from_day, row.until_day)
    blocks = row.kind.in_((Override.BLOCK, Override.OFFERS))
    for partner_id, first, last in connection.execute(query.where(blocks)):
        yield partner_id, days.start(first), days.after(last) if last else NEVER


def _tiers(connection: Connection) -> Iterator[tuple[Any, ...]]:
    row = TierChangeRow
    newest: dict[str, int] = {}
    for partner_id, at in connection.execute(select(row.partner_id, row.changed_at)):
        newest[partner_id] = max(seconds(at), newest.get(partner_id, ALWAYS))
    for partner_id, since in newest.items():
        yield partner_id, since, NEVER
