"""`partners track show|done|confirm|undo|list`, and `partners import tracks`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from partners.store.engine.database import Database
from tests import builders
from tests.cli.conftest import Run

TODAY = datetime.now(UTC).date()
TRACKS: dict[str, Any] = {
    "reseller": {
        "label": "Reseller",
        "steps": [
            {"key": "call", "label": "Kick-off call", "confirmed_by": "partner"},
            {"key": "exam", "label": "Product exam", "kind": "certification",
             "expires_months": 12, "certifies": "expertise"},
            {"key": "course", "label": "Course", "confirmed_by": "feed"},
        ],
    },
    "expert": {"label": "Expert", "steps": [{"key": "course", "label": "Course"}]},
}  # fmt: skip


@pytest.fixture
def program(database: Database) -> Database:
    tiers = [{**builders.POLICY["tiers"][0], "track": "reseller"}]
    builders.accept(database, builders.a_policy(tracks=TRACKS, tiers=tiers))
    with database.write() as session:
        builders.a_partner(session, "acme")
        builders.a_partner(session, "outside", tier=None)
    return database


def test_a_step_is_said_confirmed_shown_and_taken_back(program: Database, run: Run) -> None:
    said = run("track", "done", "acme", "exam", "--by", "Ben")
    assert "it waits: partners track confirm acme exam" in said.out
    assert "partners track confirm acme exam --track reseller" in run("inbox").out
    confirmed = run("track", "confirm", "acme", "exam", "--by", "Ann", "--notes", "4711")
    assert "it counts until" in confirmed.out
    assert "as expertise" in confirmed.out
    shown = run("track", "show", "acme").out
    assert "Product exam" in shown
    assert "Ann" in shown
    assert "4711" in shown
    undone = run("track", "undo", "acme", "exam", "--reason", "forged")
    assert "is not done" in undone.out
    (exam,) = [x for x in json.loads(run("track", "show", "acme", "--json").out)
               if x["step"] == "exam"]  # fmt: skip
    assert (exam["state"], exam["done_on"], exam["notes"]) == ("to do", None, "forged")


def test_said_twice_it_was_known_already(program: Database, run: Run) -> None:
    run("track", "done", "acme", "call", "--on", TODAY)
    again = run("track", "done", "acme", "call", "--on", TODAY)
    assert (again.status, "It was known already" in again.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "outside"), "their tier names none"),
        (("done", "outside", "course"), "say which: --track"),
        (("done", "acme", "course"), "partners track confirm acme course; from a file"),
        (("undo", "acme", "exam", "--reason", "x"), "see: partners track show acme"),
        (("done", "acme", "x"), "there is no step 'x'; the steps are call, exam, course"),
        (("done", "acme", "exam", "--on", "2100-01-01"), "is in the future"),
    ],
)
def test_what_is_refused_is_said_in_a_line_with_the_way_on(
    program: Database, run: Run, arguments: tuple[str, ...], says: str
) -> None:
    refused = run("track", *arguments)
    assert (refused.status, len(refused.err.splitlines())) == (2, 1)
    assert says in refused.err


def test_the_list_is_empty_until_something_needs_somebody(program: Database, run: Run) -> None:
    assert "Nothing of any track needs anybody" in run("track", "list").out
    run("track", "done", "acme", "exam")
    assert "waits for confirmation" in run("track", "list").out
    assert "Nothing" in run("track", "list", "--state", "expired").out
    assert [x["step"] for x in json.loads(run("track", "list", "--json").out)] == ["exam"]


def test_a_file_of_steps_is_imported_once_and_its_bad_rows_are_set_aside(
    program: Database, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "steps.csv"
    tomorrow = TODAY + timedelta(days=1)
    file.write_text(
        "partner_id,step,done_on,track\n"
        f"acme,course,{TODAY},\nacme,exam,{TODAY},\noutside,course,{TODAY},expert\n"
        f"outside,course,{TODAY},\nnobody,exam,{TODAY},\nacme,exan,{TODAY},\n"
        f"acme,exam,{tomorrow},\nacme,exam,{TODAY},experts\nacme,exam,{TODAY},expert\n"
    )
    first = run("import", "tracks", file)
    assert first.status == 1
    assert "3 new, 0 changed, 0 unchanged" in first.out
    rejected = (tmp_path / "steps.rejected.csv").read_text()
    for reason in (
        "several tracks have a step",
        "names no known partner",
        "no track has a step 'exan'",
        "done_on lies ahead",
        "none of the policy's own",
        "track expert has no step 'exam'",
    ):
        assert reason in rejected
    assert "0 new, 0 changed, 3 unchanged" in run("import", "tracks", file).out
    states = {x["step"]: x["state"] for x in json.loads(run("track", "show", "acme", "--json").out)}
    assert states == {"call": "to do", "exam": "waits for confirmation", "course": "done"}
    assert "nothing was kept" in run("import", "tracks", file, "--all-or-nothing").out
    assert run("audit", "verify").status == 0
