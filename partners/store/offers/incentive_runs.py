"""The runs that accrue incentives: each month is claimed once, and audited once it is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from partners.domain.offers.incentive_runs import RunStatus, TierSum, run_id_of
from partners.domain.offers.incentives import Span, span_of
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
    query = select(row.period).where(row.orders.is_(None))
    return len(session.scalars(query).all())


def sums_of(session: Session, run_id: str) -> list[TierSum]:
    """What a run posted, by tier and currency."""
    row = LedgerRow
    query = select(row.tier, row.currency, row.kind, row.partner_id, row.held, row.payable).where(
        row.run_id == run_id
    )
    sums: defaultdict[tuple[str, str], defaultdict[str, Decimal]]
    sums = defaultdict(lambda: defaultdict(Decimal))
    who: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for tier, currency, kind, partner_id, held, payable in session.execute(query):
        key = (tier or "", currency)
        sums[key][kind] += payable if kind == EntryKind.PAYABLE else held + payable
        who[key].add(partner_id)
    return [
        TierSum(
            tier,
            currency,
            len(who[tier, currency]),
            str(found[EntryKind.EARNED]),
            str(-found[EntryKind.CLAWED_BACK]),
            str(found[EntryKind.PAYABLE]),
        )
        for (tier, currency), found in sorted(sums.items())
    ]


def newest(session: Session) -> Iterator[IncentiveRunRow]:
    """Runs, newest first, read as they are asked for."""
    row = IncentiveRunRow
    query = select(row).order_by(row.month.desc(), row.started_at.desc(), row.run_id)
    yield from session.scalars(query.execution_options(yield_per=100))
