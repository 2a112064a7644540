"""What limits the months that may be held against partners (rule 10)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.policy_file import default_policy_path, read_policy
from partners.store.cases.cases import new_case
from partners.store.engine.database import Database
from partners.store.judging.histories import histories
from partners.store.policy import policies
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.program_tables import PartnerRow

BERLIN = ProgramCalendar(ZoneInfo("Europe/Berlin"))
JOINED, PROMOTED = date(2025, 1, 1), date(2025, 6, 1)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(default_policy_path())[0]


@pytest.fixture
def program(database: Database, policy: Policy) -> Database:
    """Ann has two closed cases and a waiver; Ben has nothing behind him."""
    with database.write() as session:
        policies.accept(session, policy, "", datetime(2026, 1, 1, tzinfo=UTC), "tests")
        for name in ("ann", "ben"):
            session.add(
                PartnerRow(
                    partner_id=name,
                    name=name,
                    email=f"{name}@example.com",
                    kind="reseller",
                    joined_on=JOINED,
                    tier="preferred",
                    tier_since=PROMOTED if name == "ann" else None,
                )
            )
        session.flush()
        for month, closed_at in (
            (Month(2026, 1), datetime(2026, 3, 31, 22, 30, tzinfo=UTC)),  # 1 April in Berlin
            (Month(2025, 9), datetime(2025, 11, 1, tzinfo=UTC)),
        ):
            case = new_case(
                session,
                session.get_one(PartnerRow, "ann"),
                month=month,
                since=JOINED,
                policy_version=1,
                repeat=False,
                opened_at=datetime(2025, 10, 4, tzinfo=UTC),
                period_days=45,
                findings=[],
            )
            case.closed_at = closed_at
            session.flush()
        for kind, until in (("waiver", date(2026, 2, 1)), ("offers", date(2026, 8, 1))):
            session.add(
                OverrideRow(
                    partner_id="ann",
                    kind=kind,
                    from_day=JOINED,
                    until_day=until,
                    who="staff",
                    reason="tests",
                )
            )
    return database


def test_rule_10_the_dates_that_limit_what_is_held_against_a_partner(program: Database) -> None:
    with program.read() as session:
        ann = histories(session, BERLIN)["ann"]
    assert (ann.joined_on, ann.tier_since) == (JOINED, PROMOTED)
    assert ann.last_case_closed_on == date(2026, 4, 1)
    assert ann.last_waiver_ended_on == date(2026, 2, 1)
    assert ann.judged_months == {Month(2026, 1), Month(2025, 9)}


@pytest.mark.parametrize("kind", ["pin", "block"])
def test_rule_10_months_before_the_end_of_a_pin_or_a_block_are_spared_too(
    program: Database, kind: str
) -> None:
    until = date(2026, 9, 1)
    with program.write() as session:
        row = OverrideRow(
            partner_id="ann", kind=kind, from_day=JOINED, until_day=until, who="Ben", reason="r"
        )
        session.add(row)
    with program.read() as session:
        assert histories(session, BERLIN)["ann"].last_waiver_ended_on == until


def test_a_partner_without_a_past_is_limited_by_joining(program: Database) -> None:
    with program.read() as session:
        ben = histories(session, BERLIN, ["ben"])["ben"]
    assert ben.since(judge_from=None) == JOINED
    assert (ben.last_case_closed_on, ben.judged_months) == (None, frozenset())


def test_only_known_partners_who_were_asked_for(program: Database) -> None:
    with program.read() as session:
        assert set(histories(session, BERLIN, ["ann", "nobody"])) == {"ann"}
        assert set(histories(session, BERLIN)) == {"ann", "ben"}
