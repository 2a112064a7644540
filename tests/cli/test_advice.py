"""What the program advises to run is run as it stands: with all that the command requires."""

from __future__ import annotations

import dataclasses
import re
import shlex
from datetime import UTC, date, datetime
from typing import Any

import pytest

from partners.cli.refusals import words
from partners.errors import Refusal
from partners.mail.words.inbox_words import COMMANDS
from partners.store.engine.database import Database
from tests.cli.conftest import Run
from tests.use_cases.test_refusals import refusals

NAME = "O'Neil & $(sons)"
"""What people call a referral or a lead."""
NAMED = {"referral_id": NAME, "lead_ref": NAME, "switch": "kind/removal"}
FACTS: dict[str, Any] = {
    "str": "acme",
    "int": 1,
    "int | None": 1,
    "float": 10.0,
    "bool": True,
    "date": date(2026, 1, 1),
    "datetime": datetime(2026, 1, 1, tzinfo=UTC),
    "tuple[str, ...]": ("acme",),
}
ADVISED = re.compile(r"(?:(?<=: )|(?<=`))partners [a-z][^;`]*?(?=$|;|`|\. |, then)", re.MULTILINE)
NOT_KNOWN = ("Missing", "No such", "unexpected", "Got ")


def made() -> list[Refusal]:
    """One of each that advises something, of facts as their types are."""
    codes, found = refusals(), []
    classes = list(Refusal.__subclasses__())
    for kind in (k for k in classes if dataclasses.is_dataclass(k)):
        of = {f.name: FACTS.get(str(f.type), "acme") for f in dataclasses.fields(kind)}
        of |= {name: value for name, value in NAMED.items() if name in of}
        refusal = kind(**of)
        if refusal.code in codes and refusal.code != "tiers_lost":  # of facts that are no texts
            found.append(refusal)
    return found


def advised() -> dict[str, str]:
    """Every command that a refusal or the inbox advises, and by what."""
    found = {line: r.code for r in made() for line in ADVISED.findall(words(r))}
    return found | {form.format("acme"): str(act) for act, form in COMMANDS.items()}


def test_every_command_that_is_advised_can_be_pasted(run: Run, database: Database) -> None:
    commands = advised()
    assert len(commands) > 30
    for line, code in commands.items():
        program, *arguments = shlex.split(line, comments=True)
        if program == "temporal":
            continue
        if line.startswith("partners policy publish"):
            arguments.append("--yes")
        ran = run(*arguments)
        assert not any(word in ran.err for word in NOT_KNOWN), (code, line, ran.err)


def test_whatever_people_called_it_is_quoted() -> None:
    lines = [line for line, code in advised().items() if code == "referral_is_rejected"]
    (line,) = lines
    assert shlex.split(line) == ["partners", "referral", "accept", NAME, "--reason", "…"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("extend", "acme", "-5", "--reason", "x"), "unknown partner 'acme'"),
        (("policy", "show", "-3"), "no policy version -3"),
        (("referral", "convert", "r-1", "--amount", "-5"), "no policy has been accepted"),
    ],
)
def test_a_negative_number_is_a_value(
    run: Run, database: Database, arguments: tuple[str, ...], said: str
) -> None:
    ran = run(*arguments)
    assert (ran.status, len(ran.err.splitlines())) == (2, 1)
    assert said in ran.err
    assert "option" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("extend", "acme", "5"), "Missing option '--reason'; see: partners extend --help"),
        (("nonsense",), "No such command 'nonsense'; see: partners --help"),
        (("mail", "nonsense"), "No such command 'nonsense'; see: partners mail --help"),
        (("review", "--kind", "x"), "'x' is not one of 'daily', 'monthly', 'quarterly'"),
    ],
)
def test_wrong_words_are_said_in_one_line(
    run: Run, url: str, arguments: tuple[str, ...], error: str
) -> None:
    ran = run(*arguments)
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert error in ran.err


def test_a_group_alone_prints_its_help(run: Run, url: str) -> None:
    ran = run("guard")
    assert ran.status == 2
    assert "approve" in ran.out + ran.err
    assert "error" not in ran.err
