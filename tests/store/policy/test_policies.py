"""Accepted policies: numbered, hashed, never changed (rule 6)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from partners.domain.policy.policy import Policy
from partners.errors import UserError
from partners.store.engine.database import Database
from partners.store.policy import policies
from partners.store.tables.program_tables import PolicyRow
from tests import builders

AT = datetime(2026, 10, 1, 9, tzinfo=UTC)


def policy(days: int = 45, **enter: dict[str, Any]) -> Policy:
    return Policy.model_validate(
        {
            "program": {
                "name": "Program",
                "provider": "Provider",
                "time_zone": "UTC",
                "contact_email": "partners@example.com",
            },
            "staff": {"emails": ["staff@example.com"]},
            "grace": {"days": days},
            "tiers": [{"key": "preferred", "kind": "preferred", "enter": enter}],
        }
    )


def accept(database: Database, one: Policy) -> int:
    with database.write() as session:
        return policies.accept(session, one, "the file", AT, "ann")


def test_before_the_first_there_is_none(database: Database) -> None:
    with database.read() as session:
        assert policies.newest(session) is None
        assert policies.history(session) == []


def test_rule_06_versions_are_numbered_and_kept(database: Database) -> None:
    assert [accept(database, policy(days)) for days in (45, 50, 55)] == [1, 2, 3]
    with database.read() as session:
        assert policies.newest(session) == (3, policy(55))
        assert policies.load(session, 1) == policy(45)
        assert [row.version for row in policies.history(session)] == [1, 2, 3]


def test_the_same_content_is_the_same_version(database: Database) -> None:
    rating = {"at_least": "4.5"}
    orders = {"at_least": 10}
    first = accept(database, policy(rating=rating, orders_per_month=orders))
    again = accept(database, policy(orders_per_month=orders, rating={"at_least": "4.50"}))
    assert (first, again) == (1, 1)


def test_one_can_return_to_an_older_content(database: Database) -> None:
    assert [accept(database, policy(days)) for days in (45, 50, 45)] == [1, 2, 3]


def test_who_when_and_the_file_are_kept(database: Database) -> None:
    accept(database, policy())
    with database.read() as session:
        row = session.scalars(select(PolicyRow)).one()
    assert (row.accepted_by, row.accepted_at, row.source) == ("ann", AT, "the file")
    assert row.sha256 == policies.fingerprint(policy())


def test_numbers_stay_exact_and_criteria_in_order(database: Database) -> None:
    accept(database, policy(rating={"at_least": "4.55"}, acceptance_rate={"at_least": "0.1"}))
    policies._parsed.clear()  # as another process would read it
    with database.read() as session:
        loaded = policies.load(session, 1)
    assert loaded.tiers[0].enter["rating"].required == Decimal("4.55")
    assert list(loaded.tiers[0].enter) == ["rating", "acceptance_rate"]


def test_databases_do_not_share_versions(new_database: Any) -> None:
    one, two = new_database(), new_database()
    accept(one, policy(45))
    accept(two, policy(50))
    for database, days in ((one, 45), (two, 50)):
        with database.read() as session:
            assert policies.load(session, 1).grace.days == days


def test_an_unknown_version_is_named(database: Database) -> None:
    with database.read() as session, pytest.raises(UserError, match="no policy version 7"):
        policies.load(session, 7)


def from_day(database: Database, one: Policy, day: date) -> int:
    with database.write() as session:
        version = policies.accept(session, one, "the file", AT, "ann")
        policies.take_effect(session, version, day)
        return version


def in_force(database: Database, day: date) -> int | None:
    with database.read() as session:
        found = policies.in_force(session, day)
    return found and found[0]


def test_a_version_without_a_day_is_in_force_at_once(database: Database) -> None:
    assert in_force(database, date(2026, 10, 1)) is None
    accept(database, policy(45))
    assert in_force(database, date(2026, 10, 1)) == 1


def test_a_version_is_in_force_from_its_day_on(database: Database) -> None:
    accept(database, policy(45))
    from_day(database, policy(50), date(2026, 11, 1))
    assert in_force(database, date(2026, 10, 31)) == 1
    assert in_force(database, date(2026, 11, 1)) == 2
    with database.read() as session:
        assert policies.newest(session) == (2, policy(50))
        assert policies.effects(session) == {2: date(2026, 11, 1)}


def test_a_version_published_later_replaces_one_that_waits(database: Database) -> None:
    accept(database, policy(45))
    from_day(database, policy(50), date(2026, 12, 1))
    from_day(database, policy(55), date(2026, 11, 1))
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 12, 1)]
    assert [in_force(database, day) for day in days] == [1, 3, 3]


@pytest.mark.parametrize(
    ("moment", "version"),
    [
        (datetime(2026, 10, 31, 14, 59, tzinfo=UTC), 1),
        (datetime(2026, 10, 31, 15, 0, tzinfo=UTC), 2),
        (datetime(2026, 11, 1, 14, 59, tzinfo=UTC), 2),
        (datetime(2026, 11, 1, 15, 0, tzinfo=UTC), 3),
    ],
)
def test_a_policys_day_begins_in_its_own_zone(
    database: Database, moment: datetime, version: int
) -> None:
    tokyo = {"program": policy().program.model_copy(update={"time_zone": "Asia/Tokyo"})}
    accept(database, policy(45))
    from_day(database, policy(50).model_copy(update=tokyo), date(2026, 11, 1))
    from_day(database, policy(55).model_copy(update=tokyo), date(2026, 11, 2))
    with database.read() as session:
        found = policies.in_force_at(session, moment)
    assert found is not None
    assert found[0] == version


def test_a_setting_that_nobody_uses_leaves_the_hashes_of_older_versions_alone() -> None:
    assert "renamed_from" not in policies.canonical(builders.a_policy())
    assert "texts" not in policies.canonical(builders.a_policy())
    assert "look" not in policies.canonical(builders.a_policy())
    tier = {"key": "gold", "kind": "preferred", "renamed_from": "preferred"}
    assert '"renamed_from": ["preferred"]' in policies.canonical(builders.a_policy(tiers=[tier]))
