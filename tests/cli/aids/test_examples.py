"""Examples in helps work when they are pasted."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from partners.cli.aids.examples import EXAMPLES
from partners.cli.by_name import Unloaded
from partners.cli.main import command
from partners.store.engine.database import Database
from tests import builders
from tests.cli.conftest import Run
from tests.cli.test_commands import commands, groups

ROOT = Path(__file__).parents[3]
GIVEN = [(words, line) for words, lines in EXAMPLES.items() for line in lines]
LOOKING = (
    *("list", "show", "cases", "inbox", "audit", "assess", "candidates", "policy check"),
    *("policy diff", "mail list"),
)
"""Commands that change nothing and need neither Temporal nor more than a partner."""


def arguments(line: str) -> list[str]:
    """As a shell takes the line apart, without what it sends to a file."""
    first, *others = shlex.split(line.partition(" > ")[0])
    assert first == "partners"
    return others


def test_examples_belong_to_commands() -> None:
    known = {words for words, _ in commands()} | {words for words, _ in groups()}
    assert set(EXAMPLES) <= known


@pytest.mark.parametrize(("words", "line"), GIVEN)
def test_an_example_is_understood(
    words: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read with all its arguments and options, by the command in whose help it stands."""
    monkeypatch.chdir(tmp_path)
    for file in (word for word in arguments(line) if word.endswith(".csv")):
        (tmp_path / file).touch()
    understood: Any = command()
    rest = arguments(line)
    typed = rest
    context = understood.make_context("partners", list(rest), resilient_parsing=False)
    while hasattr(understood, "commands"):
        name, understood, rest = understood.resolve_command(context, rest)
        if rest and rest[-1] == "-h":
            return
        context = understood.make_context(name, list(rest), parent=context)
        rest = [*context._protected_args, *context.args]
    assert not words or typed[: len(words.split())] == words.split()


@pytest.mark.parametrize(
    "line", [line for words, line in GIVEN if words in LOOKING and "expertise" not in line]
)
def test_an_example_that_looks_works(
    run: Run, database: Database, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
    monkeypatch.chdir(ROOT)
    ran = run(*arguments(line))
    assert ran.status == 0, ran.err


def test_helps_show_their_examples(run: Run) -> None:
    for words, lines in EXAMPLES.items():
        ran = run(*words.split(), "-h")
        assert ran.status == 0
        assert ran.out.split("Examples:\n")[1].split("\n\n")[0].splitlines() == [
            f"  {line}" for line in lines
        ]


def test_commands_without_examples_say_nothing_of_them(run: Run) -> None:
    without = next(words for words, _ in commands() if words not in EXAMPLES)
    assert "Examples" not in run(*without.split(), "-h").out


def test_what_is_not_loaded_is_known_by_its_name() -> None:
    assert isinstance(command().commands["show"], Unloaded)
