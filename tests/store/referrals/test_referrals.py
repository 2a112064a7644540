"""Referrals in the database: imports in any order, one lead's owner, the ledger that is the sum."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.topics import topic_of
from partners.domain.policy.policy import Policy
from partners.domain.referrals.referral import Uncounted
from partners.errors import UserError
from partners.store.engine.database import Database
from partners.store.imports import ImportOptions, import_referrals
from partners.store.imports.result import ImportResult
from partners.store.policy import policies
from partners.store.referrals import payouts, referral_money, referral_news, referrals
from partners.store.referrals.referral_leads import Change
from partners.store.tables.referral_tables import (
    LedgerRow,
    ReferralNewsRow,
    ReferralRow,
    ReferralVersionRow,
)
from tests import builders

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIRST = Uncounted.FIRST_COUNTS.words
TERMS: dict[str, Any] = {
    "successes": 3,
    "minimum_amount": 50,
    "holding_days": 14,
    "compensation": {"share": "0.10", "cap": "500"},
}


class Feed:
    """Imports rows given as dictionaries, as of NOW unless told otherwise."""

    def __init__(self, database: Database, folder: Path, policy: Policy | None = None) -> None:
        self.database, self.folder = database, folder
        self.policy = policy or builders.a_policy(
            program={"currency": "EUR", "time_zone": "Europe/Berlin"}, referral=TERMS
        )
        builders.accept(database, self.policy)
        with database.write() as session:
            for name in ("acme", "bo"):
                builders.a_partner(session, name, kind="referral", tier=None, tier_since=None)

    def load(self, *rows: dict[str, Any], **options: Any) -> ImportResult:
        return self.load_with_changes(*rows, **options)[0]

    def load_with_changes(
        self, *rows: dict[str, Any], **options: Any
    ) -> tuple[ImportResult, list[Change]]:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        lines = [",".join(columns)]
        lines += [",".join(str(row.get(name, "")) for name in columns) for row in rows]
        path = self.folder / "referrals.csv"
        path.write_text("\n".join(lines) + "\n")
        made = ImportOptions(policy=self.policy, now=NOW)
        return import_referrals(self.database, path, replace(made, **options))

    def rejected(self) -> list[str]:
        lines = (self.folder / "referrals.rejected.csv").read_text().splitlines()[1:]
        return [line.split(",")[0] + ": " + line for line in lines]

    def row(self, name: str = "r1") -> ReferralRow:
        with self.database.read() as session:
            return session.get_one(ReferralRow, name)

    def due(self, name: str = "r1") -> Decimal:
        with self.database.read() as session:
            return referral_money.money_of(session, name).due

    def ledger(self) -> list[LedgerRow]:
        with self.database.read() as session:
            return list(session.scalars(select(LedgerRow).order_by(LedgerRow.entry_id)))

    def count(self, table: Any) -> int:
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


def r(name: str = "r1", status: str = "submitted", day: int = 1, **changes: Any) -> dict[str, Any]:
    """A row that became known on that day of October."""
    return {
        "referral_id": name,
        "partner_id": "acme",
        "lead_ref": f"lead-{name}",
        "submitted_at": "2026-10-01",
        "status": status,
        "amount": "",
        "closed_at": "",
        "known_at": f"2026-10-{day:02d}T12:00:00Z",
        **changes,
    }


def bought(name: str = "r1", day: int = 10, amount: str = "1200.00", **changes: Any) -> Any:
    return r(name, "converted", day, amount=amount, closed_at=f"2026-10-{day:02d}", **changes)


@pytest.fixture
def feed(database: Database, tmp_path: Path) -> Feed:
    return Feed(database, tmp_path)


def test_a_referral_pays_what_was_promised(feed: Feed) -> None:
    result = feed.load(r(), r(status="accepted", day=2), bought())
    assert (result.new, result.corrected, result.rejected) == (1, 2, 0)
    row = feed.row()
    assert (row.state, row.amount, str(row.bought_on)) == (
        "converted", Decimal("1200.00"), "2026-10-10",
    )  # fmt: skip
    kinds = [(e.kind, e.held, e.payable) for e in feed.ledger()]
    assert kinds == [
        ("earned", Decimal("120.00"), 0),
        ("payable", Decimal("-120.00"), Decimal("120.00")),
    ]


def test_importing_it_again_changes_nothing(feed: Feed) -> None:
    rows = (r(), r(status="accepted", day=2), bought())
    feed.load(*rows)
    before = (feed.count(ReferralVersionRow), feed.count(LedgerRow), feed.count(ReferralNewsRow))
    result, changes = feed.load_with_changes(*rows)
    assert (result.unchanged, result.new, result.corrected, changes) == (3, 0, 0, [])
    assert before == (
        feed.count(ReferralVersionRow), feed.count(LedgerRow), feed.count(ReferralNewsRow),
    )  # fmt: skip


def test_a_file_without_known_at_may_be_repeated(feed: Feed) -> None:
    rows = [{**row, "known_at": ""} for row in (r(), r(status="accepted"), bought())]
    feed.load(*rows)
    result = feed.load(*rows, now=NOW + timedelta(days=1))
    assert (result.unchanged, feed.row().state) == (3, "converted")


def test_a_nightly_snapshot_that_says_the_same_is_unchanged(feed: Feed) -> None:
    feed.load(bought(known_at="2026-10-11"))
    assert feed.load(bought(known_at="2026-10-12")).unchanged == 1


def test_rule_compensation_equals_the_sum_of_its_ledger_in_any_order(
    new_database: Callable[[], Database], tmp_path: Path
) -> None:
    """Refunds, corrections, a second refund, repeated and shuffled, one row at a time."""
    history = [
        r(),
        r(status="accepted", day=2),
        r(status="lost", day=3),
        r(status="working", day=4),
        bought(day=10, amount="1200.00"),
        bought(day=11, amount="900.00"),
        r(status="refunded", day=12, closed_at="2026-10-12"),
        bought(day=13, amount="7000.00"),
    ]
    random.seed(5)
    feed = Feed(new_database(), tmp_path)
    for trial in range(6):
        names = f"t{trial}"
        rows = [{**row, "referral_id": names, "lead_ref": names} for row in history]
        rows += random.sample(rows, 3)
        random.shuffle(rows)
        for row in rows:
            feed.load(row)
        assert (feed.row(names).state, feed.due(names)) == ("converted", Decimal("500.00")), rows


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amounts=st.lists(st.integers(1, 9000), min_size=1, max_size=4),
    refunded=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_totals_are_those_of_a_naive_model(
    feed: Feed, amounts: list[int], refunded: bool, order: random.Random
) -> None:
    name = f"h{feed.count(ReferralRow)}"
    rows = [
        bought(name, 5 + n, f"{amount}.50", known_at=f"2026-10-{5 + n:02d}")
        for n, amount in enumerate(amounts)
    ]
    if refunded:
        rows.append(r(name, "refunded", 20, closed_at="2026-10-20"))
    order.shuffle(rows)
    for row in rows:
        feed.load(row)
    last = Decimal(amounts[-1]) + Decimal("0.50")
    naive = Decimal(0)
    if not refunded and last >= 50:
        naive = min((last / 10).quantize(Decimal("0.01"), "ROUND_HALF_UP"), Decimal(500))
    assert feed.due(name) == naive


def test_rule_a_referral_counts_once_the_first_accepted_counts(feed: Feed) -> None:
    feed.load(r("a", "accepted", 5, lead_ref="L"), bought("b", 9, lead_ref="L", partner_id="bo"))
    assert (feed.row("b").state, feed.row("b").reason) == (
        "duplicate",
        Uncounted.FIRST_COUNTS.words,
    )
    assert feed.due("b") == 0


def test_an_earlier_acceptance_that_becomes_known_late_takes_the_lead(feed: Feed) -> None:
    feed.load(bought("b", 9, lead_ref="L", partner_id="bo"))
    assert feed.due("b") == Decimal("120.00")
    feed.load(r("a", "accepted", 2, lead_ref="L"))
    assert (feed.row("a").state, feed.row("b").state) == ("accepted", "duplicate")
    assert feed.due("b") == 0
    events = [(n.partner_id, n.event) for n in _news(feed)]
    assert events == [("bo", "converted"), ("acme", "accepted"), ("bo", "withdrawn")]


def _news(feed: Feed) -> list[ReferralNewsRow]:
    with feed.database.read() as session:
        return list(session.scalars(select(ReferralNewsRow).order_by(ReferralNewsRow.news_id)))


def test_a_lead_that_ordered_before_is_refused_with_the_reason(feed: Feed) -> None:
    with feed.database.write() as session:
        day = datetime(2026, 3, 1, tzinfo=UTC).date()
        builders.orders(session, "bo", day, day, 1, customer_id="lead-r1")
    feed.load(r(status="accepted"))
    row = feed.row()
    assert (row.state, row.reason) == ("rejected", f"{Uncounted.CUSTOMER.words}, since 2026-03-01")
    assert [n.event for n in _news(feed)] == ["rejected"]


def test_rule_changing_terms_does_not_change_what_was_promised(feed: Feed) -> None:
    feed.load(r("old", "accepted", 2))
    new = builders.a_policy(
        program={"currency": "EUR", "time_zone": "Europe/Berlin"},
        referral={**TERMS, "compensation": {"bounty": "7"}, "minimum_amount": 900},
    )
    with feed.database.write() as session:
        policies.publish(
            session, new, "", NOW, "tests", datetime(2026, 10, 5, tzinfo=UTC).date(), None
        )
    feed.policy = new
    feed.load(bought("old", 10, "100"), r("new", "accepted", 6), bought("new", 10, "1000"))
    assert (feed.due("old"), feed.due("new")) == (Decimal("10.00"), Decimal("7.00"))


def test_a_purchase_that_was_accepted_in_another_currency_is_refused(feed: Feed) -> None:
    feed.load(r("old", "accepted", 2))
    feed.policy = builders.a_policy(
        program={"currency": "USD", "time_zone": "Europe/Berlin"}, referral=TERMS
    )
    assert feed.load(bought("old")).rejected == 1
    assert "was accepted when the program paid in EUR" in feed.rejected()[0]


BAD = {
    "unknown partner": (r(partner_id="nobody"), "partner_id names no known partner"),
    "no such status": (r(status="won"), "status is none of submitted, accepted"),
    "duplicate is not reported": (r(status="duplicate"), "follows from the other referrals"),
    "negative amount": (bought(amount="-5"), "amount is not a number of at least 0"),
    "absurd amount": (bought(amount="99999999"), "the policy's referral.maximum_amount"),
    "no amount": (bought(amount=""), "amount is blank"),
    "too many decimals": (bought(amount="1.005"), "amount has more than 2 decimals"),
    "amount of letters": (bought(amount="1e3"), "amount is not a number"),
    "other currency": (bought(currency="USD"), "currency is USD, but the program pays in EUR"),
    "submitted in future": (r(submitted_at="2027-01-01"), "submitted_at lies ahead"),
    "bought in future": (
        r(status="converted", amount="5", closed_at="2027-01-01"),
        "closed_at lies ahead",
    ),
    "known in future": (r(known_at="2027-01-01"), "known_at lies ahead"),
    "bought before it was referred": (
        r(status="converted", amount="60", closed_at="2026-09-01"),
        "closed_at is before submitted_at",
    ),
    "no day of purchase": (r(status="converted", amount="60"), "closed_at is blank"),
    "no time": (r(submitted_at="yesterday"), "submitted_at is no time"),
    "no id": (r(name=""), "referral_id is not 1 to 128"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused_and_nothing_changed(feed: Feed, case: str) -> None:
    row, words = BAD[case]
    result = feed.load(row)
    assert result.rejected == 1
    assert words in feed.rejected()[0]
    assert feed.rejected()[0].startswith("2: ")
    for table in (ReferralRow, ReferralVersionRow, LedgerRow, ReferralNewsRow):
        assert feed.count(table) == 0


def test_the_conversion_of_a_lost_referral_is_refused(feed: Feed) -> None:
    feed.load(r(status="lost", day=3))
    result = feed.load(bought())
    assert (result.rejected, result.rows, feed.row().state) == (1, 1, "lost")
    assert "a lost referral cannot become converted; take it up again first" in feed.rejected()[0]
    assert feed.count(LedgerRow) == 0
    assert feed.load(bought()).rejected == 1, "repeating it does not help"
    feed.load(r(status="working", day=5))  # known before the purchase, heard of after it
    assert feed.row().state == "converted"


def test_a_refund_that_becomes_known_first_pays_nothing(feed: Feed) -> None:
    feed.load(r(status="refunded", day=12, closed_at="2026-10-12"))
    feed.load(bought())
    assert (feed.row().state, feed.due(), feed.count(ReferralNewsRow)) == ("refunded", 0, 0)


def test_nothing_that_was_not_bought_is_refunded(feed: Feed) -> None:
    feed.load(r(status="accepted", day=2))
    assert feed.load(r(status="refunded", day=12, closed_at="2026-10-12")).rejected == 1
    assert feed.row().state == "accepted"


def test_a_part_of_a_refund_is_told_how(feed: Feed) -> None:
    feed.load(bought())
    row = r(status="refunded", day=12, closed_at="2026-10-12", amount="100")
    assert feed.load(row).rejected == 1
    assert "report the conversion again" in feed.rejected()[0]
    assert feed.due() == Decimal("120.00")


def test_a_referral_keeps_its_partner_and_its_lead(feed: Feed) -> None:
    feed.load(r())
    assert feed.load(r(partner_id="bo", day=2)).rejected == 1
    assert feed.load(r(lead_ref="other", day=2)).rejected == 1


def test_good_rows_are_kept_unless_all_or_nothing(feed: Feed) -> None:
    assert feed.load(r("a"), r("b", "won"), all_or_nothing=True).kept is False
    assert feed.count(ReferralRow) == 0
    result = feed.load(r("a"), r("b", "won"))
    assert (result.rows, result.new, result.rejected) == (2, 1, 1)


def test_a_policy_without_terms_takes_no_referrals(database: Database, tmp_path: Path) -> None:
    feed = Feed(database, tmp_path, builders.a_policy())
    with pytest.raises(UserError, match=r"the policy has no \[referral\] table"):
        feed.load(r())


@pytest.mark.parametrize(
    "change", ["UPDATE referral_ledger SET held = '1'", "DELETE FROM referral_ledger"]
)
def test_the_database_refuses_to_edit_the_ledger(feed: Feed, change: str) -> None:
    feed.load(bought())
    with pytest.raises(DatabaseError, match="append-only"), feed.database.write() as session:
        session.execute(text(change))
    assert feed.due() == Decimal("120.00")


# ---- payouts ----


def test_a_batch_is_exported_once_and_paid_once(feed: Feed) -> None:
    feed.load(bought("a"), bought("b", partner_id="bo", amount="900"))
    for _ in range(2):
        with feed.database.write() as session:
            rows = payouts.export(session, "nov", "Ann", NOW)
            assert [(p.payout_id, p.amount) for p in rows] == [
                ("nov/acme", Decimal("120.00")),
                ("nov/bo", Decimal("90.00")),
            ]
    with feed.database.write() as session:
        assert payouts.export(session, "again", "Ann", NOW) == [], "it is in a batch already"
    for first in (True, False):
        with feed.database.write() as session:
            (row,) = payouts.find(session, ["nov/acme"])
            assert payouts.mark_paid(session, row, NOW.date(), "Ann", NOW) is first
    with feed.database.read() as session:
        money = referral_money.balance_of(session, "acme", "EUR")
    assert (money.payable, money.paid, money.due) == (0, Decimal("120.00"), Decimal("120.00"))


def test_a_refund_after_payment_is_set_off_against_what_comes(feed: Feed) -> None:
    feed.load(bought("a"))
    with feed.database.write() as session:
        (row,) = payouts.export(session, "one", "Ann", NOW)
        payouts.mark_paid(session, row, NOW.date(), "Ann", NOW)
    feed.load(r("a", "refunded", 20, closed_at="2026-10-20"))
    with feed.database.write() as session:
        assert referral_money.balance_of(session, "acme", "EUR").payable == Decimal("-120.00")
        assert payouts.export(session, "two", "Ann", NOW) == []
    feed.load(bought("b", amount="5000"))
    with feed.database.write() as session:
        (row,) = payouts.export(session, "three", "Ann", NOW)
    assert row.amount == Decimal("380.00")


def test_an_unknown_payout_is_refused(feed: Feed) -> None:
    with feed.database.write() as session, pytest.raises(UserError, match="no payout 'x'"):
        payouts.find(session, ["x"])


def test_many_rows_of_one_file_count_once_each(feed: Feed) -> None:
    rows = [bought(f"r{n}", 1 + n % 28) for n in range(400)]
    result, changes = feed.load_with_changes(*rows)
    assert (result.new, len(changes)) == (400, 400)
    with feed.database.read() as session:
        assert referral_money.balance_of(session, "acme", "EUR").due == 400 * Decimal("120.00")
        assert len(referrals.of_partner(session, "acme", "converted")) == 400


@pytest.mark.parametrize(
    ("kinds", "digest"),
    [
        (["referral_received"] * 3, "referral_digest"),
        (["referral_received", "referral_converted"], "referral_results"),
        (["referral_converted"] * 3, "referral_results"),
    ],
)
def test_a_digest_that_holds_news_of_money_is_service_mail(
    database: Database, kinds: list[str], digest: str
) -> None:
    with database.write() as session:
        builders.a_partner(session, "acme", kind="referral", tier=None, tier_since=None)
        for number, kind in enumerate(kinds):
            referral_news.add(session, f"referral/{number}", "acme", NoticeKind(kind), "x", NOW)
        referral_news.bundle(session, "acme", NOW)

        (news,) = referral_news.untold(session, "acme", 10)
    assert news.kind == digest
    assert (topic_of(news.kind) is None) == ("referral_converted" in kinds)


def test_where_a_lead_is_and_what_it_wants_is_as_was_said_last(feed: Feed) -> None:
    row = r()
    feed.load(row)
    assert (feed.row().postal_code, feed.row().service) == (None, None)
    result = feed.load(row | {"postal_code": " sw1a  1aa", "service": "cleaning"})
    assert (result.corrected, result.unchanged) == (1, 0)
    assert (feed.row().postal_code, feed.row().service) == ("SW1A 1AA", "cleaning")
    again = feed.load(row | {"postal_code": "SW1A 1AA"})
    assert (again.corrected, again.unchanged) == (0, 1)
    assert feed.row().service == "cleaning"
    feed.load(row | {"postal_code": "not known?"})
    assert "postal_code is none" in feed.rejected()[0]
