"""A program with two partners, to which things happen: data, time, moody mail, lost processes."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
)
from sqlalchemy import select

from partners.domain.mail.notices import MailState
from partners.domain.policy.policy import Policy
from partners.store.imports import ImportOptions, import_orders
from partners.store.mail import outbox
from partners.store.policy import policies
from partners.store.record import recorder
from partners.store.tables.case_tables import AppealRow, CaseRow, InterventionRow, OverrideRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.property.audited import check_audit
from tests.property.faults import ANSWERS, CrashingDatabase, Provider
from tests.property.model import FIRST_DAY, MIN_SAMPLE, OFFERS, ONE_DAY, PARTNERS, TIERS, Model
from tests.property.watch import Watch
from tests.property.worker import Fault, Worker

PARTNER = st.sampled_from(PARTNERS)
EVERY = st.sampled_from((0, 7, 4, 2))
"""An order every so many days: none, 4, 7 or 15 a month."""
STANDARDS = st.sampled_from((8, 10, 12))
FAULTS = st.one_of(
    st.none(),
    st.just(Fault("repeated")),
    st.builds(Fault, st.just("rolled back"), st.integers(1, 2)),
)


def a_policy(required: int) -> Policy:
    """Two earned tiers; the guard lets one partner a week through."""

    def tier(key: str, orders: int) -> dict[str, object]:
        rate = {"at_least": "0.5", "min_sample": MIN_SAMPLE}
        enter = {"orders_per_month": {"at_least": orders}, "acceptance_rate": rate}
        removal = "down" if key == "gold" else "out"
        return {"key": key, "kind": "preferred", "enter": enter, "removal": removal}

    return builders.a_policy(
        tiers=[tier("silver", 5), tier("gold", required)],
        grace={"days": 30},
        guard={"always_allow": 1, "max_partners": 1},
    )


class Program(RuleBasedStateMachine):
    """One program with two partners, from its first day on."""

    def __init__(self, template: Path, reached: Counter[str]) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="partners-sequence-"))
        url = f"sqlite:///{shutil.copy(template, self.folder / 'p.db')}"
        self.database = CrashingDatabase(url)
        self.model = Model()
        self.watch = Watch(self.database, self.model, reached)
        self.provider = Provider(self._took)
        self.worker = Worker(self.database, self.provider, self._look)
        self.numbers = count(1)
        self.giver = ""

    def teardown(self) -> None:
        try:
            check_audit(self.database, self.model)
        finally:
            self.database.close()
            shutil.rmtree(self.folder)

    def _look(self) -> None:
        self.watch.look(self.now)

    def _took(self, message: object) -> None:
        self.watch.now = self.now
        self.watch.took(message)  # type: ignore[arg-type]

    @property
    def now(self) -> datetime:
        return self.worker.now

    @property
    def today(self) -> date:
        return self.now.date()

    def who(self) -> str:
        """A person whom nobody else is called like."""
        return f"Ann {next(self.numbers)}"

    def rows_of(self, partner_id: str) -> list[dict[str, Any]]:
        """The partner's cases, oldest first."""
        with self.database.read() as session:
            query = select(CaseRow).where(CaseRow.partner_id == partner_id)
            rows = session.scalars(query.order_by(CaseRow.opened_at))
            return [{c.name: getattr(r, c.name) for c in CaseRow.__table__.columns} for r in rows]

    def open_case(self, partner_id: str) -> dict[str, Any]:
        """The open case; an empty one if there is none."""
        return next((row for row in self.rows_of(partner_id) if row["closed_at"] is None), {})

    def state_of(self, partner_id: str) -> object:
        """Everything that a command about the partner could change."""
        found: list[object] = [self.rows_of(partner_id)]
        with self.database.read() as session:
            for table in (PartnerRow, OverrideRow, InterventionRow, AppealRow):
                rows = session.scalars(select(table).where(table.partner_id == partner_id))
                columns = table.__table__.columns
                found.append([[getattr(row, c.name) for c in columns] for row in rows])
        return found

    # ---- the beginning ----

    @initialize(acme=EVERY, zenith=EVERY, answered=st.booleans())
    def begin(self, acme: int, zenith: int, answered: bool) -> None:
        """Two partners with three months of orders."""
        self._publish(10)
        with self.database.write() as session:
            for partner_id, tier in TIERS.items():
                builders.a_partner(session, partner_id, tier=tier)
            for offer_id in OFFERS:
                builders.an_offer(session, offer_id)
        self._feed(dict(zip(PARTNERS, (acme, zenith), strict=True)), rejected=not answered)
        for partner_id in PARTNERS:
            self.worker.start(partner_id)

    # ---- time and the worker ----

    @rule(hours=st.integers(1, 24 * 12))
    def time_passes_without_a_worker(self, hours: int) -> None:
        self.worker.now += timedelta(hours=hours)

    @rule(days=st.integers(1, 15), acme=EVERY, zenith=EVERY)
    def days_pass(self, days: int, acme: int, zenith: int) -> None:
        """A running program: a feed every third day, and everybody looked at after it."""
        for day in range(days):
            self.worker.now += timedelta(days=1)
            if day % 3 == 2:
                self._feed(dict(zip(PARTNERS, (acme, zenith), strict=True)))
                self._tell_cases()
            for partner_id in PARTNERS:
                if day % 3 == 2:
                    self.worker.start(partner_id)
                self.worker.work(partner_id)

    @rule(acme=EVERY, zenith=EVERY)
    def a_month_passes(self, acme: int, zenith: int) -> None:
        self.days_pass(31, acme, zenith)

    @rule(partner_id=PARTNER, fault=FAULTS)
    def the_worker_works(self, partner_id: str, fault: Fault | None) -> None:
        self.worker.fault = fault
        self.worker.start(partner_id)
        self.worker.fault = fault
        self.worker.work(partner_id)
        self.worker.fault = None
        self.worker.tell_what_was_done(partner_id)

    @rule(partner_id=PARTNER)
    def a_run_is_lost(self, partner_id: str) -> None:
        self.worker.lose(partner_id)

    @rule(partner_id=PARTNER)
    def a_history_gets_long(self, partner_id: str) -> None:
        """The run ends at the next chance, and a new one goes on."""
        if partner_id in self.worker.runs:
            self.worker.runs[partner_id].gets_long()

    @rule(back=st.integers(1, 10))
    def an_old_attempt_runs_again(self, back: int) -> None:
        """One that was thought dead; a person's command is not among them."""
        calls = [call for call in self.worker.calls if not hasattr(call[1], "who")]
        if calls:
            self.worker.call(*calls[-min(back, len(calls))], run_id="run-of-old")

    # ---- data ----

    @rule(acme=EVERY, zenith=EVERY, rejected=st.booleans(), told=st.booleans(), fault=FAULTS)
    def orders_come_in(
        self, acme: int, zenith: int, rejected: bool, told: bool, fault: Fault | None
    ) -> None:
        self._feed(dict(zip(PARTNERS, (acme, zenith), strict=True)), rejected=rejected)
        if told:
            self._tell_cases()

    @rule(partner_id=PARTNER, days_ago=st.integers(1, 90), more=st.integers(1, 12))
    def late_orders_are_found(self, partner_id: str, days_ago: int, more: int) -> None:
        day = max(min(self.model.through, self.today - timedelta(days_ago)), FIRST_DAY)
        late = {
            f"{partner_id}/late/{next(self.numbers)}": (partner_id, day, "completed")
            for _ in range(more)
        }
        self._import(late)
        self._tell_cases()

    @rule(
        partner_id=PARTNER,
        days=st.integers(10, 60),
        status=st.sampled_from(("completed", "rejected")),
    )
    def orders_are_corrected(self, partner_id: str, days: int, status: str) -> None:
        """What became of the orders of the last days was recorded wrongly."""
        since = self.today - timedelta(days)
        corrected = {
            order_id: (who, day, status)
            for order_id, (who, day, _) in self.model.orders.items()
            if who == partner_id and day >= since
        }
        self._import(corrected)
        self._tell_cases()

    def _feed(self, every: dict[str, int], rejected: bool = False) -> None:
        """The feed through yesterday; `rejected`: most of its orders were."""
        first, last = self.model.through + ONE_DAY, self.today - ONE_DAY
        if first > last:
            return
        new = {}
        for partner_id, days in every.items():
            for number in range((last - first).days + 1):
                day = first + timedelta(number)
                if days and day.toordinal() % days == 0:
                    status = "rejected" if rejected and day.toordinal() % 3 else "completed"
                    new[f"{partner_id}/{day}"] = (partner_id, day, status)
        self._import(new, first, last)
        self.model.through = last

    def _import(
        self,
        orders: dict[str, tuple[str, date, str]],
        first: date | None = None,
        last: date | None = None,
    ) -> None:
        path = self.folder / "orders.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("order_id", "partner_id", "placed_at", "status"))
            for order_id, (who, day, status) in orders.items():
                writer.writerow((order_id, who, f"{day}T00:00:00Z", status))
        with self.database.read() as session:
            policy = policies.newest(session)
        assert policy is not None
        import_orders(self.database, path, ImportOptions(policy[1], self.now, first, last))
        self.model.orders |= orders

    def _tell_cases(self) -> None:
        """The signal after an import, or the daily watch's."""
        with self.database.read() as session:
            query = select(CaseRow.partner_id).where(CaseRow.untold, CaseRow.closed_at.is_(None))
            untold = list(session.scalars(query))
        for partner_id in untold:
            if partner_id in self.worker.runs:
                self.worker.runs[partner_id].metrics_changed()

    # ---- mail ----

    @rule(answers=st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=4))
    def the_provider_is_moody(self, answers: list[str]) -> None:
        self.provider.answers.clear()
        self.provider.answers.extend(answers)

    @rule(sent=st.booleans())
    def a_person_finds_out_what_became_of_messages(self, sent: bool) -> None:
        who = self.who()
        with self.database.write() as session:
            recorder.sign(session, who, self.now)
            query = select(OutboxRow).where(OutboxRow.state == MailState.UNKNOWN)
            for row in session.scalars(query):
                outbox.resolve_by_hand(row, sent, who, self.now)
                self.model.orders_given[who] = row.partner_id or "staff"
                if sent:
                    self.model.said_sent.add(row.message_key)
                if row.partner_id in self.worker.runs:
                    self.worker.runs[row.partner_id].notice_changed()

    @rule(stopped=st.booleans())
    def a_person_stops_mail_or_lets_it_go(self, stopped: bool) -> None:
        who = self.who()
        with self.database.write() as session:
            is_stopped = any(s.name == outbox.MAIL_SWITCH for s in outbox.switches(session))
            if is_stopped == stopped:
                return
            recorder.sign(session, who, self.now)
            if stopped:
                outbox.stop(session, outbox.MAIL_SWITCH, who, "because", self.now)
            else:
                outbox.go(session, outbox.MAIL_SWITCH)
        self.model.orders_given[who] = "everybody"
        for run in self.worker.runs.values():
            run.notice_changed()

    @rule(required=STANDARDS)
    def a_policy_is_published(self, required: int) -> None:
        self._publish(required)

    def _publish(self, required: int) -> None:
        version = builders.accept(self.database, a_policy(required))
        self.model.standards[version] = {"silver": 5, "gold": required}
