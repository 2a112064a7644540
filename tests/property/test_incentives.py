"""The ledger has what the orders say is due for incentives, in whatever order things happen.

Imports and corrections, months that accrue and are released, days that are not known for a while,
changes of tier, blocks, new policies, payouts: after every run the ledger is held against a naive
recomputation from the orders. `INCENTIVES_SEED=20261129 pytest tests/property/test_incentives.py`
tries the same again; a failure says its seed. With `SHORTEN=0` it is only printed, not shortened.
"""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from partners.domain.judging.coverage import DayRange
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.imports import ImportOptions, import_orders
from partners.store.policy import policies
from partners.store.record.audit_check import verify
from partners.store.referrals import payouts, referral_money, referrals
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.feed_tables import UnknownDaysRow
from partners.store.tables.program_tables import PartnerRow
from tests import accruals, builders

SEED = int(os.environ.get("INCENTIVES_SEED") or f"{datetime.now(UTC):%Y%m%d}")
SHORTEN = os.environ.get("SHORTEN", "1") == "1"
PARTNERS = ("acme", "birch", "cedar")
FIRST = Month(2035, 11)
"""Over a year's end, in whatever year the test runs."""
CENT = Decimal("0.01")
GOLD = {"per_order": "3.5", "at_least": 2, "holding_days": 0}
INCENTIVES: tuple[dict[str, Any], ...] = (
    {"share": "0.02"},
    {"share": "0.0333", "at_least": 2, "cap": "41.5", "holding_days": 3},
    {"per_order": "1.25", "measure": "value", "at_least": 300, "holding_days": 62},
    {"share": "0.01", "steps": [{"at_least": 3, "share": "0.055"}], "period": "quarterly"},
    {"per_order": "2", "period": "quarterly", "cap": 9, "holding_days": 10},
)
PARTNER = st.sampled_from(PARTNERS)
EVENTS = (
    *("orders_come", "orders_come", "orders_come", "an_order_is_corrected"),
    *("days_are_not_known_for_a_while", "days_are_not_known_for_a_while"),
    *("they_are_known_after_all", "a_tier_changes"),
    *("a_partner_is_blocked", "a_policy_is_published", "payable_is_paid"),
    "what_is_held_is_released",
)
"""What may happen in a month, some of it more often."""


def policy(incentive: dict[str, Any]) -> Policy:
    return builders.a_policy(tiers=accruals.tiers(incentive, gold={"incentive": GOLD}))


@dataclass
class Order:
    """As it is known by now."""

    partner_id: str
    month: Month
    completed: bool
    value: Decimal


