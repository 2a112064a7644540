"""What waits for a person's approval (rule 13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from partners.errors import UserError
from partners.store.cases import cases, guard
from partners.store.engine.database import Database
from partners.store.tables.case_tables import GuardActionRow
from partners.store.tables.review_tables import ReviewRow
from tests import builders

NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def ask(database: Database, request_id: str = "monthly/2035-02", **more: bool) -> str:
    with database.write() as session:
        return guard.request(session, request_id, ["beta", "acme"], "too many", NOW, **more)


def test_asking_twice_asks_once(database: Database) -> None:
    assert (ask(database), ask(database)) == ("waiting", "waiting")
    with database.read() as session:
        (row,) = guard.waiting(session)
        assert (row.request_id, row.partner_ids) == ("monthly/2035-02", ["acme", "beta"])
        assert guard.decision(session, "monthly/2035-02") == "waiting"
        assert guard.decision(session, "monthly/2035-03") is None


@pytest.mark.parametrize(("approved", "state"), [(True, "approved"), (False, "rejected")])
def test_a_persons_word_is_kept_and_a_retried_question_does_not_undo_it(
    database: Database, approved: bool, state: str
) -> None:
    ask(database)
    with database.write() as session:
        guard.decide(session, "monthly/2035-02", approved, "Ann", "checked", LATER)
    assert ask(database) == state
    with database.read() as session:
        assert list(guard.waiting(session)) == []
        row = guard.find(session, "monthly/2035-02")
        assert row is not None
        assert (row.state, row.who, row.reason, row.decided_at) == (state, "Ann", "checked", LATER)


def test_what_is_decided_is_not_decided_again(database: Database) -> None:
    ask(database)
    with database.write() as session:
        guard.decide(session, "monthly/2035-02", True, "Ann", "checked", LATER)
    with database.write() as session, pytest.raises(UserError, match="was approved by Ann"):
        guard.decide(session, "monthly/2035-02", False, "Bob", "no", LATER)


def test_an_unknown_request_is_named(database: Database) -> None:
    with database.write() as session, pytest.raises(UserError, match="holds nothing under 'x'"):
        guard.decide(session, "x", True, "Ann", "checked", LATER)


def test_a_case_may_ask_again_for_another_step(database: Database) -> None:
    ask(database, "acme-2035-02")
    with database.write() as session:
        guard.settle(session, "acme-2035-02", True, "Ann", "checked", LATER)
        guard.settle(session, "acme-2035-02", False, "Bob", "too late", LATER)
        assert guard.decision(session, "acme-2035-02") == "approved"
    assert ask(database, "acme-2035-02", anew=True) == "waiting"
    with database.read() as session:
        (row,) = guard.waiting(session)
        assert (row.who, row.reason, row.decided_at) == (None, None, None)


def test_settling_what_nobody_asked_does_nothing(database: Database) -> None:
    with database.write() as session:
        guard.settle(session, "acme-2035-02", True, "Ann", "checked", LATER)
        assert guard.decision(session, "acme-2035-02") is None


def test_rule_13_what_a_step_begun_later_has_done_meanwhile_counts(database: Database) -> None:
    """A step's time is its start; another that began after it may have acted before it looks."""
    with database.write() as session:
        for partner_id, at in (
            ("earlier", NOW - timedelta(days=7)),
            ("lately", NOW - timedelta(days=6)),
            ("meanwhile", NOW + timedelta(seconds=20)),
        ):
            builders.a_partner(session, partner_id)
            cases.record_action(session, f"grace/{partner_id}", partner_id, at)
    with database.write() as session:
        assert cases.acted_lately(session, "acme", NOW) == ["lately", "meanwhile"]


def test_rule_13_a_warning_is_counted_in_the_same_time_whether_after_a_thousand_or_many(
    database: Database,
) -> None:
    """Every warning asks while it holds the guard's lock: what it reads must not grow."""

    def act(first: int, last: int) -> None:
        rows = [
            {"key": f"grace/{n}", "partner_id": f"p{n:05d}", "acted_at": NOW}
            for n in range(first, last)
        ]
        with database.write() as session:
            session.execute(insert(GuardActionRow), rows)

    def steps() -> int:
        """How much work the database does for one warning, in its own unit."""
        with database.read() as session:
            driver = session.connection().connection.driver_connection
            done = 0

            def one_more() -> int:
                nonlocal done
                done += 1
                return 0

            driver.set_progress_handler(one_more, 10)
            try:
                assert cases.how_many_acted_lately(session, "acme", NOW, 51) == 51
                assert guard.approved_with(session, "p00007", NOW - timedelta(days=7)) is not None
            finally:
                driver.set_progress_handler(None, 0)
            return done

    act(0, 1000)
    _approved_review(database, [f"p{n:05d}" for n in range(1000)], "monthly/2035-02")
    before = steps() if database.is_sqlite else 0
    act(1000, 20_000)
    _approved_review(database, [f"p{n:05d}" for n in range(1000, 20_000)], "monthly/2035-01")

    if database.is_sqlite:  # PostgreSQL runs the same statements
        assert steps() <= 1.5 * before
    with database.read() as session:
        assert cases.how_many_acted_lately(session, "p00000", NOW, 51) == 51
        assert cases.how_many_acted_lately(session, "acme", NOW, 30_000) == 20_000
        assert guard.approved_with(session, "acme", NOW - timedelta(days=7)) is None


def _approved_review(database: Database, partner_ids: list[str], review_id: str) -> None:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        session.add(
            ReviewRow(
                review_id=review_id, kind="monthly", period=review_id[8:], month=203502,
                as_of=NOW.date(), policy_version=1, status="waiting", claimed_by="tests",
                started_at=NOW, counts={},
            )
        )  # fmt: skip
        session.flush()
        guard.request(session, review_id, partner_ids, "too many", NOW)
        guard.decide(session, review_id, True, "Ann", "as planned", NOW)


def test_of_a_week_of_many_only_the_last_are_named(database: Database) -> None:
    """Each mail about a held case names them: all of a thousand would be a million in all."""
    with database.write() as session:
        for number in range(30):
            when = NOW - timedelta(hours=number)
            cases.record_action(session, f"p{number:02}/warned", f"p{number:02}", when)
            cases.record_action(session, f"p{number:02}/removed", f"p{number:02}", when)
    with database.read() as session:
        assert cases.newest_lately(session, "p01", NOW, 3) == ("p00", "p02", "p03")
        assert len(cases.newest_lately(session, "p01", NOW, 100)) == 29
