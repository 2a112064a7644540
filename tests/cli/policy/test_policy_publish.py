"""`partners policy publish`, `diff`, `list` and `tell`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from partners.cli import common
from partners.domain.judging.coverage import DayRange
from partners.errors import SetupError
from partners.policy_file import default_policy_path
from partners.store.engine.database import Database
from partners.store.policy import policies
from partners.temporal import connecting, running
from tests import builders

Run = Callable[..., Any]
TODAY = datetime.now(UTC).date()
SOON, LATER = TODAY + timedelta(days=10), TODAY + timedelta(days=30)


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The times that a workflow would have been started."""
    works: list[Any] = []

    async def start(_client: Any, version: int) -> None:
        works.append(version)

    async def connect() -> None:
        """A server is there."""

    monkeypatch.setattr(running, "start_policy_change", start)
    monkeypatch.setattr(connecting, "connect", connect)
    return works


def a_file(folder: Path, orders: int, name: str = "new.toml", grace: int = 45) -> Path:
    """The sample policy with another number of orders, and another grace."""
    text = default_policy_path().read_text()
    file = folder / name
    file.write_text(
        text.replace("at_least = 10,", f"at_least = {orders},").replace(
            "days = 45 ", f"days = {grace} "
        )
    )
    return file


@pytest.fixture
def program(run: Run, database: Database) -> Database:
    """The sample policy in force; acme passes with 15 orders last month."""
    run("setup", "--database-only")
    last = TODAY.replace(day=1) - timedelta(days=1)
    month = last if TODAY.day > 3 else last.replace(day=1) - timedelta(days=1)
    with database.write() as session:
        builders.a_partner(session, "acme")
        first = month.replace(day=1)
        builders.orders(session, "acme", first, month, 15, rating_milli=4900)
        builders.covered(session, DayRange(date(2020, 1, 1), TODAY - timedelta(days=1)))
    return database


def newest(database: Database) -> int:
    with database.read() as session:
        found = policies.newest(session)
    assert found is not None
    return found[0]


def effects(database: Database) -> dict[int, date]:
    with database.read() as session:
        return policies.effects(session)


