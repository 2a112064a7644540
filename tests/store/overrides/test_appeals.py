"""Until when a removal can be appealed against."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from partners.store.engine.database import Database
from partners.store.overrides import appeals
from partners.store.policy import policies
from partners.store.tables.case_tables import TierChangeRow
from tests import builders

REMOVED_AT, NOW = datetime(2035, 3, 5, 12, tzinfo=UTC), datetime(2035, 3, 9, 12, tzinfo=UTC)


def removed(database: Database, then: int, now: int) -> date | None:
    """The last day for acme, whose removal could be appealed against for `then` days, by the
    policy of today for `now`."""
    with database.write() as session:
        partner = builders.a_partner(session, "acme", tier=None, left_on=REMOVED_AT.date())
        for days, from_day in ((then, date(2035, 1, 1)), (now, NOW.date())):
            policy = builders.a_policy(appeals={"days": days})
            policies.publish(session, policy, "", NOW, "Ann", from_day, None)
        session.add(
            TierChangeRow(
                key="acme/1",
                partner_id="acme",
                case_id=None,
                from_tier="preferred",
                to_tier=None,
                changed_at=REMOVED_AT,
                actor="tests",
                reason="",
            )
        )
        session.flush()
        return appeals.last_day(session, partner, NOW)


@pytest.mark.parametrize(
    ("then", "now", "last"), [(30, 31, date(2035, 4, 5)), (30, 5, date(2035, 4, 4))]
)
def test_rule_06_an_appeal_is_possible_as_long_as_was_told(
    database: Database, then: int, now: int, last: date
) -> None:
    assert removed(database, then, now) == last


def test_who_was_not_removed_has_nothing_to_appeal_against(database: Database) -> None:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        partner = builders.a_partner(session, "acme")
        assert appeals.last_day(session, partner, NOW) is None
