"""Every command line that the documentation shows runs as it is written."""

from __future__ import annotations

import io
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from partners.policy_file import read_policy
from partners.store.engine.database import Database
from tests import builders
from tests.cli.conftest import Run
from tests.cli.hostile import fill
from tests.cli.test_hostile_words import ELSEWHERE, READING, everything

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROMPT = re.compile(r"^(?:\$ )?(?:\.venv/bin/)?partners (?P<rest>.+)$")
INLINE = re.compile(r"`(?:\.venv/bin/)?partners (?P<rest>[^`]+)`")
FENCE = re.compile(r"^```")
OPTIONAL = re.compile(r"\[[^\]]*\]")
"""`[--until …]`: what may be left out is tried both ways."""

STANDS_FOR = {
    # what a page writes for something of the reader's own
    "…": "because", "PARTNER": "acme", "DAY": "2026-10-01", "DATE": "2026-10-01", "ID": "1",
    "ORDER": "o1", "KIND": "warning", "ADDRESS": "ann@example.com", "VERSION": "1", "FILE": "a.csv",
    "FILE.csv": "a.csv", "KIND|mail": "mail",
}  # fmt: skip
NO_COMMANDS = ("--", "mail p")
"""What is typed half, for its completion."""
USAGE = ("Usage: ", "No such option", "Missing ", "unexpected extra argument", "Invalid value")


class Shown(NamedTuple):
    """A command line, and where it stands. `whole`: in a block; else in a sentence."""

    where: str
    words: tuple[str, ...]
    whole: bool


def shown() -> Iterator[Shown]:
    for page in PAGES:
        fenced = False
        for number, line in enumerate(page.read_text().splitlines(), start=1):
            where = f"{page.name}:{number}"
            if FENCE.match(line):
                fenced = not fenced
            elif fenced and (found := PROMPT.match(line.strip())):
                yield from _read(where, found["rest"], whole=True)
            elif not fenced:
                for one in INLINE.finditer(line):
                    yield from _read(where, one["rest"], whole=False)


def _read(where: str, text: str, *, whole: bool) -> Iterator[Shown]:
    """The line without its comment, and without what follows a pipe or a redirection."""
    text = re.split(r"\s#\s|\s[|>]\s", text)[0].strip()
    if text.endswith(NO_COMMANDS):
        return
    for variant in {OPTIONAL.sub("", text), re.sub(r"[\[\]]", "", text)}:
        words = shlex.split(variant)
        yield Shown(where, tuple(_meant(word) for word in words), whole)


def _meant(word: str) -> str:
    word = re.sub(r":[0-9a-f]+…$", ":" + "0" * 64, word)
    return STANDS_FOR.get(word, word.replace("…", "0"))


SHOWN = list(shown())
NAMES = everything() | {name.split()[0] for name in everything()}
"""A sentence may speak of a command without all that it needs."""


@pytest.fixture
def prepared(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A program in use, in whose tables something of everything stands; no server."""
    (tmp_path / "program.toml").write_bytes((ROOT / "program.toml").read_bytes())
    (tmp_path / "new.toml").write_bytes((ROOT / "program.toml").read_bytes())
    for name in ("a", "orders", "partners"):
        (tmp_path / f"{name}.csv").write_text("order_id,partner_id,placed_at,status\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n" * 500))  # nothing that asks is done
    fill(database)
    with database.write() as session:
        builders.an_offer(session, "hosting")
    three_tiers, _ = read_policy(ROOT / "programs" / "three-tiers.toml")
    for policy in (builders.a_policy(guard={"always_allow": 1}), three_tiers):
        newest = builders.accept(database, policy)
    assert newest == 3
    return database


def test_documentation_shows_commands() -> None:
    assert len({one.words for one in SHOWN if one.whole}) > 50
    assert {one.where.split(":")[0] for one in SHOWN} >= {"README.md", "operating.md"}


def test_every_command_line_of_the_documentation_runs_as_it_is_written(
    prepared: Database, run: Run
) -> None:
    wrong = []
    for one in sorted(set(SHOWN), key=lambda one: one.words):
        names = {" ".join(one.words[:2]), one.words[0]}
        if names & ELSEWHERE.keys():
            continue
        ran = run(*one.words)
        said = (ran.out + ran.err).strip()
        misread = not {"-h", "--help"} & set(one.words) and any(words in said for words in USAGE)
        failed = one.whole and names & READING.keys() and ran.status > 1
        if "Traceback" in said or (misread and " ".join(one.words) not in NAMES) or failed:
            wrong.append((one.where, " ".join(one.words), ran.status, said[-300:]))
    assert wrong == [], "\n".join(map(str, wrong))
