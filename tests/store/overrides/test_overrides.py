"""People's word holds from its first day through its last."""

from __future__ import annotations

from datetime import date, timedelta

from partners.domain.cases.commands import Command
from partners.domain.overrides.override import Override
from partners.store.engine.database import Database
from partners.store.overrides import overrides
from tests import builders

FIRST, LAST = date(2035, 3, 5), date(2035, 3, 20)
ONE_DAY = timedelta(days=1)


def test_rule_16_an_override_holds_through_its_last_day(database: Database) -> None:
    with database.write() as session:
        builders.a_partner(session, "acme")
        overrides.waive(session, "acme", Command("Ann", "flooded", until=LAST), FIRST)

    with database.read() as session:
        holds = {
            day: overrides.kinds_in_force(session, "acme", day)
            for day in (FIRST - ONE_DAY, FIRST, LAST, LAST + ONE_DAY)
        }
        rows = overrides.in_force(session, "acme", LAST)
    waived = {Override.WAIVER.value}
    assert list(holds.values()) == [set(), waived, waived, set()]
    assert [row.until_day for row in rows] == [LAST]


def test_what_has_no_last_day_holds_until_a_person_ends_it(database: Database) -> None:
    with database.write() as session:
        builders.a_partner(session, "acme")
        overrides.pin(session, "acme", Command("Ann", "a pilot"), FIRST)
        assert overrides.kinds_in_force(session, "acme", LAST) == {Override.PIN.value}

        overrides.unpin(session, "acme", LAST)

        assert overrides.kinds_in_force(session, "acme", LAST - ONE_DAY) == {Override.PIN.value}
        assert overrides.kinds_in_force(session, "acme", LAST) == set()
