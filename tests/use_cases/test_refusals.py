"""Refusals are codes with facts: all of them stand in one table, and each face words them."""

from __future__ import annotations

import dataclasses
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import partners
from partners.cli.refusals import WORDS
from partners.errors import Refusal
from partners.store.overrides.command_refusals import GoesBeyondPolicy

TABLE = Path(__file__).parent.parent.parent / "docs" / "refusals.md"
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| (.+) \|$", re.MULTILINE)


def refusals() -> dict[str, list[str]]:
    """Every refusal of the program: its code and its facts."""
    for package in ("use_cases", "store", "mail"):
        path = f"{partners.__path__[0]}/{package}"
        for found in pkgutil.walk_packages([path], f"partners.{package}."):
            if "migrations" not in found.name:
                import_module(found.name)
    classes, seen = [*Refusal.__subclasses__()], []
    while classes:
        kind = classes.pop()
        classes += kind.__subclasses__()
        if kind.__module__.startswith("partners."):
            seen.append(kind)
    codes = {kind.code.fget(kind.__new__(kind)): kind for kind in seen}  # type: ignore[attr-defined]
    assert len(codes) == len(seen), "two refusals have one code"
    return {
        code: [field.name for field in dataclasses.fields(kind)] for code, kind in codes.items()
    }


def test_the_table_names_every_refusal_and_its_facts() -> None:
    table = {
        code: re.findall(r"`(\w+)`", facts)
        for code, facts, _ in ROW.findall(TABLE.read_text(encoding="utf-8"))
    }
    assert table == refusals()


def test_the_command_line_words_only_what_there_is() -> None:
    assert set(WORDS) <= set(refusals())


def test_a_refusal_of_another_process_is_the_same_refusal() -> None:
    refusal = Refusal.given_elsewhere("goes_beyond_policy", {"why": "too soon"})
    assert isinstance(refusal, GoesBeyondPolicy)
    assert refusal.why == "too soon"
    assert Refusal.given_elsewhere("goes_beyond_policy", {"other": "version"}) is None
    assert Refusal.given_elsewhere("no_such_code", {}) is None
