"""A database full of partners below standards, for `bench.cases`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from partners.calendars import calendar_of
from partners.domain.judging.coverage import DayRange
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import shift_months
from partners.policy_file import default_policy_path, read_policy
from partners.store.engine.database import Database
from tests import builders


def policy() -> Policy:
    """The sample policy, with a guard that lets everybody through."""
    sample, _ = read_policy(default_policy_path())
    content = sample.model_dump(mode="json")
    content["guard"] = {"max_partners": 10**6, "max_share": 1, "always_allow": 10**6}
    return Policy.model_validate(content)


def fill(database: Database, partner_ids: Sequence[str]) -> None:
    """Partners with two good months, and then 6 orders where 10 are required."""
    used = policy()
    builders.accept(database, used)
    today = calendar_of(used).day_of(datetime.now(UTC))
    month = calendar_of(used).newest_settled_month(today, used.feed.settling_days)
    before = month.plus(-2).first_day
    with database.write() as session:
        for partner_id in partner_ids:
            builders.a_partner(session, partner_id)
            builders.orders(
                session, partner_id, before, month.plus(-1).last_day, 30, rating_milli=4800
            )
            builders.orders(
                session, partner_id, month.first_day, month.last_day, 6, rating_milli=4800
            )
        builders.covered(session, DayRange(shift_months(before, -12), today - timedelta(days=1)))
