"""Going through partners page by page: what they earn with a month, and what stands otherwise.

Each page is one transaction. What is written already is left out, so that it may begin anew at any
moment; the activities, the dry run and the benchmark all go this way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.offers.incentives import Plan, Span
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.judging.window_sums import Range
from partners.store.offers import incentive_entries, incentive_money, incentive_plan, incentive_runs
from partners.store.offers.incentive_entries import Written
from partners.store.offers.incentive_figures import Reader
from partners.store.offers.incentive_money import Key
from partners.store.offers.incentive_plan import Names
from partners.store.policy import policies
from partners.store.referrals import referrals
from partners.store.tables.incentive_tables import IncentiveRunRow


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
        return cls.planned(session, row.run_id, Month.from_number(row.month), row.as_of, now)

    @classmethod
    def planned(
        cls, session: Session, run_id: str, month: Month, today: date, now: datetime
    ) -> Accruing:
        """Also of a run that is only looked at."""
        _, policy = policies.required(session, now)
        reader = Reader.of(session, month, calendar_of(policy))
        called = incentive_plan.names(session)
        return cls(run_id, today, now, reader, called, tuple(incentive_runs.periods(session)))

    @property
    def plan(self) -> Plan:
        return self.reader.plan

    # ---- what the month earns ----

    def earnings(self, database: Database, ids: Range) -> Iterator[tuple[str, Written]]:
        """Page by page: the last partner looked at, and what the page earns."""
        while True:
            # Read before the turn to write is taken: on SQLite all others wait for it.
            with database.snapshot() as session:
                page = self.reader.next_page(session, ids)
            if page is None:
                return
            written = incentive_money.first_accruals(self.run_id, page.owed, self.today)
            yield page.last_id, written
            ids = Range(page.last_id, ids.through)

    def accrue(self, database: Database, ids: Range) -> Iterator[str]:
        """Store it; yields after each page that is committed."""
        with database.read() as session:
            after = incentive_money.newest_accrued(session, self.reader.periods, ids)
        for last_id, written in self.earnings(database, Range(after, ids.through)):
            with database.write() as session:
                incentive_entries.insert(session, self.run_id, written, self.now, self.today)
            yield last_id

    # ---- what accrued before, and stands otherwise by now ----

    def settle(self, database: Database, ids: Range) -> Iterator[str]:
        """Post what is missing; yields after each page that is committed."""
        for span in self.periods:
            for keys in self._outdated(database, span, ids):
                with database.write() as session:
                    # One at a time: two that settle the same would both find it missing.
                    referrals.lock(session)
                    written = self._settlements(session, span, keys)
                    incentive_entries.update(session, self.run_id, written, self.now, self.today)
                yield keys[-1].partner_id

    def settlements(self, database: Database, ids: Range) -> Iterator[Written]:
        """The same, only looked at."""
        for span in self.periods:
            for keys in self._outdated(database, span, ids):
                with database.read() as session:
                    yield self._settlements(session, span, keys)

    def _settlements(self, session: Session, span: Span, keys: list[Key]) -> Written:
        return incentive_money.settlements(
            session, self.run_id, span, keys, self.called, self.today
        )

    def _outdated(self, database: Database, span: Span, ids: Range) -> Iterator[list[Key]]:
        after = Key(ids.after, "")
        while True:
            with database.snapshot() as session:
                keys = incentive_money.outdated(session, span.name, after, ids.through, self.today)
            if not keys:
                return
            yield keys
            after = keys[-1]
