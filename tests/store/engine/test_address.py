"""Where a database is: nothing of a password is said, and its file is its owner's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from partners.errors import SetupError
from partners.store.engine import migrate
from partners.store.engine.database import Database


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:sec@ret@db.example/partners",
        "postgresql://ann:s@ec/r@et@db.example/partners",
        "postgresql://ann:sec#ret:x@ret@db.example:5432/partners",
        "postgresql://ann:secret@db.example:ret/partners",
        "ann:secret@db.example/partners",
        "mysql://ann:secret@db.example/partners",
        "nosuchthing://ann:secret@db.example/partners",
        "sqlite+nosuchdriver:///secret",
        "",
    ],
)
def test_an_address_that_cannot_be_read_is_refused_without_a_word_of_it(url: str) -> None:
    with pytest.raises(SetupError, match=r"^DATABASE_URL ") as refused:
        Database(url)
    assert not any(word in str(refused.value) for word in ("sec", "ret", "db.example"))


def test_a_password_that_is_encoded_is_hidden() -> None:
    database = Database("postgresql://ann:sec%40ret@db.example/partners")
    assert database.url == "postgresql+psycopg://ann:***@db.example/partners"


def test_a_new_database_and_its_journal_are_their_owner_s(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = Database(f"sqlite:///{tmp_path}/new/partners.db")
        migrate.upgrade(database)
        with database.write():
            modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in (tmp_path / "new").iterdir()}
        folder = stat.S_IMODE((tmp_path / "new").stat().st_mode)
        database.close()
    finally:
        os.umask(before)
    names = ("partners.db", "partners.db-shm", "partners.db-wal")
    assert modes == dict.fromkeys(names, 0o600)
    assert folder == 0o700


def test_permissions_that_somebody_chose_stay(tmp_path: Path) -> None:
    path = tmp_path / "partners.db"
    path.touch(0o640)
    path.chmod(0o640)
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
