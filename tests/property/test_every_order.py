"""Everything that can happen to a warned case, in every order: what random sequences may miss.

The rules are held by the same watch as of the random sequences. `make test` tries every event, and
what decides after it; `make test-slow` every three events; with LENGTH=4 in the environment four.
An event that changes nothing, such as a command that is refused, is not followed further: what
comes after it is tried without it.
"""

from __future__ import annotations

import copy
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from partners.domain.cases.case import CaseStatus
from partners.domain.mail import delivery
from partners.domain.mail.notices import MailState, NoticeKind
from partners.store.mail import mail_events
from partners.store.tables.case_tables import AppealRow, CaseRow, OverrideRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests.property.model import START
from tests.property.people import People
from tests.property.watch import REMOVALS

LENGTH = int(os.environ.get("LENGTH", "3"))
WHO = "acme"
ONE_MONTH = timedelta(days=31)
PERSONS = {"who", "reason", "opened_by", "decided_by", "decision"}
"""Columns that name people: each is called otherwise, and nothing follows from it."""


class World(People):
    """acme in gold with 4 orders a month, not 10, warned; and what may happen to them."""

    def __init__(self, template: Path) -> None:
        super().__init__(template, Counter())
        self.begin(acme=7, zenith=2, answered=True)
        self.works()

    def works(self) -> None:
        self.worker.work(WHO)
        self.worker.tell_what_was_done(WHO)

    def _jump(self, days: int) -> None:
        """So many days later, with a sparse feed through yesterday, and everybody looked at."""
        self.worker.now += timedelta(days=days)
        self._feed({WHO: 7, "zenith": 2})
        self._tell_cases()
        self.worker.start(WHO)

    def _orders(self, first: date, last: date) -> None:
        """Enough orders in those days, which came in late."""
        days = max(1, (last - first).days)
        self._import(
            {
                f"late/{first}/{number}": (WHO, first + timedelta(number * days // 14), "completed")
                for number in range(14)
            }
        )
        self._tell_cases()

    # ---- the events ----

    def cured(self) -> None:
        self._orders(self.model.through - timedelta(days=20), self.model.through)

    def failing(self) -> None:
        self._jump(22)

    def correction(self) -> None:
        self._orders(date(2035, 2, 2), date(2035, 2, 27))

    def bounce(self) -> None:
        """The notice that started the clock comes back after all."""
        row = self._clock_notice()
        if row is not None:
            event = delivery.MailEvent(
                delivery.Event.BOUNCE,
                row.to[0],
                self.now,
                outbox_id=row.public_id,
                bounce_type="bounce",
            )
            with self.database.write() as session:
                mail_events.take_in(session, [event], self.now)
            self._tell_cases()

    def _clock_notice(self) -> OutboxRow | None:
        query = select(OutboxRow).where(
            OutboxRow.partner_id == WHO,
            OutboxRow.kind.in_((NoticeKind.WARNING, NoticeKind.FINAL_NOTICE)),
            OutboxRow.state == MailState.ACCEPTED,
        )
        with self.database.read() as session:
            return session.scalars(query.order_by(OutboxRow.outbox_id.desc())).first()

    def check_bounces(self) -> None:
        """Rule 1: nobody is removed whose warning came back before the deadline."""
        row = self._clock_notice()
        with self.database.read() as session:
            failed = mail_events.failed_delivery(session, row.outbox_id) if row else None
            case = session.get(CaseRow, row.case_id) if row else None
        if case is not None and failed is not None and case.outcome in REMOVALS:
            assert case.deadline is None or failed.at.date() > case.deadline, "it had bounced"

    def pause(self) -> None:
        self.a_person_pauses(WHO, None, None)

    def short_pause(self) -> None:
        self.a_person_pauses(WHO, 4, None)

    def resume(self) -> None:
        self.a_person_resumes(WHO, None)

    def extend(self) -> None:
        self.a_person_extends(WHO, 9, False, None)

    def appeal(self) -> None:
        self.a_partner_appeals(WHO, None)

    def uphold(self) -> None:
        self.a_person_answers_the_appeal(WHO, None, True)

    def overturn(self) -> None:
        self.a_person_answers_the_appeal(WHO, None, False)

    def waive(self) -> None:
        self.a_person_waives(WHO, 10, None)

    def reinstate(self) -> None:
        self.a_person_reinstates(WHO, None, False)

    def remove(self) -> None:
        self.a_person_removes(WHO, None, False)

    def void(self) -> None:
        self.a_person_cancels_the_case(WHO, None)

    def deadline(self) -> None:
        """Past the decision day, if a clock runs; else a month later."""
        case = self.open_case(WHO)
        last = case.get("deadline") if case.get("status") == CaseStatus.IN_GRACE else None
        self._jump((last - self.today).days + 4 if last else ONE_MONTH.days)

    def restart(self) -> None:
        self.a_run_is_lost(WHO)
        self.worker.start(WHO)

    # ---- going back ----

    def save(self) -> Any:
        """Everything there is, to come back to."""
        with sqlite3.connect(self.folder / "p.db") as live, sqlite3.connect(":memory:") as kept:
            live.backup(kept)
            content = kept.serialize()
        live.close()
        kept.close()
        return content, copy.deepcopy(self._python())

    def go_back(self, saved: Any) -> None:
        content, python = saved
        self.database.engine.dispose()
        for end in ("", "-wal", "-shm"):
            (self.folder / f"p.db{end}").unlink(missing_ok=True)
        (self.folder / "p.db").write_bytes(content)
        model, watch, runs, now = copy.deepcopy(python)
        self.model.__dict__.update(model)
        self.watch.__dict__.update(watch)
        self.worker.runs, self.worker.now = runs, now

    def _python(self) -> Any:
        watch = {
            k: v for k, v in self.watch.__dict__.items() if k in ("_cases", "_moves", "_acted")
        }
        return self.model.__dict__, watch, self.worker.runs, self.worker.now

    def place(self) -> Any:
        """Where things stand, whatever led to it."""
        found: list[Any] = [self.now, self.model.through, len(self.model.orders)]
        with self.database.read() as session:
            for table in (CaseRow, PartnerRow, OverrideRow, AppealRow):
                found += _values(session.scalars(select(table).where(table.partner_id == WHO)))
            of_mail = select(OutboxRow.message_key, OutboxRow.state).order_by(OutboxRow.outbox_id)
            found += list(map(tuple, session.execute(of_mail)))
        if (played := self.worker.runs.get(WHO)) is not None:
            run = played.run
            found += [played.at, run.case.status, run.numbers_changed, run.deciding]
        return repr(found)


def _values(rows: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        columns = row.__table__.columns.keys()
        yield tuple(getattr(row, name) for name in columns if name not in PERSONS)


Event = Callable[[World], None]
EVENTS: tuple[Event, ...] = (
    *(
        World.bounce,
        World.cured,
        World.failing,
        World.correction,
        World.pause,
        World.short_pause,
        World.resume,
    ),
    *(World.extend, World.appeal, World.uphold, World.overturn, World.waive, World.reinstate),
    *(World.remove, World.void, World.deadline, World.restart),
)


@contextmanager
def world(template: Path) -> Iterator[World]:
    found = World(template)
    try:
        yield found
    finally:
        found.teardown()


class Everything:
    """Tries every sequence; one place is gone on from once, with the most events left."""

    def __init__(self, found: World, then: Sequence[Event] = EVENTS) -> None:
        """`then`: what may come after the first event."""
        self._world, self._then = found, then
        self._left: dict[str, int] = {}
        self.tried = 0
        self.ends: Counter[str] = Counter()

    def follow(self, left: int, so_far: tuple[str, ...] = ()) -> None:
        saved = self._world.save()
        for event in self._then if so_far else EVENTS:
            sequence = (*so_far, event.__name__)
            try:
                event(self._world)
                self._world.works()
                self._world.check_bounces()
            except AssertionError as error:
                raise AssertionError(f"{' → '.join(sequence)}: {error}") from error
            self.tried += 1
            place = self._world.place()
            case = self._world.rows_of(WHO)[0]
            self.ends[case["outcome"] or case["status"]] += 1
            if left > 1 and self._left.get(place, 0) < left - 1:
                self._left[place] = left - 1
                self.follow(left - 1, sequence)
            self._world.go_back(saved)


def _try(template: Path, length: int, then: Sequence[Event] = EVENTS) -> Everything:
    with world(template) as found:
        case = found.open_case(WHO)
        assert (case["status"], found.now) == (CaseStatus.IN_GRACE, START)
        everything = Everything(found, then)
        everything.follow(length)
        return everything


def test_the_rules_hold_after_every_event(sqlite_template: Path) -> None:
    everything = _try(sqlite_template, 2, (World.deadline, World.remove, World.resume))
    assert {"demoted", "reinstated", "voided", "waived", "on_hold"} <= everything.ends.keys()


@pytest.mark.slow
def test_the_rules_hold_in_every_order_of_more_events(sqlite_template: Path) -> None:
    everything = _try(sqlite_template, LENGTH)
    assert everything.tried > 1000
