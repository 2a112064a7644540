"""What tiers pay back for completed orders: what accrued, on which figures and terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from activities.offers.accruing import Accruing, WithinOne
from partners.calendars import calendar_of
from partners.domain.offers.incentives.incentive_runs import RunStatus, TierSum, run_id_of
from partners.domain.offers.incentives.incentives import Terms
from partners.domain.policy.sections.incentive_policy import IncentiveSection
from partners.domain.referrals.compensation import Balance
from partners.domain.time.calendar import Month
from partners.store.judging.window_sums import Range
from partners.store.offers.incentives import incentive_money, incentive_plan, incentive_runs
from partners.store.offers.incentives.incentive_plan import Names
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.tables.incentive_tables import IncentiveAccrualRow, IncentiveRunRow
from partners.use_cases.acting import Viewer
from partners.use_cases.offers.incentive_refusals import MonthNotSettled, NothingPaysIncentives


@dataclass(frozen=True)
class Run:
    """One pass over what incentives owe: what it posted by tier, and how many periods wait."""

    run_id: str
    month: Month
    as_of: date
    status: RunStatus
    started_at: datetime
    claimed_by: str
    sums: tuple[TierSum, ...]
    waiting: int


@dataclass(frozen=True)
class Period:
    """What a partner has of one period in one tier. `orders`: None while not all is known."""

    period: str
    tier: str
    months: tuple[Month, ...]
    orders: int | None
    value: Decimal | None
    terms: IncentiveSection
    policy_version: int
    currency: str
    money: Balance
    payable_on: date | None  # None: nothing is held


def month_to_accrue(by: Viewer, wanted: Month | None) -> Month:
    """The month, default: the newest that has settled. Raises a refusal where it has not, and
    where nothing would accrue, nor be settled."""
    with by.database.read() as session:
        now = by.now()
        _, policy = policies.required(session, now)
        calendar = calendar_of(policy)
        newest = calendar.newest_settled_month(calendar.day_of(now), policy.feed.settling_days)
        if wanted is not None and wanted > newest:
            raise MonthNotSettled(str(wanted), str(newest))
        month = wanted or newest
        nothing = not incentive_plan.plan_of(session, month).months
        if nothing and not incentive_money.has_accruals(session):
            raise NothingPaysIncentives(str(month))
    return month


def preview(by: Viewer, month: Month) -> Run:
    """What accruing the month would post: the run itself, rolled back."""
    now = by.now()
    with by.database.rolled_back() as session:
        _, policy = policies.required(session, now)
        today = calendar_of(policy).day_of(now)
        row = incentive_runs.claim(session, month, 0, as_of=today, by=by.name, now=now)
        if row.status == RunStatus.DONE:
            return _run(row)
        accruing = Accruing.of(session, row, now)
        room = WithinOne(session)
        for step in (accruing.accrue, accruing.settle):
            for _ in step(room, Range()):
                pass
        incentive_runs.finish(session, row, now)
        return _run(row)


def known_run(by: Viewer, month: Month) -> Run | None:
    """The run that accrues a month; None before there is one."""
    with by.database.read() as session:
        row = session.get(IncentiveRunRow, run_id_of(month))
        return _run(row) if row is not None else None


def runs(by: Viewer) -> Iterator[Run]:
    """Every run, those of the newest month leading."""
    with by.database.read() as session:
        for row in incentive_runs.newest(session):
            yield _run(row)


def of_partner(by: Viewer, partner_id: str) -> tuple[Period, ...]:
    """What accrued for a partner, the newest period leading."""
    with by.database.read() as session:
        known_partner(session, partner_id)
        called = incentive_plan.names(session)
        names = [span.name for span in incentive_runs.periods(session)]
        return tuple(
            _period(found, terms)
            for found in incentive_money.of_partner(session, partner_id, names)
            if (terms := _terms(session, found.row, called)) is not None
        )


def _run(row: IncentiveRunRow) -> Run:
    return Run(
        row.run_id,
        Month.from_number(row.month),
        row.as_of,
        row.status,
        row.started_at,
        row.claimed_by,
        tuple(TierSum(**one) for one in row.counts.get("sums", ())),
        row.counts.get("waiting", 0),
    )


def _terms(session: Session, row: IncentiveAccrualRow, called: Names) -> Terms | None:
    return incentive_plan.terms_of(session, row.policy_version, row.tier, called)


def _period(found: incentive_money.Period, terms: Terms) -> Period:
    row = found.row
    return Period(
        row.period,
        row.tier,
        incentive_money.months_of(row.first_month, row.months),
        row.orders,
        None if row.value_cents is None else Decimal(row.value_cents).scaleb(-2),
        terms.section,
        row.policy_version,
        terms.currency,
        found.money,
        row.payable_on,
    )
