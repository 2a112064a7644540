"""What `partners dev` writes down counts while it runs, for its own database, and no longer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from partners import dev_record
from partners.cli import common
from partners.dev_record import recorded, running
from partners.embedded import only_one
from partners.settings import Mode
from partners.temporal import connecting

URL, ADDRESS = "sqlite:///.partners/partners.db", "127.0.0.1:17233"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "PARTNERS_MODE", "TEMPORAL_ADDRESS", "TEMPORAL_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / dev_record.FOLDER).mkdir()
    return tmp_path / dev_record.FOLDER


@pytest.fixture
def dev(folder: Path) -> Iterator[Path]:
    with only_one(folder / dev_record.LOCK, "partners dev"), recorded(folder, ADDRESS, URL):
        yield folder


def test_it_is_found_while_it_runs_and_gone_afterwards(folder: Path) -> None:
    with only_one(folder / dev_record.LOCK, "partners dev"), recorded(folder, ADDRESS, URL):
        found = running(folder, URL)
        assert found is not None
        assert found.temporal == ADDRESS
    assert running(folder, URL) is None
    assert [file.name for file in folder.iterdir()] == [dev_record.LOCK]


def test_it_counts_for_its_own_database_alone(dev: Path) -> None:
    assert running(dev, "postgresql://host/production") is None


def test_what_a_killed_one_left_behind_counts_for_nothing(folder: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (folder / dev_record.LOCK).touch()
    file = folder / "dev.json"
    for pid in (gone.pid, 1):  # the second has got the number of one that was killed
        file.write_text(json.dumps({"temporal": ADDRESS, "database": URL, "pid": pid}))
        assert running(folder, URL) is None


@pytest.mark.parametrize("said", ["", "{", "[]", "{}", '{"temporal": 1}', "\xff"])
def test_what_cannot_be_read_counts_for_nothing(dev: Path, said: str) -> None:
    (dev / "dev.json").write_text(said)
    assert running(dev, URL) is None


def test_commands_beside_it_are_a_devs_unless_told_otherwise(
    dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert common.settings_here().mode is Mode.DEV
    monkeypatch.setenv("PARTNERS_MODE", "production")
    assert common.settings_here().mode is Mode.PRODUCTION
    monkeypatch.delenv("PARTNERS_MODE")
    monkeypatch.setenv("DATABASE_URL", "postgresql://host/production")
    assert common.settings_here().mode is Mode.PRODUCTION


@pytest.mark.parametrize(
    ("given", "reached"),
    [({}, ADDRESS), ({"TEMPORAL_ADDRESS": "elsewhere:7233"}, "elsewhere:7233")],
)
async def test_an_address_in_the_environment_wins(
    dev: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], reached: str
) -> None:
    asked: list[str] = []

    async def connect(**config: object) -> None:
        asked.append(str(config["target_host"]))

    monkeypatch.setattr(connecting.Client, "connect", connect)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    await common._connect()
    assert asked == [reached]
