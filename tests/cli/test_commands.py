"""Commands are known by their names: what lists say of them is true, and little is loaded."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import get_type_hints

import pytest
from typer.models import ParameterInfo

from partners.cli.by_name import Group
from partners.cli.commands import COMMANDS
from partners.loading import by_name
from partners.store.engine.database import Database
from tests import builders
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
Found = tuple[str, str]


def groups(of: Group = COMMANDS, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Group]]:
    yield " ".join(words), of
    for name, entry in of.commands.items():
        if isinstance(entry, Group):
            yield from groups(entry, (*words, name))


def commands() -> Iterator[tuple[str, Found]]:
    for words, group in groups():
        for name, entry in group.commands.items():
            if not isinstance(entry, Group):
                yield f"{words} {name}".strip(), entry


def test_lists_say_of_each_command_what_its_own_help_says_first() -> None:
    first = {
        words: (inspect.getdoc(by_name(where)) or "").split("\n\n")[0]
        for words, (where, _) in commands()
    }
    assert {words: says for words, (_, says) in commands()} == first


def test_every_command_that_is_written_has_a_name() -> None:
    """Whatever takes arguments or options from a command line."""
    named = {where for _, (where, _) in commands()}
    for file in (ROOT / "partners/cli").rglob("*.py"):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for name, function in inspect.getmembers(import_module(module), inspect.isfunction):
            if function.__module__ == module and takes_options(function):
                assert f"{module}:{name}" in named, "add it to partners/cli/commands.py"


def takes_options(function: object) -> bool:
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError:
        return False  # Typer could not read it either
    said = [note for hint in hints.values() for note in getattr(hint, "__metadata__", ())]
    return any(isinstance(note, ParameterInfo) for note in said)


def unboxed(text: str) -> str:
    """Without borders and line ends."""
    return " ".join(text.replace("│", " ").split())


def test_the_help_of_each_group_lists_its_commands_in_order(run: Run) -> None:
    for words, group in groups():
        ran = run(*words.split(), "--help")
        assert ran.status == 0, words
        assert group.help in unboxed(ran.out)
        first = next(iter(group.panels), "Commands")
        listed = re.findall(r"^│ ([\w-]+)", ran.out.split(f"─ {first} ─")[1], re.MULTILINE)
        assert listed == list(group.commands), words


def test_the_first_help_has_its_commands_by_what_they_are_about(run: Run) -> None:
    assert list(COMMANDS.commands) == " ".join(COMMANDS.panels.values()).split()
    out = run("--help").out
    assert [title for title in COMMANDS.panels if f"─ {title} ─" in out] == list(COMMANDS.panels)


def test_h_is_help_everywhere(run: Run) -> None:
    for words in [words for words, _ in (*groups(), *commands())]:
        short, long = run(*words.split(), "-h"), run(*words.split(), "--help")
        assert (short.status, short.out) == (0, long.out), words


def test_the_version_is_that_of_the_package(run: Run) -> None:
    ran = run("--version")
    assert (ran.status, ran.out) == (0, f"partners {version('partner-lifecycle-worker')}\n")


def test_each_command_explains_itself(run: Run) -> None:
    for words, (_, says) in commands():
        ran = run(*words.split(), "--help")
        assert (ran.status, ran.err) == (0, ""), words
        assert unboxed(says) in unboxed(ran.out), words


@pytest.mark.parametrize(
    ("typed", "meant"), [("shwo", "show"), ("polcy", "policy"), ("mail lst", "list")]
)
def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(
    run: Run, typed: str, meant: str
) -> None:
    ran = run(*typed.split())
    assert ran.status == 2
    assert f"No such command '{typed.split()[-1]}'. Did you mean '{meant}'" in ran.err


WITHOUT_TEMPORAL = (
    *("--help", "mail --help", "list --help", "start --help", "nope"),
    *("list", "show acme", "cases", "assess", "candidates", "audit acme"),
    *("reviews", "corrections", "guard list", "mail list", "mail blocked", "policy list"),
    *(
        "policy show",
        "complaint list",
        "offer orders",
        "referral list",
        "payouts list",
        "webhook list",
    ),
    *("stop list", "note acme --text hello", "mail preview warning --text", "setup --help"),
)
TYPED = ("partners ", "partners mail p", "partners list --t", "partners show ")
"""Lines to be completed by the shell."""
COUNTED = """
import os, sys
from partners.__main__ import main

def run(arguments):
    sys.argv = ["partners", *arguments.split()]
    try:
        main()
    except SystemExit as end:
        if end.code and arguments != "nope":
            print("FAILED", arguments)
    if "temporalio" in sys.modules:
        sys.exit(f"Temporal's client was loaded by: {arguments}")

os.environ["_PARTNERS_COMPLETE"] = "complete_bash"
for line in TYPED:
    os.environ.update(COMP_WORDS=line, COMP_CWORD=str(len(line.split(" ")) - 1))
    run("")
print("COMPLETED", "sqlalchemy" in sys.modules)
del os.environ["_PARTNERS_COMPLETE"]
for arguments in COMMANDS:
    run(arguments)
"""


def in_a_process(typed: tuple[str, ...], arguments: tuple[str, ...]) -> str:
    """What a process of its own prints that completes these lines and runs these commands."""
    code = COUNTED.replace("TYPED", repr(typed)).replace("COMMANDS", repr(arguments))
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_commands_that_need_no_temporal_do_not_load_it(database: Database) -> None:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme")
    said = in_a_process(TYPED, WITHOUT_TEMPORAL)
    assert "FAILED" not in said
    assert "preview" in said.split("COMPLETED")[0]


def test_help_and_the_names_of_commands_load_no_database() -> None:
    assert "COMPLETED False" in in_a_process(TYPED[:2], ("--help", "mail --help", "nope"))
