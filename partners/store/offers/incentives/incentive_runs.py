"""The runs that accrue incentives: each month is claimed once, and audited once it is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from babel.numbers import get_currency_precision
from sqlalchemy import BigInteger, ColumnElement, Numeric, case, cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from partners.domain.offers.incentives.incentive_runs import RunStatus, TierSum, run_id_of
from partners.domain.offers.incentives.incentives import Span, span_of
from partners.domain.policy.sections.incentive_policy import IncentivePeriod
from partners.domain.referrals.compensation import EntryKind
from partners.domain.time.calendar import Month
from partners.store.tables.incentive_tables import IncentiveAccrualRow, IncentiveRunRow
from partners.store.tables.referral_tables import LedgerRow


def find(session: Session, run_id: str) -> IncentiveRunRow | None:
    """A run, locked until the transaction ends; None if there is none."""
    return session.get(IncentiveRunRow, run_id, with_for_update=True)


def claim(
    session: Session, month: Month, release: int, *, as_of: date, by: str, now: datetime
) -> IncentiveRunRow:
    """Claim a run for the workflow `by`; the key refuses a second one, whose row is the first's."""
    run_id = run_id_of(month, release)
    row = find(session, run_id)
    if row is not None:
        return row
    row = IncentiveRunRow(
        run_id=run_id,
        month=month.number,
        as_of=as_of,
        status=RunStatus.RUNNING,
        claimed_by=by,
        started_at=now,
        counts={},
    )
    try:
        with session.begin_nested():  # on PostgreSQL an INSERT that fails ends the transaction
            session.add(row)
        return row
    except IntegrityError:  # another run was faster
        first = find(session, run_id)
        assert first is not None
        return first


def finish(session: Session, row: IncentiveRunRow, now: datetime) -> None:
    """The run is done: what it posted is added up, and its audit entry covers it."""
    if row.status == RunStatus.DONE:
        return
    sums = [vars(one) for one in sums_of(session, row.run_id)]
    row.counts = {"sums": sums, "waiting": waiting(session)}
    row.status, row.finished_at = RunStatus.DONE, now


def periods(session: Session) -> list[Span]:
    """The periods that any run has ended, oldest first."""
    query = select(IncentiveRunRow.month).distinct()
    months = [Month.from_number(number) for number in sorted(session.scalars(query))]
    spans = (span_of(period, month) for month in months for period in IncentivePeriod)
    return [span for span in dict.fromkeys(spans) if span.last in months]


def waiting(session: Session) -> int:
    """Periods of partners of which not everything is known yet."""
    row = IncentiveAccrualRow
    return session.scalar(select(func.count()).where(row.orders.is_(None))) or 0


def sums_of(session: Session, run_id: str) -> list[TierSum]:
    """What a run posted, by tier and currency. Added up by the database: entries are many."""
    row = LedgerRow
    moved = case((row.kind == EntryKind.PAYABLE, _number(row.payable)), else_=_number(row.held))
    back = case((row.kind == EntryKind.CLAWED_BACK, _number(row.payable)), else_=0)
    query = (
        select(row.tier, row.currency, row.kind, func.count(), func.sum(moved + back))
        .where(row.run_id == run_id)
        .group_by(row.tier, row.currency, row.kind)
    )
    sums: defaultdict[tuple[str, str], dict[str, tuple[int, Decimal]]] = defaultdict(dict)
    for tier, currency, kind, count, amount in session.execute(query):
        sums[tier or "", currency][kind] = (count, Decimal(amount).scaleb(-_PLACES))
    return [_tier_sum(*key, found) for key, found in sorted(sums.items())]


_PLACES = 4
"""No currency has more decimals."""


def _number(amount: ColumnElement[Decimal] | InstrumentedAttribute[Decimal]) -> ColumnElement[int]:
    """An amount as an integer, so that SQLite, where it is text, adds up exactly."""
    return cast(func.round(cast(amount, Numeric) * 10**_PLACES), BigInteger)


def _tier_sum(tier: str, currency: str, found: dict[str, tuple[int, Decimal]]) -> TierSum:
    earned, back, released = (
        found.get(kind, (0, Decimal(0)))
        for kind in (EntryKind.EARNED, EntryKind.CLAWED_BACK, EntryKind.PAYABLE)
    )
    places = Decimal(1).scaleb(-get_currency_precision(currency))
    amounts = (str(amount.quantize(places)) for amount in (earned[1], -back[1], released[1]))
    return TierSum(tier, currency, earned[0], *amounts)


def newest(session: Session) -> Iterator[IncentiveRunRow]:
    """Runs, newest first, read as they are asked for."""
    row = IncentiveRunRow
    query = select(row).order_by(row.month.desc(), row.started_at.desc(), row.run_id)
    yield from session.scalars(query.execution_options(yield_per=100))