@dataclass
class Model:
    """What happened, as a person would write it down."""

    orders: dict[str, Order] = field(default_factory=dict)
    terms: list[tuple[Month, dict[str, Any]]] = field(default_factory=list)  # since when
    tiers: dict[str, list[tuple[date, str | None]]] = field(default_factory=dict)  # since when
    blocks: list[tuple[str, date, date | None]] = field(default_factory=list)
    unknown: set[tuple[str, Month]] = field(default_factory=set)
    settled: set[tuple[str, str, str]] = field(default_factory=set)  # no longer waiting
    accrued: list[Month] = field(default_factory=list)
    paid: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def incentive(self, tier: str, month: Month) -> dict[str, Any]:
        if tier == "gold":
            return GOLD
        return [terms for since, terms in self.terms if since <= month][-1]

    def tier_on(self, partner_id: str, day: date) -> str | None:
        return [tier for since, tier in self.tiers[partner_id] if since <= day][-1]

    def tier_of(self, partner_id: str, month: Month) -> str | None:
        """The last one that they had in the month; of who began it without one, at its end."""
        for who, first, last in self.blocks:
            held = first < month.first_day and (last is None or last >= month.first_day)
            if who == partner_id and held:
                return None
        days = [month.first_day + timedelta(n) for n in range(month.last_day.day)]
        found = [self.tier_on(partner_id, month.first_day - timedelta(1))]
        found += [self.tier_on(partner_id, day) for day in days]
        return next((tier for tier in reversed(found) if tier is not None), None)

    def owed(self, partner_id: str) -> Iterator[tuple[str, str, Decimal]]:
        """Period, tier and amount of all that accrued and is known."""
        for last in self.accrued:
            quarter = [last.plus(-2), last.plus(-1), last]
            name = f"{last.year}-Q{last.month // 3}"
            yield from self._owed(partner_id, "monthly", str(last), [last])
            if last.month % 3 == 0:
                yield from self._owed(partner_id, "quarterly", name, quarter)

    def _owed(
        self, partner_id: str, period: str, name: str, months: list[Month]
    ) -> Iterator[tuple[str, str, Decimal]]:
        for tier in ("preferred", "gold"):
            mine = [
                month
                for month in months
                if self.tier_of(partner_id, month) == tier
                and self.incentive(tier, month).get("period", "monthly") == period
            ]
            if not mine:
                continue
            known = not any((partner_id, month) in self.unknown for month in mine)
            if known or (partner_id, name, tier) in self.settled:
                self.settled.add((partner_id, name, tier))
                yield name, tier, self._due(partner_id, self.incentive(tier, mine[0]), mine)

    def _due(self, partner_id: str, terms: dict[str, Any], months: list[Month]) -> Decimal:
        done = [
            order.value
            for order in self.orders.values()
            if order.partner_id == partner_id and order.month in months and order.completed
        ]
        reached = Decimal(len(done)) if terms.get("measure") != "value" else sum(done, Decimal())
        if reached < terms.get("at_least", 0):
            return Decimal(0)
        for step in terms.get("steps", ()):
            if reached >= step["at_least"]:
                terms = {**terms, **step}
        if "share" in terms:
            due = sum(done, Decimal()) * Decimal(terms["share"])
        else:
            due = len(done) * Decimal(terms["per_order"])
        return min(due, Decimal(terms.get("cap", due))).quantize(CENT, ROUND_HALF_UP)


