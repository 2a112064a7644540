"""`partners policy` and `partners setup`."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from partners.policy_file import default_policy_path
from partners.store.engine.database import Database
from partners.store.policy import policies
from tests import builders

Run = Callable[..., Any]
THREE = default_policy_path().parent / "programs" / "three-tiers.toml"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "broken.toml"
    text = default_policy_path().read_text()
    file.write_text(text.replace("days = 45", "days = 7").replace("0.90,", "90,"))
    return file


def test_check_says_what_it_understood(run: Run) -> None:
    ran = run("policy", "check", default_policy_path())
    assert ran.status == 0
    for words in ("Acceptance rate at least 90 % over 3 months", "45 days", "14, 3", "Preferred"):
        assert words in ran.out


def test_check_says_how_partners_rise(run: Run) -> None:
    ran = run("policy", "check", THREE)
    for words in ("Certified expertise, appraised by people", "approved by: staff", "everybody"):
        assert words in ran.out


def test_check_says_what_tiers_give_and_what_is_taken_off_prices(run: Run) -> None:
    worded = run("policy", "check", THREE.with_name("two-tiers.toml")).out
    assert "What Standard gives: Regular prices" in worded
    assert (
        "What Preferred gives: 10\u00a0% off the base price of every offer; New offers 14 days "
        "before others"
    ) in worded
    written = run("policy", "check", THREE).out
    assert "What Silver gives: 5 % better pricing; Early access to new products" in written
    assert "Offers for Silver: 5\u00a0% off the base price of every offer; New offers 7" in written
    paid = "Incentive of Gold: 2 % from 50 orders, 3 % from 100 orders, at most 1,000 USD, monthly"
    assert paid in written
    assert "Incentive of" not in worded


def test_check_says_when_an_hour_is_not_one_of_every_day(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "night.toml"
    sample = default_policy_path().read_text()
    night = sample.replace('"UTC"', '"Africa/Cairo"').replace("office_hour = 9", "office_hour = 0")
    path.write_text(
        night.replace("holidays = []", 'holidays = []\nweekend = ["friday", "saturday"]')
    )
    checked = run("policy", "check", path)
    assert checked.status == 0
    assert "there is no 0 o'clock" in checked.err
    assert "at 1 o'clock" in checked.err
    assert "Weekend: Friday, Saturday" in checked.out
    path.write_text(night.replace("holidays = []", 'weekend = ["caturday"]'))
    refused = run("policy", "check", path)
    assert refused.status == 2
    assert "program.weekend[0]" in refused.err or "program.weekend.0" in refused.err
    assert "is no day of the week" in refused.err


def test_check_needs_no_database(run: Run, tmp_path: Path) -> None:
    run("policy", "check", THREE)
    assert not (tmp_path / "cli.db").exists()


def test_check_says_which_words_partners_lack_in_their_language(
    run: Run, database: Database, tmp_path: Path
) -> None:
    run("setup", "--database-only")
    with database.write() as session:
        for name, language in (("a", "es"), ("b", "es"), ("c", "de-AT"), ("d", "fr"), ("e", "en")):
            builders.a_partner(session, name, language=language)
        builders.a_partner(session, "f")
    file = tmp_path / "mine.toml"
    texts = '[tiers.texts.de]\nbenefits = ["1", "2", "3"]\n[tiers.texts.it]\nname = "N"\n'
    text = default_policy_path().read_text().replace("[tiers.enter]", f"{texts}[tiers.enter]")
    file.write_text(text)
    ran = run("policy", "check", file)
    assert ran.status == 0
    said = " ".join(ran.err.split())
    assert (
        "2 partners read es, and these words are not in it: contact name of the program, "
        "benefits of Preferred; add them under texts.es"
    ) in said
    assert "1 partner reads de-AT, and these words are not in it: contact name of the" in said
    assert "texts.it is read by nobody" in said
    assert "fr" not in said.replace("from", "")


def test_check_lists_every_problem_and_fails(run: Run, broken: Path) -> None:
    ran = run("policy", "check", broken)
    assert ran.status == 2
    assert f"{broken}: grace.days = 7" in ran.err
    assert f"{broken}: tiers[0].enter.acceptance_rate.at_least = 90" in ran.err


def test_setup_accepts_the_sample_policy_once(run: Run) -> None:
    first = run("setup", "--database-only", "--by", "ann")
    second = run("setup", "--database-only")
    assert (first.status, second.status) == (0, 0)
    assert f"accepted {default_policy_path()} as version 1" in first.out
    assert "that is the sample that comes with the program" in first.err
    assert "version 1 is in force" in second.out
    assert "ann" in run("policy", "list").out


def test_setup_takes_the_nearest_policy_and_says_which(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here, then what the settings name; the sample only where there is nothing else."""
    elsewhere, here = tmp_path / "elsewhere" / "silver.toml", tmp_path / "here of mine"
    for folder in (elsewhere.parent, here):
        folder.mkdir()
    monkeypatch.chdir(here)
    elsewhere.write_bytes(THREE.read_bytes())
    monkeypatch.setenv("PARTNERS_POLICY", str(elsewhere))
    first = run("setup", "--database-only")
    assert (first.err, first.out.splitlines()[-1]) == (
        "",
        f"policy: accepted {elsewhere} as version 1",
    )
    assert "Silver" in run("policy", "show").out

    own = here / "program.toml"
    own.write_text(default_policy_path().read_text().replace("days = 45 ", "days = 50 "))
    again = run("setup", "--database-only")
    assert again.out.splitlines()[-1] == "policy: version 1 is in force"
    advice = again.err.rpartition("run: ")[2]
    assert again.err == (
        f"warning: {own} differs from version 1; to put it in force run: "
        f"partners policy publish '{own}'\n"
    )
    assert run(*shlex.split(advice)[1:], "--yes").status == 0
    assert "differs" not in run("setup", "--database-only").err


def test_setup_says_from_when_a_version_is_in_force(run: Run, tmp_path: Path) -> None:
    run("setup", "--database-only")
    new = tmp_path / "new.toml"
    new.write_text(default_policy_path().read_text().replace("days = 45 ", "days = 50 "))
    assert run("policy", "publish", new, "--yes", "--effective", "2299-01-01").status == 0
    said = run("setup", "--database-only", "--policy", new)
    assert said.out.splitlines()[-1] == (
        "policy: version 2 is in force from 2299-01-01 on; until then version 1 is"
    )
    assert said.err == ""


def test_rule_06_setup_leaves_a_newer_policy_to_people(run: Run, database: Database) -> None:
    run("setup", "--database-only")
    ran = run("setup", "--database-only", "--policy", THREE)
    assert f"partners policy publish {THREE}" in ran.err
    with database.read() as session:
        assert len(policies.history(session)) == 1


def test_setup_refuses_a_broken_policy(run: Run, broken: Path) -> None:
    assert run("setup", "--database-only", "--policy", broken).status == 2


def test_setup_without_a_server_says_where_it_looked(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    ran = run("setup")
    assert ran.status == 2
    assert "127.0.0.1:1" in ran.err
    assert "TEMPORAL_ADDRESS" in ran.err


def test_show_has_the_one_in_force_or_the_named_version(run: Run) -> None:
    run("setup", "--database-only")
    run("policy", "publish", THREE, "--yes")
    assert "Silver" in run("policy", "show").out
    assert "Silver" not in run("policy", "show", 1).out
    ran = run("policy", "show", 7)
    assert (ran.status, "no policy version 7" in ran.err) == (2, True)
