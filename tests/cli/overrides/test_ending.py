"""`partners cancel-case` and `policy migrate`: what they would do is shown, and asked about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from partners.domain.judging.coverage import DayRange
from partners.domain.time.calendar import Month
from partners.store.engine.database import Database
from partners.store.tables.case_tables import DecisionRow
from tests import builders
from tests.cli.overrides.test_overrides import TIERS, TODAY, Run, Teller, a_case, rows
from tests.cli.overrides.test_overrides import teller as teller

ENDING = {
    "cancel-case": ("cancel-case", "acme", "--reason", "our data was wrong", "--by", "Ann"),
    "migrate": ("policy", "migrate", "acme", "--reason", "agreed", "--by", "Ann"),
}


def another_policy(database: Database, orders: int) -> None:
    tiers = [{**tier, "enter": {"orders_per_month": {"at_least": orders}}} for tier in TIERS[1:]]
    builders.accept(database, builders.a_policy(tiers=[TIERS[0], *tiers]))


@pytest.mark.parametrize(
    ("name", "update", "words", "mail"),
    [
        ("cancel-case", "void", "cancel: the case ends as if it had not been", "Your"),
        ("migrate", "migrate", "migrate: from policy version 1 to 2", "least 8"),
    ],
)
def test_a_case_that_is_ended_or_moved_is_shown_with_its_mail_and_asked_about(
    run: Run,
    database: Database,
    teller: Teller,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    update: str,
    words: str,
    mail: str,
) -> None:
    case = a_case(database)
    month = Month.of(TODAY).plus(-1)
    with database.write() as session:
        builders.orders(session, "acme", month.first_day, month.last_day, 6)
        builders.covered(session, DayRange(date(2020, 1, 1), TODAY - timedelta(days=1)))
    another_policy(database, 8)
    monkeypatch.setattr("typer.confirm", lambda _, abort: False)
    refused = run(*ENDING[name])
    assert (refused.status, refused.err) == (2, "error: nothing was done\n")
    assert f"acme (case {case.case_id}): {words}" in refused.out
    assert "The partner gets this mail:\nSubject: " in refused.out
    assert mail in " ".join(refused.out.split())
    assert teller.given == []

    quiet = run(*ENDING[name], "--quiet", "--yes")
    assert "The partner gets no mail: not told, as was said." in quiet.out
    ((partner, given, order),) = teller.given
    assert (partner, given) == ("acme", update)
    assert (order.who, order.quiet, order.revision) == ("Ann", True, case.revision)
    assert rows(database, DecisionRow)[-1:] == []  # a preview changes nothing


@pytest.mark.parametrize("name", ENDING)
def test_without_a_case_there_is_nothing_to_end_or_to_move(
    run: Run, database: Database, teller: Teller, name: str
) -> None:
    refused = run(*ENDING[name], "--yes")
    assert refused.status == 2
    assert refused.err == "error: refused: no case is open for acme\n"
