"""The shape of the code (DESIGN section 4): imports point one way, modules stay small."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("partners", "workflows", "activities", "worker")

LAYERS: dict[str, set[str]] = {
    # a layer: what it may import of ours, besides itself
    "domain": set(),
    "base": {"domain"},  # errors, settings, calendars, policy files
    "store": {"domain", "base"},
    "mail": {"domain", "base", "store"},
    "activities": {"domain", "base", "store", "mail"},
    "workflows": {"domain", "activities"},
    "bootstrap": {"domain", "base", "store", "mail", "activities", "workflows"},
    "top": {"domain", "base", "store", "mail", "activities", "workflows", "bootstrap"},
}
"""`mail` and `store` are neighbours of DESIGN's arrow: mail may read the outbox it writes."""

REPLAYED = ("workflows", "domain")
"""Layers that workflows run, again and again: nothing in them may differ from run to run."""

UNREPEATABLE = {
    *("asyncio.sleep", "io", "os", "pathlib", "random", "secrets", "socket", "subprocess"),
    *("tempfile", "threading", "time", "urllib", "uuid"),
}
"""What they may not import: clocks, chance, and whatever looks outside."""

CALLS = {"open", "input", "print", "exec", "eval"}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}

HEAVY = ("sqlalchemy", "jinja2", "sendgrid", "alembic", "psycopg")
TOP = (
    "partners.__main__",
    "partners.cli",
    "partners.web",
    "partners.demo",
    "partners.embedded",
    "worker",
)
BOOTSTRAP = (
    "partners.bootstrap",
    "partners.deliveries",
    "partners.provider",
    "partners.schedules",
    "partners.staff_schedules",
    "partners.running",
    "partners.temporal",
)


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    files = [ROOT / "worker.py"]
    for package in ("partners", "workflows", "activities"):
        files += (ROOT / package).rglob("*.py")
    found = {}
    for file in files:
        if file.exists():
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = file
    return found


def layer(module: str) -> str:
    first, *rest = module.split(".")
    if first in ("workflows", "activities"):
        return first
    if rest[:1] and rest[0] in ("domain", "store", "mail"):
        return rest[0]
    if module in BOOTSTRAP:
        return "bootstrap"
    if any(module == top or module.startswith(f"{top}.") for top in TOP):
        return "top"
    return "base"


def imports(file: Path) -> Iterator[str]:
    """Dotted names of what a file imports, wherever in it; `from a import b` gives `a.b`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


MODULES = modules()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    own = layer(module)
    for name in imports(MODULES[module]):
        if name.split(".")[0] not in OURS or name == "partners":
            continue
        imported = layer(name if name in MODULES else name.rpartition(".")[0])
        assert imported == own or imported in LAYERS[own], f"{own} must not import {name}"


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) == "domain"])
def test_the_domain_imports_only_the_standard_library_and_pydantic(module: str) -> None:
    allowed = {*sys.stdlib_module_names, "pydantic", "pydantic_core", "partners"}
    assert {name.split(".")[0] for name in imports(MODULES[module])} <= allowed


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) == "workflows"])
def test_workflows_import_nothing_that_does_input_or_output(module: str) -> None:
    assert not {name.split(".")[0] for name in imports(MODULES[module])} & set(HEAVY)


def unrepeatable(file: Path) -> Iterator[str]:
    """What a file of workflow code does that could come out otherwise when it is replayed."""
    for name in imports(file):
        if any(name == bad or name.startswith(f"{bad}.") for bad in UNREPEATABLE):
            yield f"import {name}"
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Global(names):
                yield f"global {', '.join(names)}"
            case ast.Call(ast.Name(name)) if name in CALLS:
                yield f"{name}()"
            case ast.Attribute(ast.Name(name), attr) if (name, attr) in CLOCKS:
                yield f"{name}.{attr}"


@pytest.mark.parametrize("module", [name for name in MODULES if layer(name) in REPLAYED])
def test_what_workflows_run_comes_out_the_same_again(module: str) -> None:
    assert not list(unrepeatable(MODULES[module]))


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "from random import choice",
        "from asyncio import sleep",
        "now = datetime.now(UTC)",
        "day = date.today()",
        "text = open('a').read()",
        "def f(): global seen",
    ],
)
def test_what_would_not_is_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(line)
    assert len(list(unrepeatable(tmp_path / "code.py"))) == 1


@pytest.mark.parametrize("module", [name for name in MODULES if "migrations" not in name])
def test_modules_are_split_before_300_lines(module: str) -> None:
    """A migration is as long as its tables."""
    lines = MODULES[module].read_text(encoding="utf-8").count("\n")
    assert lines <= 300


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is(module: str) -> None:
    if MODULES[module].stat().st_size:
        assert ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8")))


def test_tests_are_no_packages() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
