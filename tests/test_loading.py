"""Modules that are loaded when they are first used."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from partners import loading

LOADED = "LOADED = __import__('builtins').LOADED_IN_A_TEST.append(1)\nANSWER = 42\n"


@pytest.fixture
def times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the module `slowly.module` was loaded; it can be imported in the test."""
    (tmp_path / "slowly").mkdir()
    (tmp_path / "slowly/__init__.py").touch()
    (tmp_path / "slowly/module.py").write_text(LOADED)
    times: list[int] = []
    monkeypatch.setattr("builtins.LOADED_IN_A_TEST", times, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(loading, "OURS", ("slowly",))
    for name in ("slowly", "slowly.module"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return times


def test_a_module_is_loaded_once_it_is_used(times: list[int]) -> None:
    with loading.on_use():
        module = import_module("slowly.module")
    assert times == []
    assert (module.ANSWER, module.ANSWER, times) == (42, 42, [1])


def test_after_the_block_imports_load_at_once(times: list[int]) -> None:
    with pytest.raises(ZeroDivisionError), loading.on_use():
        raise ZeroDivisionError
    import_module("slowly.module")
    assert times == [1]


def test_what_is_named_is_loaded_now(times: list[int]) -> None:
    assert loading.by_name("slowly.module:ANSWER") == 42
    assert times == [1]