def test_publish_shows_what_changes_and_for_whom_before_it_asks(
    run: Run, program: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("typer.confirm", lambda text, abort: asked.append(text))
    ran = run("policy", "publish", a_file(tmp_path, 20, grace=50))
    assert ran.status == 0
    for words in ("at least 10", "at least 20", "stricter", "grace.days", "45", "50", "acme"):
        assert words in ran.out
    assert "passing" in ran.out
    assert "below" in ran.out
    assert len(asked) == 1


def test_a_no_publishes_nothing(
    run: Run, program: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: PTH123, SIM115
    ran = run("policy", "publish", a_file(tmp_path, 20))
    assert (ran.status, newest(program)) == (1, 1)


def test_stricter_standards_take_effect_after_the_notice_and_are_told(
    run: Run, program: Database, tmp_path: Path, started: list[Any]
) -> None:
    ran = run("policy", "publish", a_file(tmp_path, 20), "--yes", "--by", "ann")
    assert (ran.status, f"in force from {LATER} on" in ran.out) == (0, True)
    assert effects(program) == {2: LATER}
    assert len(started) == 1
    assert "Being told: 1 partner;" in ran.out
    with program.read() as session:
        in_force = policies.in_force(session, TODAY)
    assert in_force is not None
    assert in_force[0] == 1


def test_stricter_standards_too_soon_are_refused_with_the_earliest_day(
    run: Run, program: Database, tmp_path: Path
) -> None:
    ran = run("policy", "publish", a_file(tmp_path, 20), "--yes", "--effective", SOON)
    assert (ran.status, f"--effective {LATER}" in ran.err) == (2, True)
    assert newest(program) == 1


def test_stricter_standards_of_a_tier_without_partners_need_no_notice(
    run: Run, program: Database, tmp_path: Path, started: list[Any]
) -> None:
    with program.write() as session:
        session.execute(builders.PartnerRow.__table__.delete())
    ran = run("policy", "publish", a_file(tmp_path, 20), "--yes")
    assert (ran.status, effects(program), started) == (0, {2: TODAY}, [])


def test_looser_standards_may_take_effect_at_once_and_are_told(
    run: Run, program: Database, tmp_path: Path, started: list[Any]
) -> None:
    assert run("policy", "publish", a_file(tmp_path, 8), "--yes").status == 0
    assert (effects(program), len(started)) == ({2: TODAY}, 1)


def test_what_changes_no_standards_is_told_to_nobody(
    run: Run, program: Database, tmp_path: Path, started: list[Any]
) -> None:
    assert run("policy", "publish", a_file(tmp_path, 10, grace=50), "--yes").status == 0
    assert (effects(program), started) == ({2: TODAY}, [])


def test_other_times_for_reviews_are_said_to_need_a_setup(
    run: Run, program: Database, tmp_path: Path
) -> None:
    file = a_file(tmp_path, 10)
    same = run("policy", "publish", a_file(tmp_path, 10, grace=40), "--yes")
    assert "other times" not in same.err
    file.write_text(file.read_text().replace('"UTC"', '"Europe/Berlin"'))
    ran = run("policy", "publish", file, "--yes")
    assert ran.status == 0
    in_berlin = datetime.now(ZoneInfo("Europe/Berlin")).date()
    assert f"other times by this policy: on {in_berlin}" in " ".join(ran.err.split())


def test_a_day_in_the_past_is_refused(run: Run, program: Database, tmp_path: Path) -> None:
    past = TODAY - timedelta(days=1)
    ran = run("policy", "publish", a_file(tmp_path, 8), "--yes", "--effective", past)
    assert (ran.status, "is in the past" in ran.err) == (2, True)


def test_the_same_content_is_published_once(run: Run, program: Database, tmp_path: Path) -> None:
    ran = run("policy", "publish", a_file(tmp_path, 10), "--yes")
    assert "is policy version 1 already" in ran.out


def test_a_broken_file_is_refused(run: Run, program: Database, tmp_path: Path) -> None:
    assert run("policy", "publish", a_file(tmp_path, -3), "--yes").status == 2


def test_publishing_before_setup_says_what_to_run(
    run: Run, database: Database, tmp_path: Path
) -> None:
    ran = run("policy", "publish", a_file(tmp_path, 8), "--yes")
    assert (ran.status, "partners setup" in ran.err) == (2, True)


def test_the_list_says_when_who_and_why(run: Run, program: Database, tmp_path: Path) -> None:
    run("policy", "publish", a_file(tmp_path, 20), "--yes", "--by", "ann", "--reason", "growth")
    listed = run("policy", "list").out
    as_json = json.loads(run("policy", "list", "--json").out)
    assert [version["version"] for version in as_json] == list(range(1, len(as_json) + 1))
    assert [version["is_in_force"] for version in as_json].count(True) == 1
    for words in ("now", f"from {LATER}", "ann", "growth"):
        assert words in listed
    second = run("policy", "publish", a_file(tmp_path, 21), "--yes")
    assert f"version 2, announced for {LATER}, will not take effect" in second.err
    assert "never: replaced by 3" in run("policy", "list").out


def test_diff_takes_versions_and_files(run: Run, program: Database, tmp_path: Path) -> None:
    file = a_file(tmp_path, 20)
    assert "at least 20" in run("policy", "diff", 1, file).out
    assert "are the same policy" in run("policy", "diff", 1, default_policy_path()).out
    assert run("policy", "diff", 1, 7).status == 2


def test_without_a_server_the_version_stands_and_telling_can_be_made_up_for(
    run: Run, program: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down() -> None:
        raise SetupError("no Temporal server answers")

    with monkeypatch.context() as patched:
        patched.setattr(connecting, "connect", down)
        ran = run("policy", "publish", a_file(tmp_path, 20), "--yes")
    assert (ran.status, newest(program)) == (0, 2)
    assert "partners policy tell 2" in ran.err
    assert "Being told: 1 partner;" in run("policy", "tell", 2).out
    assert "changes no partner's standards" in run("policy", "tell", 1).out


def test_a_policy_published_meanwhile_is_not_overrun(
    run: Run, program: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = builders.a_policy(grace={"days": 33})

    def meanwhile(text: str, abort: bool) -> None:
        builders.accept(program, other)

    monkeypatch.setattr(common.typer, "confirm", meanwhile)
    ran = run("policy", "publish", a_file(tmp_path, 20))
    assert (ran.status, "meanwhile" in ran.err, newest(program)) == (2, True, 2)


# ---- tiers that are renamed or dropped ----


def renamed(folder: Path, key: str, former: str = "") -> Path:
    """The sample policy whose tier has another key, and says what it was."""
    lines = f'key = "{key}"' + (f"\nrenamed_from = {former}" if former else "")
    file = folder / f"{key}.toml"
    file.write_text(default_policy_path().read_text().replace('key = "preferred"', lines))
    return file


def tier_of(database: Database) -> str | None:
    with database.read() as session:
        return session.get_one(builders.PartnerRow, "acme").tier


def test_rule_11_a_policy_that_drops_a_tier_with_partners_says_where_they_go(
    run: Run, program: Database, tmp_path: Path
) -> None:
    ran = run("policy", "publish", renamed(tmp_path, "premium"), "--yes")
    assert (ran.status, newest(program)) == (2, 1)
    assert "preferred: this policy has no such tier; in it: 1 partner\n" in ran.err
    assert "renamed_from" in ran.err

    ran = run("policy", "publish", renamed(tmp_path, "premium", '"preferred"'), "--yes")
    assert (ran.status, newest(program), tier_of(program)) == (0, 2, "premium")
    assert "To premium at once: 1 partner of preferred." in ran.out
    assert "not judged" not in ran.out
    assert run("audit", "verify").status == 0


def test_whoever_publishes_is_told_how_many_partners_have_been_moved(
    run: Run, program: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[tuple[str, int | None], int] = {}

    @contextmanager
    def progress(what: str, total: int | None = None) -> Iterator[Callable[..., None]]:
        def step(more: int = 1) -> None:
            told[what, total] = told.get((what, total), 0) + more

        yield step

    monkeypatch.setattr(common, "progress", progress)
    with program.write() as session:
        builders.a_partner(session, "beta")
    assert run("policy", "publish", renamed(tmp_path, "premium", '"preferred"'), "--yes")[0] == 0
    assert told == {("judging partners by both", None): 2, ("moving partners", 2): 2}


def test_rule_11_a_tier_that_an_open_case_leads_to_is_not_dropped(
    run: Run, program: Database, tmp_path: Path
) -> None:
    tiers = [
        {"key": "silver", "kind": "preferred", "enter": {"rating": {"at_least": 1}}},
        {"key": "preferred", "kind": "preferred", "removal": "down"},
    ]
    version = builders.accept(program, builders.a_policy(tiers=tiers))
    with program.write() as session:
        case = builders.a_case("acme", builders.Month(2026, 9), policy_version=version)
        case.opened_at = datetime.now(UTC)
        session.add(case)

    ran = run("policy", "publish", a_file(tmp_path, 10), "--yes")
    assert ran.status == 2
    assert "silver: this policy has no such tier; in it: 0 partners" in ran.err
    assert "leading to it: 1 open case\n" in ran.err


def test_a_rename_takes_partners_along_at_once_or_is_refused(
    run: Run, program: Database, tmp_path: Path
) -> None:
    file = renamed(tmp_path, "premium", '["preferred"]')
    ran = run("policy", "publish", file, "--yes", "--effective", SOON)
    assert (ran.status, f"published for {TODAY}" in ran.err) == (2, True)

    file.write_text(file.read_text().replace("at_least = 10,", "at_least = 20,"))
    ran = run("policy", "publish", file, "--yes")
    assert (ran.status, "no stricter" in ran.err) == (2, True)
    assert (newest(program), tier_of(program)) == (1, "preferred")


@pytest.mark.parametrize(
    ("former", "why"),
    [
        ('"premium"', "premium is a tier of this policy"),
        ('["old", "old"]', "old stands in renamed_from twice"),
        ("7", "renamed_from"),
    ],
)
def test_former_names_that_lead_nowhere_are_refused(
    run: Run, program: Database, tmp_path: Path, former: str, why: str
) -> None:
    ran = run("policy", "check", renamed(tmp_path, "premium", former))
    assert (ran.status, why in ran.err + ran.out) == (2, True)