class Incentives(RuleBasedStateMachine):
    """Plays both: the program, and the person who writes everything down."""

    def __init__(self, template: Path, reached: Counter[str]) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "partners.db"
        path.write_bytes(template.read_bytes())
        self.database = Database(f"sqlite:///{path}")
        self.model, self.reached = Model(), reached
        self.today = FIRST.plus(1).first_day
        self.numbers = 0

    def teardown(self) -> None:
        with self.database.snapshot() as session:
            assert verify(session).broken is None
        self.database.close()
        self.folder.cleanup()

    @property
    def month(self) -> Month:
        """The one that goes on."""
        return Month.of(self.today)

    @initialize(incentive=st.sampled_from(INCENTIVES))
    def begin(self, incentive: dict[str, Any]) -> None:
        builders.accept(self.database, policy(incentive))
        self.model.terms.append((Month(2000, 1), incentive))
        with self.database.write() as session:
            for partner_id, tier in zip(PARTNERS, ("preferred", "gold", "preferred"), strict=True):
                builders.a_partner(session, partner_id, tier=tier)
                self.model.tiers[partner_id] = [(date(2000, 1, 1), tier)]
            builders.covered(session, DayRange(date(2035, 1, 1), date(2060, 1, 1)))

    def _now(self) -> datetime:
        """A moment of today after all before."""
        self.numbers += 1
        return accruals.noon(self.today) + timedelta(seconds=self.numbers)

    # ---- orders ----

    def orders_come(self, data: st.DataObject) -> None:
        """Of this month or of one that is long over."""
        partner_id = data.draw(PARTNER)
        back, day = data.draw(st.sampled_from((0, 0, 0, 1, 2, 4))), data.draw(st.integers(1, 28))
        cents = data.draw(st.lists(st.integers(1, 90_000), min_size=1, max_size=5))
        month = self.month.plus(-back)
        placed = min(month.first_day + timedelta(day - 1), self.today)
        rows = []
        for each in cents:
            self.numbers += 1
            name, value = f"o{self.numbers}", Decimal(each).scaleb(-2)
            self.model.orders[name] = Order(partner_id, month, True, value)
            rows.append(self._row(name, placed, "completed", value, partner_id))
        self._import(rows)

    def an_order_is_corrected(self, data: st.DataObject) -> None:
        """It failed after all, or was of another value, or of somebody else."""
        if not self.model.orders:
            return
        cents, completed = data.draw(st.integers(0, 90_000)), data.draw(st.booleans())
        to = data.draw(PARTNER)
        name = data.draw(st.sampled_from(sorted(self.model.orders)))
        order = self.model.orders[name]
        order.completed, order.value = completed, Decimal(cents).scaleb(-2)
        order.partner_id = to
        status = "completed" if completed else "failed"
        self._import([self._row(name, order.month.first_day, status, order.value, to)])

    def _row(
        self, name: str, placed: date, status: str, value: Decimal, partner_id: str
    ) -> dict[str, object]:
        at = f"{placed}T10:00:00Z"
        return {
            "order_id": name,
            "partner_id": partner_id,
            "placed_at": at,
            "outcome_at": at,
            "status": status,
            "value": value,
        }

    def _import(self, rows: list[dict[str, object]]) -> None:
        path = Path(self.folder.name) / "orders.csv"
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        now = self._now()  # what is known later is newer
        with self.database.read() as session:
            found = policies.required(session, now)[1]
        result = import_orders(self.database, path, ImportOptions(found, now, moves_allowed=True))
        assert not result.rejected

    def days_are_not_known_for_a_while(self, data: st.DataObject) -> None:
        partner_id = data.draw(PARTNER)
        month = self.month.plus(-data.draw(st.sampled_from((0, 0, 0, 1, 3))))
        if (partner_id, month) in self.model.unknown:
            return
        self.model.unknown.add((partner_id, month))
        with self.database.write() as session:
            first = builders.an_import(session)
            session.add(
                UnknownDaysRow(
                    partner_id=partner_id,
                    order_id=f"lost-{month}",
                    first_day=month.first_day,
                    last_day=month.first_day,
                    import_id=first.import_id,
                )
            )

    def they_are_known_after_all(self, data: st.DataObject) -> None:
        if not self.model.unknown:
            return
        partner_id, month = data.draw(st.sampled_from(sorted(self.model.unknown)))
        self.model.unknown.remove((partner_id, month))
        with self.database.write() as session:
            key = (partner_id, f"lost-{month}", month.first_day, month.first_day)
            session.delete(session.get_one(UnknownDaysRow, key))

    # ---- what people do ----

    def a_tier_changes(self, data: st.DataObject) -> None:
        partner_id = data.draw(PARTNER)
        tier = data.draw(st.sampled_from(("preferred", "gold", None)))
        self._pass(1)
        now = self._now()
        with self.database.write() as session:
            partner = session.get_one(PartnerRow, partner_id)
            if partner.tier == tier:
                return
            cases.change_tier(
                session, partner, tier, key=f"{partner_id}/{self.numbers}", case_id=None,
                at=now, day=self.today, actor="Ann", reason="because",
            )  # fmt: skip
        self.model.tiers[partner_id].append((self.today, tier))

    def a_partner_is_blocked(self, data: st.DataObject) -> None:
        partner_id, days = data.draw(PARTNER), data.draw(st.integers(0, 60))
        until = self.today + timedelta(days)
        self.model.blocks.append((partner_id, self.today, until))
        with self.database.write() as session:
            session.add(
                OverrideRow(
                    partner_id=partner_id, kind=Override.BLOCK, from_day=self.today,
                    until_day=until, who="Ann", reason="because", offers=[],
                )
            )  # fmt: skip

    def a_policy_is_published(self, data: st.DataObject) -> None:
        """It is in force from next month on; what began before goes by the earlier one."""
        incentive = data.draw(st.sampled_from(INCENTIVES))
        begins, now = self.month.plus(1), accruals.noon(self.today)
        with self.database.write() as session:
            new, newest = policy(incentive), policies.newest(session)
            assert newest is not None
            if policies.fingerprint(new) == policies.fingerprint(newest[1]):
                return
            policies.publish(session, new, "", now, "Ann", begins.first_day, None)
        self.model.terms.append((begins, incentive))

    def payable_is_paid(self, data: st.DataObject) -> None:
        self._pass(1)
        now = accruals.noon(self.today)
        with self.database.write() as session:
            referrals.lock(session)
            for row in payouts.export(session, f"{self.today}", "Ann", now):
                if payouts.mark_paid(session, row, self.today, "Ann", now):
                    self.model.paid[row.partner_id] += row.amount
                    self.reached["paid"] += 1

    # ---- time, and accruals ----

    def _pass(self, days: int) -> None:
        """Within the month."""
        self.today = min(self.today + timedelta(days), self.month.last_day)

    def what_is_held_is_released(self, data: st.DataObject) -> None:
        self._pass(data.draw(st.integers(0, 20)))
        if self.model.accrued:
            self.numbers += 1
            accruals.run(self.database, str(self.model.accrued[-1]), self.today, self.numbers)
            self._compare()

    @rule(data=st.data(), accrues=st.sampled_from((True, True, True, False)))
    def a_month_goes_by(self, data: st.DataObject, accrues: bool) -> None:
        """It accrues on the fifth of the next one; or never."""
        for event in data.draw(st.lists(st.sampled_from(EVENTS), min_size=2, max_size=7)):
            getattr(self, event)(data)
        ended = self.month
        self.today = ended.plus(1).first_day + timedelta(4)
        if accrues:
            accruals.run(self.database, str(ended), self.today)
            self.model.accrued.append(ended)
            self._compare()

    def _compare(self) -> None:
        """What the ledger has, period by period, and what the orders say is due."""
        for partner_id in PARTNERS:
            said = {f"{period} {tier}": due for period, tier, due in self.model.owed(partner_id)}
            has: defaultdict[str, Decimal] = defaultdict(Decimal)
            for entry in accruals.entries(self.database, partner_id):
                if entry.period is not None:
                    has[f"{entry.period} {entry.tier}"] += entry.held + entry.payable + entry.paid
                self.reached[str(entry.kind)] += 1
            assert {k: v for k, v in has.items() if v} == {k: v for k, v in said.items() if v}
            with self.database.read() as session:
                money = referral_money.balance_of(session, partner_id, "USD")
            assert money.due == sum(said.values(), Decimal())
            assert money.paid == self.model.paid[partner_id]
            assert money.held >= 0
            self.reached["waits"] += sum(
                row.orders is None for row in accruals.accruals(self.database, partner_id)
            )


def try_sequences(template: Path, reached: Counter[str], sequences: int, steps: int) -> None:
    chosen = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        phases=list(Phase) if SHORTEN else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(
            seeded(SEED)(lambda: Incentives(template, reached)), settings=chosen
        )
    except Exception as error:
        error.add_note(f"INCENTIVES_SEED={SEED} pytest {Path(__file__).name}")
        raise
    wanted = {"earned", "clawed_back", "payable", "paid", "waits"}
    assert wanted <= {name for name, number in reached.items() if number}, reached


@pytest.mark.timeout(900)
def test_the_ledger_has_what_the_orders_say_is_due(sqlite_template: Path) -> None:
    try_sequences(sqlite_template, Counter(), 30, 8)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_the_ledger_has_it_in_a_thousand_orders_of_things(sqlite_template: Path) -> None:
    try_sequences(sqlite_template, Counter(), 1000, 14)
