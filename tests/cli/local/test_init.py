"""`partners init`: what it writes can be used as it stands, and nothing is overwritten."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from partners import starter
from partners.policy_file import read_policy
from partners.starter import Facts
from tests.cli.conftest import Run

FILES = ["metrics.csv", "orders.csv", "partners.csv", "program.toml"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def answers(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def written(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_what_it_writes_works_as_it_says(run: Run, folder: Path) -> None:
    begun = run("init", "--yes")
    assert (begun.status, begun.err) == (0, "")
    assert written(folder) == FILES
    following = [line.split()[1:] for line in begun.out.split("Next:")[1].splitlines() if line]
    assert following.pop() == ["dev"]
    for words in following:
        ran = run(*words)
        assert (ran.status, ran.err) == (0, ""), words
    assert ("passing" in ran.out, "below" in ran.out) == (True, True)
    assert "passing" in run("assess", "acme").out
    assert "below" in run("assess", "birch").out


def test_it_asks_for_what_is_not_said(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "Nordwind", "team@nordwind.example", "")
    begun = run("init", "--zone", "Europe/Berlin")
    assert begun.status == 0
    program = read_policy(folder / "program.toml")[0].program
    assert (program.provider, program.contact_email) == ("Nordwind", "team@nordwind.example")
    assert (program.time_zone, program.language) == ("Europe/Berlin", "en")


def test_it_asks_again_for_what_cannot_be_right(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "Mars/Base", "Europe/Madrid", "fr", "es")
    begun = run("init", "--provider", "Viento", "--contact", "equipo@viento.example")
    assert begun.status == 0
    assert "Mars/Base" in begun.err
    assert "'fr' has no texts; write one of" in begun.err
    program = read_policy(folder / "program.toml")[0].program
    assert (program.time_zone, program.language) == ("Europe/Madrid", "es")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--zone", "Mars/Base"), ("--contact", "nobody"), ("--language", "fr"), ("--provider", "")],
)
def test_an_option_that_cannot_be_right_is_refused_and_nothing_written(
    run: Run, folder: Path, option: str, value: str
) -> None:
    refused = run("init", "--yes", option, value)
    assert (refused.status, refused.out) == (2, "")
    assert refused.err.startswith(f"error: {option}: ")
    assert refused.err.count("\n") == 1
    assert written(folder) == []


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_overwritten(run: Run, folder: Path, name: str) -> None:
    (folder / name).write_text("mine")
    refused = run("init", "--yes")
    assert refused.status == 2
    assert refused.err.startswith(f"error: {name} in {folder} would be overwritten")
    assert (written(folder), (folder / name).read_text()) == ([name], "mine")


def test_where_nobody_answers_nothing_is_written(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch)
    assert run("init").status == 1
    assert written(folder) == []


@pytest.mark.parametrize("provider", ['A "B" \\ C', "Ünïcödé & Söhne", "a # b", "x\x7fy", "it's"])
def test_a_provider_stands_in_the_policy_as_it_was_given(provider: str, tmp_path: Path) -> None:
    file = tmp_path / "program.toml"
    file.write_text(starter.policy_text(Facts(provider=provider)), encoding="utf-8")
    assert read_policy(file)[0].program.provider == provider


def test_the_policy_keeps_the_comments_of_the_sample() -> None:
    ours = starter.policy_text(Facts(zone="America/Argentina/Buenos_Aires"))
    sample = starter.default_policy_path().read_text(encoding="utf-8")
    assert ours.count("#") == sample.count("#") - 3  # those before the metric of one's own
    changed = [line for line in ours.splitlines() if line not in sample.splitlines()]
    assert len(changed) == 5
