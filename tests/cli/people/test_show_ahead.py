"""`partners show`: what would come, by assumptions that can be reckoned with."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from tests import builders
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--recover-by", "9999-12-31", "is out of range"),
        ("--recover-by", "2150-01-01", "is more than 5 years ahead"),
        ("--extend-by", "3000000", "less than or equal to 366"),
        ("--extend-by", "0", "greater than or equal to 1"),
    ],
)
def test_an_assumption_out_of_this_world_is_refused(
    run: Run, database: Database, option: str, value: str, why: str
) -> None:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
        opened = datetime.now(UTC)
        session.add(builders.a_case("acme", Month.of(opened.date()), opened_at=opened))

    ran = run("show", "acme", option, value)

    assert (ran.status, ran.out) == (2, "")
    assert why in ran.err
    assert "Traceback" not in ran.err
