"""Accruing and settling on both databases: which months count, what waits, what is pinned."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text

from activities.offers.accruing import Accruing
from partners.domain.judging.coverage import DayRange
from partners.domain.offers.incentives.incentives import Figures, Terms
from partners.domain.overrides.override import Override
from partners.domain.policy.sections.incentive_policy import IncentiveSection
from partners.domain.time.calendar import Month
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.judging.totals import recount_all
from partners.store.judging.window_sums import Range
from partners.store.offers.incentives import incentive_runs, incentive_sql
from partners.store.policy import policies
from partners.store.record.audit_check import verify
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.feed_tables import CoverageRow, UnknownDaysRow
from partners.store.tables.incentive_tables import IncentiveAccrualRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import LedgerRow
from tests import accruals, builders
from tests.accruals import due, kinds, run

OCTOBER = (date(2035, 10, 1), date(2035, 10, 31))
NOVEMBER = (date(2035, 11, 1), date(2035, 11, 30))
SETTLED = date(2035, 11, 5)
"""October has settled then."""
YEARS = DayRange(date(2034, 1, 1), date(2037, 12, 31))


def begin(database: Database, incentive: dict[str, Any] | None = None, **partner: Any) -> None:
    """acme with ten orders of 100 in October, by these terms."""
    builders.accept(database, accruals.paying(incentive))
    with database.write() as session:
        builders.a_partner(session, "acme", **partner)
        builders.orders(session, "acme", *OCTOBER, 10, value_cents=10_000)
        builders.covered(session, YEARS)


def move(database: Database, tier: str | None, on: date, partner_id: str = "acme") -> None:
    with database.write() as session:
        partner = session.get_one(PartnerRow, partner_id)
        cases.change_tier(
            session, partner, tier, key=f"{partner_id}/{on}", case_id=None,
            at=accruals.noon(on), day=on, actor="Ann", reason="because",
        )  # fmt: skip


def fail(database: Database, *numbers: int) -> None:
    """So many of the orders turn out to have failed."""
    with database.write() as session:
        for number in numbers:
            session.execute(
                text("UPDATE orders SET status = 'failed' WHERE order_id LIKE :name"),
                {"name": f"acme/2035-10-01/completed/{number}"},
            )
        recount_all(session.connection())


def test_rule_09_a_month_accrues_once_and_a_run_done_twice_posts_nothing(
    database: Database,
) -> None:
    begin(database)
    assert run(database, "2035-10", SETTLED).counts["sums"] == [
        {
            "tier": "preferred",
            "currency": "USD",
            "partners": 1,
            "earned": "20.00",
            "taken_back": "0.00",
            "released": "0.00",
        }
    ]
    run(database, "2035-10", SETTLED)
    run(database, "2035-10", SETTLED, release=1)
    assert kinds(database) == [("earned", Decimal("20.00"))]
    with database.snapshot() as session:
        assert verify(session).broken is None


def test_rule_19_corrections_are_settled_however_late_and_what_is_held_is_released(
    database: Database,
) -> None:
    begin(database)
    run(database, "2035-10", SETTLED)
    fail(database, 1)
    run(database, "2035-10", date(2035, 11, 30), release=1)  # thirty days after October
    fail(database, 2, 3)
    run(database, "2036-05", date(2036, 6, 5))
    assert kinds(database) == [
        ("earned", Decimal("20.00")),
        ("clawed_back", Decimal("-2.00")),
        ("payable", Decimal("18.00")),
        ("clawed_back", Decimal("-4.00")),
    ]
    newest = accruals.entries(database)[-1]
    assert (newest.held, newest.payable, newest.orders) == (0, Decimal("-4.00"), 7)


def test_an_entry_says_what_it_rests_on(database: Database) -> None:
    begin(database)
    run(database, "2035-10", SETTLED)
    [entry] = accruals.entries(database)
    assert (entry.period, entry.tier, entry.orders, entry.value_cents) == (
        "2035-10",
        "preferred",
        10,
        100_000,
    )
    assert (entry.policy_version, entry.currency, entry.run_id) == (1, "USD", "2035-10")


def test_rule_03_what_is_not_known_waits_and_accrues_once_it_is(database: Database) -> None:
    begin(database)
    with database.write() as session:
        session.execute(delete(CoverageRow))
    assert run(database, "2035-10", SETTLED).counts["waiting"] == 1
    run(database, "2035-11", date(2035, 12, 5))
    assert accruals.entries(database) == []
    with database.write() as session:
        builders.covered(session, YEARS)
    run(database, "2035-12", date(2036, 1, 5))
    assert due(database) == {"2035-10": Decimal("20.00")}


def test_rule_03_a_rejected_row_of_the_partner_has_the_month_wait(database: Database) -> None:
    begin(database)
    with database.write() as session:
        lost = builders.an_import(session)
        session.add(
            UnknownDaysRow(
                partner_id="acme", order_id="o", first_day=OCTOBER[0], last_day=OCTOBER[0],
                import_id=lost.import_id,
            )
        )  # fmt: skip
    run(database, "2035-10", SETTLED)
    assert [row.orders for row in accruals.accruals(database)] == [None]
    with database.write() as session:
        session.execute(delete(UnknownDaysRow))
    run(database, "2035-10", SETTLED, release=1)
    assert due(database) == {"2035-10": Decimal("20.00")}


def test_orders_that_come_after_a_month_without_any_are_seen(database: Database) -> None:
    begin(database)
    run(database, "2035-11", date(2035, 12, 5))
    assert accruals.entries(database) == []
    with database.write() as session:
        builders.orders(session, "acme", *NOVEMBER, 1, value_cents=10_000)
        recount_all(session.connection())
    run(database, "2035-11", date(2035, 12, 31), release=1)
    assert due(database) == {"2035-11": Decimal("2.00")}


def test_rule_06_a_policy_change_never_alters_what_has_accrued(database: Database) -> None:
    begin(database)
    run(database, "2035-10", SETTLED)
    with database.write() as session:
        new = accruals.paying({"share": "0.50"})
        policies.publish(session, new, "", accruals.noon(SETTLED), "Ann", SETTLED, None)
        builders.orders(session, "acme", *NOVEMBER, 10, value_cents=10_000)
        recount_all(session.connection())
    fail(database, 1)
    run(database, "2035-11", date(2035, 12, 5))
    # November began before the new terms were in force.
    assert due(database) == {"2035-10": Decimal("18.00"), "2035-11": Decimal("20.00")}
    with database.write() as session:
        builders.orders(session, "acme", date(2035, 12, 1), date(2035, 12, 31), 1,
                        value_cents=10_000)  # fmt: skip
        recount_all(session.connection())
    run(database, "2035-12", date(2036, 1, 5))
    assert due(database)["2035-12"] == Decimal("50.00")


def test_who_left_has_the_month_of_leaving_and_none_that_began_after_it(
    database: Database,
) -> None:
    begin(database)
    with database.write() as session:
        builders.orders(session, "acme", *NOVEMBER, 10, value_cents=10_000)
        recount_all(session.connection())
    move(database, None, date(2035, 10, 20))
    run(database, "2035-10", SETTLED)
    run(database, "2035-11", date(2035, 12, 5))
    assert due(database) == {"2035-10": Decimal("20.00")}


def test_who_joined_later_has_nothing_of_the_month(database: Database) -> None:
    begin(database, joined_on=date(2035, 11, 1))
    run(database, "2035-10", SETTLED)
    assert accruals.accruals(database) == []


def test_a_block_takes_the_months_that_begin_under_it(database: Database) -> None:
    begin(database)
    with database.write() as session:
        builders.orders(session, "acme", *NOVEMBER, 10, value_cents=10_000)
        recount_all(session.connection())
        session.add(
            OverrideRow(
                partner_id="acme", kind=Override.BLOCK, from_day=date(2035, 10, 20),
                until_day=None, who="Ann", reason="because", offers=[],
            )
        )  # fmt: skip
    run(database, "2035-10", SETTLED)
    run(database, "2035-11", date(2035, 12, 5))
    assert due(database) == {"2035-10": Decimal("20.00")}


def test_a_tier_that_was_renamed_is_the_same_tier(database: Database) -> None:
    begin(database)
    renamed = accruals.tiers(accruals.SHARE)
    renamed[0] = {**renamed[0], "key": "premium", "renamed_from": "preferred"}
    with database.write() as session:
        new = builders.a_policy(tiers=renamed)
        policies.publish(session, new, "", accruals.noon(SETTLED), "Ann", SETTLED, None)
        session.get_one(PartnerRow, "acme").tier = "premium"
    run(database, "2035-10", SETTLED)
    fail(database, 1)
    run(database, "2035-10", SETTLED, release=1)
    assert due(database) == {"2035-10": Decimal("18.00")}


def test_a_quarter_accrues_when_its_last_month_does(database: Database) -> None:
    begin(database, {"share": "0.02", "period": "quarterly", "at_least": 15})
    with database.write() as session:
        builders.orders(session, "acme", *NOVEMBER, 10, value_cents=10_000)
        recount_all(session.connection())
    for month, on in (("2035-10", SETTLED), ("2035-11", date(2035, 12, 5))):
        run(database, month, on)
    assert accruals.accruals(database) == []
    run(database, "2035-12", date(2036, 1, 5))
    assert due(database) == {"2035-Q4": Decimal("40.00")}
    [row] = accruals.accruals(database)
    assert (row.months, row.payable_on) == (0b111, date(2036, 1, 30))


def test_what_is_not_held_at_all_is_payable_at_once(database: Database) -> None:
    begin(database, {"share": "0.02", "holding_days": 0})
    run(database, "2035-10", SETTLED)
    assert kinds(database) == [("earned", Decimal("20.00")), ("payable", Decimal("20.00"))]


def test_what_does_not_fit_the_databases_integers_is_reckoned_apart(database: Database) -> None:
    begin(database, {"share": "0.123456789012345"})
    with database.write() as session:
        session.execute(text("UPDATE orders SET value_cents = 100000000000000"))
        recount_all(session.connection())
    run(database, "2035-10", SETTLED)
    assert due(database) == {"2035-10": Decimal("1234567890123.45")}


def test_an_entry_that_was_changed_or_added_past_the_audit_shows(database: Database) -> None:
    begin(database)
    run(database, "2035-10", SETTLED)
    table = LedgerRow.__table__
    with database.writing.connect() as connection:
        values = dict(connection.execute(table.select()).mappings().one())
        connection.execute(table.insert(), {**values, "entry_id": 99, "key": "incentive/mine"})
        connection.commit()
    with database.snapshot() as session:
        broken = verify(session).broken
    assert broken is not None
    assert "incentive_runs/2035-10 was changed" in broken.why


@pytest.mark.parametrize(
    "change", ["UPDATE referral_ledger SET held = '1'", "DELETE FROM referral_ledger"]
)
def test_the_ledger_is_append_only_still(database: Database, change: str) -> None:
    begin(database)
    run(database, "2035-10", SETTLED)
    with database.writing.connect() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute(text(change))


RATES = st.decimals(Decimal("0.000001"), Decimal(1), places=6)
AMOUNTS = st.decimals(Decimal("0.01"), Decimal(500), places=2)


@st.composite
def sections(draw: st.DrawFn) -> IncentiveSection:
    way = draw(st.sampled_from(("share", "per_order")))
    rates = sorted(draw(st.sets(RATES if way == "share" else AMOUNTS, min_size=1, max_size=3)))
    least = draw(st.decimals(0, 20, places=1))
    steps = [
        {"at_least": least + 7 * number, way: rate} for number, rate in enumerate(rates[1:], 1)
    ]
    return IncentiveSection.model_validate(
        {
            way: rates[0],
            "at_least": least,
            "steps": steps,
            "measure": draw(st.sampled_from(("orders", "value"))),
            "cap": draw(st.none() | AMOUNTS),
        }
    )


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    section=sections(),
    decimals=st.sampled_from((0, 2, 3)),
    figures=st.lists(
        st.tuples(st.integers(0, 60), st.integers(-10_000, 10_000_000)), min_size=1, max_size=20
    ),
)
def test_the_database_reckons_as_the_domain_does(
    database: Database,
    section: IncentiveSection,
    decimals: int,
    figures: list[tuple[int, int]],
) -> None:
    terms, sqlite = Terms(1, section, "XXX", decimals), database.is_sqlite
    units = 10**decimals if sqlite else 1
    with database.read() as session:
        for orders, cents in figures:
            amount = incentive_sql.due(terms, str(orders), f"({cents})", sqlite)
            found = session.scalar(text(f"SELECT {amount}"))
            assert Decimal(found) / units == terms.due(Figures(orders, cents))


def test_a_run_that_died_goes_on_where_it_was(database: Database) -> None:
    begin(database)
    with database.write() as session:
        for name in ("birch", "cedar"):
            builders.a_partner(session, name)
            builders.orders(session, name, *OCTOBER, 10, value_cents=10_000)
        recount_all(session.connection())
    half_way(database)
    run(database, "2035-10", SETTLED)
    assert {e.partner_id for e in accruals.entries(database)} == {"acme", "birch", "cedar"}
    with database.read() as session:
        assert session.query(IncentiveAccrualRow).count() == 3


def half_way(database: Database) -> None:
    """The first page of a run that is not recorded as done."""
    with database.write() as session:
        row = incentive_runs.claim(
            session, Month(2035, 10), 0, as_of=SETTLED, by="t", now=accruals.noon(SETTLED)
        )
        accruing = Accruing.of(session, row, accruals.noon(SETTLED))
    assert list(accruing.accrue(database, Range(through="birch"))) == ["birch"]
