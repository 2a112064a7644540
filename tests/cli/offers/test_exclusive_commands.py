"""`partners area` and `partners exclusive`, as a person types them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from partners.cli import common
from partners.domain.judging.coverage import DayRange
from partners.store.engine.database import Database
from partners.store.offers.holding import exclusives
from partners.store.tables.exclusive_tables import ExclusiveReviewRow, ExclusiveRow
from tests import builders
from tests.cli.conftest import Run

TODAY = datetime.now(UTC).date()
FIRST = date(TODAY.year + 1, 1, 1)
LAST = date(TODAY.year + 1, 12, 31)
R = ("--by", "Ann", "--reason", "agreed with sales")
TERMS = ("--service", "hotline", "--area", "berlin", "--from", FIRST, "--until", LAST)


@pytest.fixture
def program(database: Database, run: Run) -> Database:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        for partner_id in ("acme", "birch", "corner"):
            builders.a_partner(session, partner_id)
        builders.an_offer(session, "hotline-1", service="hotline")
    ran = run(
        *["area", "add", "berlin", "--name", "Berlin", "--postal-codes"], "10115, 10117,10119"
    )
    assert (ran.status, ran.out) == (0, "Area berlin: Berlin, 3 postal codes.\n")
    return database


def propose(run: Run, partner: str = "acme", *more: object) -> str:
    ran = run("exclusive", "propose", partner, *TERMS, *R, "--yes", *more)
    assert ran.status == 0, ran
    return ran.out


def test_areas_are_added_imported_listed_and_shown(
    program: Database, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "areas.csv"
    file.write_text("area_code,name,postal_code\nbremen,Bremen,28195\nberlin,,10115\n,,1\n")
    ran = run("area", "import", file)
    assert ran.status == 1
    assert "3 postal codes read\n1 new, 0 changed, 1 unchanged\n1 rejected: see" in ran.out
    assert [area["area_code"] for area in json.loads(run("area", "list", "--json").out)] == [
        "berlin",
        "bremen",
    ]
    assert "10115, 10117, 10119" in run("area", "show", "berlin").out
    assert json.loads(run("area", "show", "bremen", "--json").out)["postal_codes"] == ["28195"]
    ran = run("area", "add", "berlin", "--name", "B", "--postal-codes", "1")
    assert (ran.status, ran.err) == (
        2,
        "error: there is an area 'berlin' already: Berlin; see: partners area show berlin; to add "
        "to it: partners area import FILE.csv\n",
    )
    ran = run("area", "add", "x", "--name", "B", "--postal-codes", "1,1")
    assert "'1' stands twice; delete one" in ran.err


def test_an_exclusive_from_its_proposal_to_its_end(program: Database, run: Run) -> None:
    said = propose(run, "acme", "--offer", "hotline-1", "--tier", "preferred")
    assert f"{FIRST} to {LAST}" in said
    assert "acme-x1 is proposed; to sign it: partners exclusive activate acme-x1 --reason" in said
    simulated = run("exclusive", "activate", "acme-x1", "--simulate")
    assert f"2 partners can order hotline there no more from {FIRST} on" in simulated.out
    assert "hotline-1 in 3 postal codes" in simulated.out
    everybody = json.loads(run("exclusive", "activate", "acme-x1", "--simulate", "--json").out)
    assert [one["partner_id"] for one in everybody] == ["birch", "corner"]
    assert everybody[0]["lost"] == [{"offer_id": "hotline-1", "postal_codes": 3}]
    with program.read() as session:
        assert session.get_one(ExclusiveRow, "acme-x1").status == "proposed"
    ran = run("exclusive", "activate", "acme-x1", *R, "--yes")
    assert f"acme-x1 is signed by Ann; it begins on {FIRST}." in ran.out
    assert "once a worker runs" in ran.out
    assert "2 partners can order" in ran.out
    listed = json.loads(run("exclusive", "list", "--status", "announced", "--json").out)
    assert [one["exclusive_id"] for one in listed] == ["acme-x1"]
    assert "No exclusives." in run("exclusive", "list", "--status", "ended").out
    ran = run("exclusive", "renew", "acme-x1", "--minimum", 0, *R, "--yes")
    assert f"{LAST + timedelta(1)} to {date(LAST.year + 1, 12, 31)}" in ran.out
    assert "acme-x2 is withdrawn." in run("exclusive", "withdraw", "acme-x2", *R).out
    ran = run("exclusive", "end", "acme-x1", *R, "--yes")
    assert f"acme-x1 is ended. Its grant of hotline-1 stays until {LAST}." in ran.out


def test_show_has_terms_states_periods_and_the_days_to_cure(program: Database, run: Run) -> None:
    propose(run)
    run("exclusive", "activate", "acme-x1", *R, "--yes")
    with program.write() as session:
        row = exclusives.known(session, "acme-x1")
        row.cure_until = TODAY + timedelta(days=12)
        figures = {"placed": 30, "completed": 18, "concluded": 24, "verdict": "missed"}
        judged = ExclusiveReviewRow(
            exclusive_id="acme-x1",
            first_month=202701,
            last_month=202703,
            months=3,
            reviewed_at=datetime.now(UTC),
            **figures,
        )
        session.add(judged)
    shown = run("exclusive", "show", "acme-x1").out
    assert "acme-x1 is announced; signed by Ann on" in shown
    assert f"until {TODAY + timedelta(days=12)}" in shown
    for words in ("area berlin, 3 postal codes", "2027-01 to 2027-03", "10.0", "75 %", "missed"):
        assert words in shown
    page = json.loads(run("exclusive", "show", "acme-x1", "--json").out)
    assert page["periods"][0] == {
        "first": "2027-01",
        "last": "2027-03",
        "placed": 30,
        "completed": 18,
        "concluded": 24,
        "verdict": "missed",
        "reviewed_at": page["periods"][0]["reviewed_at"],
    }
    assert page["postal_codes"] == ["10115", "10117", "10119"]
    assert [state["status"] for state in page["states"]] == ["proposed", "announced"]


@pytest.mark.parametrize(
    ("partner", "more", "said"),
    [
        ("acme", ("--area", "nowhere"), "unknown area 'nowhere'; there are berlin …; see: "),
        ("acme", ("--until", "2020-01-01", "--from", "2019-01-01"), "--until: the last day, 2020"),
        ("acme", ("--from", LAST, "--until", FIRST), "swap them"),
        ("acme", ("--max-holders", "6"), "--max-holders is 6; it goes from 1 to 5"),
        ("acme", ("--max-holders", "0"), "--max-holders is 0; it goes from 1 to 5"),
        ("acme", ("--minimum", "-1"), "--minimum is -1; it goes from 0 to 1000000"),
        ("acme", ("--completion", "nan"), "--completion is no share"),
        ("acme", ("--completion", "95"), "--completion is 95; it goes from 0 to 1"),
        ("acme", ("--tier", "gold"), "--tier: the policy has no tier 'gold'"),
        ("acme", ("--minimum", "10"), "import those days, or agree on no --minimum"),
        ("acme", ("--offer", "visits-9"), "unknown offer 'visits-9'"),
        ("acme", ("--service", "visits"), "--service: no offer is of the service 'visits'; offers"),
        ("acmé", (), "unknown partner 'acmé'; did you mean acme?"),
        ("acme", ("--from", "soon"), "not a day written YYYY-MM-DD: 'soon'"),
    ],
)
def test_what_cannot_be_agreed_is_one_line_with_the_way_on(
    program: Database, run: Run, partner: str, more: tuple[object, ...], said: str
) -> None:
    with program.write() as session:
        builders.covered(session, DayRange(date(2020, 1, 1), date(2020, 1, 31)))
    ran = run("exclusive", "propose", partner, *TERMS, *R, "--yes", *more)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    with program.read() as session:
        assert session.scalars(select(ExclusiveRow)).all() == []


def test_an_overlap_is_refused_naming_rival_and_codes(program: Database, run: Run) -> None:
    propose(run)
    propose(run, "birch")
    run("exclusive", "activate", "acme-x1", *R, "--yes")
    ran = run("exclusive", "activate", "birch-x1", *R, "--yes")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        f"error: acme holds hotline in 10115, 10117, 10119 on some of these days, until {LAST} "
        "(acme-x1); name another area or other days; see: partners exclusive list\n"
    )
    said = run("exclusive", "propose", "birch", *TERMS, *R, "--yes")
    assert "it could not be signed now: acme holds a part of it" in said.err
    propose(run)
    ran = run("exclusive", "activate", "acme-x2", *R, "--yes")
    assert "renew it: partners exclusive renew acme-x1 --reason" in ran.err
    ran = run("exclusive", "activate", "acme-x1", *R, "--yes")
    assert ran.err.startswith("error: acme-x1 is announced, and no proposal any more; see: ")


def test_nothing_is_signed_where_nobody_agrees_or_says_why(
    program: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(run)
    with monkeypatch.context() as patched:
        patched.setattr(common, "confirm", lambda *_: False)
        ran = run("exclusive", "activate", "acme-x1", *R)
    assert (ran.status, ran.err) == (2, "error: nothing was done\n")
    assert "2 partners can order hotline there no more" in ran.out
    ran = run("exclusive", "activate", "acme-x1", "--yes")
    assert ran.err == "error: --by and --reason: say who you are and why\n"
    assert run("exclusive", "activate", "acme-x1", "--json", *R).status == 2
    with program.read() as session:
        assert session.get_one(ExclusiveRow, "acme-x1").signed_at is None
