"""The rules hold in whatever order things happen: commands, data, time, crashes.

`SEQUENCES=1000 pytest tests/property` tries so many sequences, new ones each time; without it a
few, always the same. A sequence that breaks a rule is shortened and printed as a program.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from partners.domain.case import CaseStatus, Outcome
from partners.domain.notices import MailState
from partners.domain.policy import Policy
from partners.store import outbox, policies, recorder
from partners.store.case_tables import CaseRow, OverrideRow
from partners.store.imports import ImportOptions, import_orders
from partners.store.mail_tables import OutboxRow
from tests import builders
from tests.property.audited import check_audit
from tests.property.faults import ANSWERS, CrashingDatabase, Provider
from tests.property.model import FIRST_DAY, MIN_SAMPLE, ONE_DAY, PARTNERS, Model, Override
from tests.property.watch import Watch
from tests.property.worker import Fault, Worker

SEQUENCES = int(os.environ.get("SEQUENCES", "0"))
ENOUGH = 100
"""So many sequences come to every state and outcome."""
STEPS = int(os.environ.get("STEPS", "30"))
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


class Sequence(RuleBasedStateMachine):
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

    # ---- the beginning ----

    @initialize(acme=EVERY, zenith=EVERY, answered=st.booleans())
    def begin(self, acme: int, zenith: int, answered: bool) -> None:
        """Two gold partners with three months of orders."""
        self._publish(10)
        with self.database.write() as session:
            for partner_id in PARTNERS:
                builders.a_partner(session, partner_id, tier="gold")
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

    @rule(partner_id=PARTNER)
    def a_run_is_lost(self, partner_id: str) -> None:
        self.worker.lose(partner_id)

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
                self.worker.runs[partner_id].numbers_changed = True

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
                    self.worker.runs[row.partner_id].notice_changed = True

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
            run.notice_changed = True

    # ---- people's commands on a case ----

    @rule(partner_id=PARTNER, fault=FAULTS)
    def a_person_resumes(self, partner_id: str, fault: Fault | None) -> None:
        run = self.worker.runs.get(partner_id)
        if run and run.case.hold_reason == "guard":
            self.model.approved.add(run.case.case_id)
        self._order(partner_id, "resume", fault)

    @rule(partner_id=PARTNER, fault=FAULTS)
    def a_person_cancels_the_case(self, partner_id: str, fault: Fault | None) -> None:
        self._order(partner_id, "void", fault)

    @rule(partner_id=PARTNER, fault=FAULTS)
    def a_person_moves_the_case_to_the_policy_in_force(
        self, partner_id: str, fault: Fault | None
    ) -> None:
        self._order(partner_id, "migrate", fault)

    def _order(self, partner_id: str, name: str, fault: Fault | None) -> None:
        """Give a command. One that is refused changes nothing and leaves no trace."""
        who, before = self.who(), self._rows(partner_id)
        self.watch.person, self.worker.fault = name, fault
        refusal = self.worker.order(partner_id, name, who)
        self.watch.person, self.worker.fault = None, None
        if refusal is None or self._rows(partner_id) != before:
            self.model.orders_given[who] = partner_id
        else:
            self.model.refused.add(who)

    def _rows(self, partner_id: str) -> list[dict[str, object]]:
        with self.database.read() as session:
            rows = session.scalars(select(CaseRow).where(CaseRow.partner_id == partner_id))
            return [{c.name: getattr(r, c.name) for c in CaseRow.__table__.columns} for r in rows]

    # ---- overrides and policies ----

    def _has_case(self, partner_id: str) -> bool:
        return any(row["closed_at"] is None for row in self._rows(partner_id))

    @rule(
        partner_id=PARTNER,
        kind=st.sampled_from(("waiver", "block")),
        days=st.one_of(st.none(), st.integers(1, 60)),
    )
    def a_person_excepts_a_partner(self, partner_id: str, kind: str, days: int | None) -> None:
        if self._has_case(partner_id):
            return
        who = self.who()
        until = None if days is None else self.today + timedelta(days)
        with self.database.write() as session:
            recorder.sign(session, who, self.now)
            session.add(
                OverrideRow(
                    partner_id=partner_id,
                    kind=kind,
                    from_day=self.today,
                    until_day=until,
                    who=who,
                    reason="because",
                )
            )
        self.model.overrides.append(Override(partner_id, kind, self.today, until, who))
        self.model.orders_given[who] = partner_id

    @precondition(lambda self: self.model.overrides)
    @rule(which=st.integers(0, 100))
    def a_person_ends_an_exception(self, which: int) -> None:
        at = which % len(self.model.overrides)
        override = self.model.overrides[at]
        if not override.holds_on(self.today):
            return
        who = self.who()
        with self.database.write() as session:
            recorder.sign(session, who, self.now)
            rows = session.scalars(select(OverrideRow).order_by(OverrideRow.override_id)).all()
            rows[at].until_day = override.until = self.today - ONE_DAY
        self.model.orders_given[who] = override.partner_id

    @rule(required=STANDARDS)
    def a_policy_is_published(self, required: int) -> None:
        self._publish(required)

    def _publish(self, required: int) -> None:
        version = builders.accept(self.database, a_policy(required))
        self.model.standards[version] = {"silver": 5, "gold": required}


def test_the_rules_hold_in_whatever_order_things_happen(sqlite_template: Path) -> None:
    reached: Counter[str] = Counter()
    run_state_machine_as_test(
        lambda: Sequence(sqlite_template, reached),
        settings=settings(
            max_examples=SEQUENCES or 6,
            stateful_step_count=STEPS,
            derandomize=not SEQUENCES,
            database=None,
            deadline=None,
            phases=[Phase.generate] if os.environ.get("FAST") else list(Phase),
            suppress_health_check=list(HealthCheck),
        ),
    )

    if SEQUENCES >= ENOUGH:
        missed = {*CaseStatus, *Outcome} - {CaseStatus.OPENED} - reached.keys()
        assert not missed, f"no sequence came to: {missed}"
    assert reached[CaseStatus.IN_GRACE]
    assert reached[CaseStatus.CLOSED]
