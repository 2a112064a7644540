"""A day from which no other can be reckoned is refused in one line, whatever the command."""

from __future__ import annotations

import pytest

from partners.store.engine.database import Database
from tests import builders
from tests.cli.conftest import Run

NAMED = {
    "assess": ("assess", "--as-of"),
    "appraise": ("appraise", "acme", "expertise", "--met", "--on"),
    "audit since": ("audit", "fairness", "--since"),
    "audit until": ("audit", "fairness", "--until"),
    "complaint": ("complaint", "add", "acme", "--severity", "minor", "--text", "late", "--on"),
    "mark-paid": ("payouts", "mark-paid", "p-1", "--on"),
    "publish": ("policy", "publish", "program.toml", "--yes", "--effective"),
    "convert": ("referral", "convert", "lead", "--amount", "5", "--on"),
    "waive": ("waive", "acme", "--reason", "new", "--yes", "--until"),
    "block": ("block", "acme", "--reason", "fraud", "--yes", "--until"),
    "pin": ("pin", "acme", "--reason", "agreed", "--yes", "--until"),
    "daily review": ("review", "--dry-run", "--kind", "daily", "--period"),
}


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("command", NAMED)
def test_a_day_out_of_this_world_is_refused_in_one_line(
    run: Run, database: Database, command: str, day: str
) -> None:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")

    ran = run(*NAMED[command], day)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
    assert day in ran.err
