"""Completion of partners, tiers and kinds: quick, quiet, and without a database none is made."""

from __future__ import annotations

import os
import subprocess
import sys
import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.models import ArgumentInfo, OptionInfo

from partners.cli.aids import completing
from partners.domain.mail.notices import NoticeKind
from partners.domain.offers.exclusive import ExclusiveStatus, Terms
from partners.loading import by_name
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.store.offers.holding import exclusives
from partners.store.offers.holding.exclusives import Draft
from tests import builders
from tests.cli.test_commands import commands

ROOT = Path(__file__).parents[3]
PARTNERS = str(Path(sys.executable).parent / "partners")


def an_exclusive(session: Session, exclusive_id: str, status: ExclusiveStatus) -> None:
    """Of acme, as it is proposed; however it stands."""
    draft = Draft("acme", "hotline", Terms(date(2027, 1, 1), date(2027, 12, 31)))
    row = exclusives.propose(session, draft, 1, datetime(2026, 11, 2, tzinfo=UTC), "Ann", "why")
    assert row.exclusive_id == exclusive_id
    row.status = status


def asked(line: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """As bash asks, with the cursor at the end of the line; in a process of its own."""
    given = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    given |= {"_PARTNERS_COMPLETE": "complete_bash", "COMP_WORDS": line}
    given |= {"COMP_CWORD": str(len(line.split(" ")) - 1)} | variables
    return subprocess.run(
        [PARTNERS], cwd=folder, env=given, capture_output=True, text=True, check=False
    )


@pytest.fixture
def program(database: Database) -> Database:
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        builders.a_partner(session, "acme", name="Acme [/nope] \x1b[2J")
        builders.a_partner(session, "acorn", name="Acorn")
        builders.a_partner(session, "birch", name="Birch")
        builders.an_area(session, "berlin", "10115")
        an_exclusive(session, "acme-x1", ExclusiveStatus.PROPOSED)
        an_exclusive(session, "acme-x2", ExclusiveStatus.ACTIVE)
    return database


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("partners show ac", ["acme", "acorn"]),
        ("partners show --json b", ["birch"]),
        ("partners extend ", ["acme", "acorn", "birch"]),
        ("partners complaint add aco", ["acorn"]),
        ("partners list --tier p", ["preferred"]),
        ("partners list --standing in", ["in_grace"]),
        ("partners mail list --partner ac", ["acme", "acorn"]),
        ("partners mail list --kind re", [k for k in NoticeKind if k.startswith("re")]),
        ("partners stop review m", ["monthly"]),
        ("partners audit v", ["verify"]),
        ("partners show --rec", ["--recover-by"]),
        ("partners show zzz", []),
        ("partners area show b", ["berlin"]),
        ("partners exclusive show ac", ["acme-x1", "acme-x2"]),
        ("partners exclusive activate ", ["acme-x1"]),
        ("partners exclusive end a", ["acme-x2"]),
        ("partners exclusive propose bi", ["birch"]),
        ("partners exclusive propose acme --area b", ["berlin"]),
        ("partners exclusive list --status su", ["suspended"]),
        ("partners complaint add acme --severity s", ["serious"]),
    ],
)
def test_the_shell_completes(program: Database, url: str, line: str, offered: list[str]) -> None:
    ran = asked(line, ROOT, DATABASE_URL=url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split() == offered


def test_a_shell_that_shows_help_shows_names_as_text(program: Database, url: str) -> None:
    ran = asked(
        "",
        ROOT,
        DATABASE_URL=url,
        _PARTNERS_COMPLETE="complete_zsh",
        _TYPER_COMPLETE_ARGS="partners show ac",
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert '"acorn":"Acorn"' in ran.stdout
    assert "Acme [/nope] \\x1b[2J" in ran.stdout.replace("\\\\", "\\")


def test_without_a_database_nothing_is_offered_said_or_made(tmp_path: Path) -> None:
    for line in ("partners show ac", "partners list --tier ", "partners mail list --partner a"):
        ran = asked(line, tmp_path)
        assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, "", "")
    for url in ("nonsense", "postgresql://127.0.0.1:1/x", f"sqlite:///{tmp_path}/deep/none.db"):
        ran = asked("partners show ac", tmp_path, DATABASE_URL=url)
        assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, "", "")
    assert not list(tmp_path.iterdir())


def test_the_database_of_a_dotenv_file_is_asked(
    program: Database, url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / ".env").write_text(f"DATABASE_URL={url}\n")
    assert asked("partners show ac", folder).stdout.split() == ["acme", "acorn"]
    (folder / ".env").write_bytes(b"\xff\xfe")
    ran = asked("partners show ac", folder)
    assert (ran.returncode, ran.stdout.strip(), ran.stderr) == (0, "", "")


def test_the_database_where_none_is_named_is_that_of_the_settings() -> None:
    assert Settings.model_fields["database_url"].default == completing.DATABASE


def parameters() -> Iterator[tuple[str, str, ArgumentInfo | OptionInfo]]:
    """Of every command: its words, a parameter's name, and how it is read."""
    for words, (where, _) in commands():
        hints = typing.get_type_hints(by_name(where), include_extras=True)
        for name, hint in hints.items():
            for note in getattr(hint, "__metadata__", ()):
                if isinstance(note, ArgumentInfo | OptionInfo):
                    yield words, name, note


def test_every_command_that_begins_with_what_is_known_offers_it() -> None:
    named = ("partner", "partners", "kind", "area", "exclusive")
    wanted = {w for w, name, p in parameters() if isinstance(p, ArgumentInfo) and name in named}
    assert set(completing.FIRST) == wanted | {"audit"}


def test_every_option_that_names_a_partner_or_a_tier_offers_them() -> None:
    wanted = {
        f"{words} --{name}"
        for words, name, note in parameters()
        if isinstance(note, OptionInfo) and name in ("partner", "tier")
    }
    assert wanted <= set(completing.AFTER)


def test_options_that_stand_before_a_partner_take_no_value() -> None:
    for words, name, note in parameters():
        for flag in note.param_decls or ():
            if flag in completing.FLAGS:
                where = dict(commands())[words][0]
                hint = typing.get_type_hints(by_name(where))[name]
                assert hint is bool, (words, flag)


def test_completion_of_a_partner_loads_neither_the_command_nor_the_database_library() -> None:
    code = (
        "import sys; from partners.cli.main import command\n"
        "from partners.cli.aids import completing\n"
        "found = completing.source('show', ())\n"
        "completing.suggestions(found, 'ac')\n"
        "loaded = {'sqlalchemy', 'pydantic', 'partners.cli.people.show'} & set(sys.modules)\n"
        "sys.exit(str(loaded) if loaded else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert ran.returncode == 0
