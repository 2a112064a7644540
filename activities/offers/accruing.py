"""Going through partners page by page: what they earn with a month, and what stands otherwise.

Each page is one transaction. What is written already is left out, so that it may begin anew at any
moment; the activities, the preview and the benchmark all go this way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.offers.incentives.incentives import Plan, Span
from partners.domain.time.calendar import Month
from partners.store.judging.window_sums import Range
from partners.store.offers.incentives import (
    incentive_entries,
    incentive_money,
    incentive_plan,
    incentive_runs,
    incentive_sql,
)
from partners.store.offers.incentives.incentive_entries import Written
from partners.store.offers.incentives.incentive_figures import Page, Reader
from partners.store.offers.incentives.incentive_money import Key
from partners.store.offers.incentives.incentive_plan import Names
from partners.store.policy import policies
from partners.store.referrals import referrals
from partners.store.tables.incentive_tables import IncentiveRunRow


class Rooms(Protocol):
    """The ways into a database: as `Database` has them, or all within one transaction."""

    def read(self) -> AbstractContextManager[Session]: ...
    def snapshot(self) -> AbstractContextManager[Session]: ...
    def write(self) -> AbstractContextManager[Session]: ...


@dataclass(frozen=True)
class WithinOne:
    """Everything within one transaction, which is rolled back: what a run would do."""

    session: Session

    def write(self) -> AbstractContextManager[Session]:
        self.session.flush()
        return nullcontext(self.session)

    read = snapshot = write


@dataclass(frozen=True)
class Accruing:
    """One run's way through the partners."""

    run_id: str
    today: date
    now: datetime
    reader: Reader
    called: Names
    periods: tuple[Span, ...]  # those that any run has ended

    @classmethod
    def of(cls, session: Session, row: IncentiveRunRow, now: datetime) -> Accruing:
        _, policy = policies.required(session, now)
        reader = Reader.of(session, Month.from_number(row.month), calendar_of(policy))
        called = incentive_plan.names(session)
        periods = tuple(incentive_runs.periods(session))
        return cls(row.run_id, row.as_of, now, reader, called, periods)

    @property
    def plan(self) -> Plan:
        return self.reader.plan

    @property
    def accrues(self) -> bool:
        """Whether it is a month's first run; later ones only settle."""
        return "+" not in self.run_id

    # ---- what the month earns ----

    def accrue(self, database: Rooms, ids: Range) -> Iterator[str]:
        """Store what partners earn with the month; yields after each page that is committed."""
        with database.read() as session:
            after = incentive_money.newest_accrued(session, self.reader.periods, ids)
        ids = Range(after, ids.through)
        while True:
            with database.write() as session:
                page = self.reader.next_page(session, ids)
                if page is None:
                    return
                self._store(session, page, Range(ids.after, page.last_id))
            yield page.last_id
            ids = Range(page.last_id, ids.through)

    def _store(self, session: Session, page: Page, ids: Range) -> None:
        written = incentive_money.first_accruals(self.run_id, page.owed, self.today)
        for bulk in self.reader.bulks:
            incentive_sql.write(session, self.run_id, bulk, ids, page.apart, self.now, self.today)
        incentive_entries.insert(session, self.run_id, written, self.now, self.today)

    # ---- what accrued before, and stands otherwise by now ----

    def settle(self, database: Rooms, ids: Range) -> Iterator[str]:
        """Post what is missing; yields after each page that is committed."""
        for span in self.periods:
            for keys in self._outdated(database, span, ids):
                with database.write() as session:
                    # One at a time: two that settle the same would both find it missing.
                    referrals.lock(session)
                    written = self._settlements(session, span, keys)
                    incentive_entries.update(session, self.run_id, written, self.now, self.today)
                yield keys[-1].partner_id

    def _settlements(self, session: Session, span: Span, keys: list[Key]) -> Written:
        return incentive_money.settlements(
            session, self.run_id, span, keys, self.called, self.today
        )

    def _outdated(self, database: Rooms, span: Span, ids: Range) -> Iterator[list[Key]]:
        after = Key(ids.after, "")
        while True:
            with database.snapshot() as session:
                keys = incentive_money.outdated(
                    session,
                    span.name,
                    after,
                    ids.through,
                    self.today,
                    made_now=self.accrues and span.last == self.plan.month,
                )
            if not keys:
                return
            yield keys
            after = keys[-1]
