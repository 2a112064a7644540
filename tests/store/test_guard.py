"""What waits for a person's approval (rule 13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from partners.errors import UserError
from partners.store import cases, guard
from partners.store.database import Database
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
        assert guard.waiting(session) == []
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
