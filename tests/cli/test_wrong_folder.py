"""In a folder without a database, commands make none, and say which they looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_hostile_words import READING, WRITING

NEED_NONE = ("policy check", "mail preview", "webhook secret", "setup", "init")
"""What does its work without one, or makes it."""
GIVEN = [(words, arguments) for words, ways in READING.items() for arguments in ways[:1]] + [
    (words, arguments) for words, arguments in WRITING.items()
]


@pytest.mark.parametrize(("words", "arguments"), [one for one in GIVEN if one[0] not in NEED_NONE])
def test_a_command_in_the_wrong_folder_makes_no_database(
    run: Run,
    words: str,
    arguments: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("DATABASE_URL")
    ran = run(*words.split(), *arguments)
    assert ran.status == 2
    assert not list(here.iterdir())
    assert words in WRITING or "error: there is no database" in ran.err


def test_it_says_where_it_looked_and_what_to_do(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL")
    assert run("show", "acme").err == (
        f"error: there is no database {tmp_path}/.partners/partners.db; run this in the folder "
        "that has it, name it in DATABASE_URL, or make one here: partners setup\n"
    )
