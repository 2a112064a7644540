"""A program whose tier pays an incentive, and its months accrued as the activities do."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from activities.offers.accruing import Accruing
from partners.domain.offers.incentives.incentive_runs import run_id_of
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.judging.window_sums import Range
from partners.store.offers.incentives import incentive_runs
from partners.store.tables.incentive_tables import IncentiveAccrualRow, IncentiveRunRow
from partners.store.tables.referral_tables import LedgerRow
from tests import builders

SHARE = {"share": "0.02"}


def paying(incentive: dict[str, Any] | None = None, **sections: Any) -> Policy:
    """The test policy, whose tier pays 2 % of what was completed, or as is said."""
    return builders.a_policy(tiers=tiers(incentive or SHARE), **sections)


def tiers(incentive: dict[str, Any], **more: dict[str, Any]) -> list[dict[str, Any]]:
    """The test policy's tier with an incentive; then further ones, by key."""
    first = {**builders.POLICY["tiers"][0], "incentive": incentive}
    return [first, *({"key": key, "kind": "preferred", **tier} for key, tier in more.items())]


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def run(database: Database, month: str, on: date, release: int = 0) -> IncentiveRunRow:
    """One run over everybody, to its end."""
    wanted, now = Month.parse(month), noon(on)
    with database.write() as session:
        row = incentive_runs.claim(session, wanted, release, as_of=on, by="tests", now=now)
        accruing = Accruing.of(session, row, now)
    if not release:
        list(accruing.accrue(database, Range()))
    list(accruing.settle(database, Range()))
    with database.write() as session:
        done = session.get_one(IncentiveRunRow, run_id_of(wanted, release))
        incentive_runs.finish(session, done, now)
        return done


def entries(database: Database, partner_id: str | None = None) -> list[LedgerRow]:
    query = select(LedgerRow).order_by(LedgerRow.entry_id)
    if partner_id is not None:
        query = query.where(LedgerRow.partner_id == partner_id)
    with database.read() as session:
        return list(session.scalars(query))


def kinds(database: Database, partner_id: str = "acme") -> list[tuple[str, Decimal]]:
    """What each entry of a partner is, and by how much what is due changes, or is released."""
    return [(e.kind.value, e.held + e.payable or e.payable) for e in entries(database, partner_id)]


def due(database: Database, partner_id: str = "acme") -> dict[str, Decimal]:
    """What the ledger has for each period of a partner."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for entry in entries(database, partner_id):
        sums[entry.period or ""] += entry.held + entry.payable + entry.paid
    return dict(sums)


def accruals(database: Database, partner_id: str = "acme") -> list[IncentiveAccrualRow]:
    row = IncentiveAccrualRow
    query = select(row).where(row.partner_id == partner_id).order_by(row.period, row.tier)
    with database.read() as session:
        return list(session.scalars(query))
