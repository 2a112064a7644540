"""The shape of the code: imports point one way, modules stay small."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from partners.cli.commands import COMMANDS

ROOT = Path(__file__).parent.parent
OURS = ("partners", "workflows", "activities", "worker")

BELOW = {"domain", "base", "store", "mail", "activities", "workflows"}
LAYERS: dict[str, set[str]] = {
    # a layer: what it may import of ours, besides itself
    "domain": set(),
    "base": {"domain"},  # errors, settings, calendars, policy files
    "store": {"domain", "base"},
    "mail": {"domain", "base", "store"},
    "activities": {"domain", "base", "store", "mail"},
    "workflows": {"domain", "activities"},
    "temporal": BELOW,
    "use_cases": {*BELOW, "temporal"},
    "bootstrap": {*BELOW, "temporal", "use_cases"},
    "top": {*BELOW, "temporal", "use_cases", "bootstrap"},
}
"""`mail` and `store` are neighbours: mail may read the outbox it writes."""

REPLAYED = ("workflows", "domain")
"""Layers that workflows run, again and again: nothing in them may differ from run to run."""

UNREPEATABLE = {
    *("asyncio.sleep", "io", "os", "pathlib", "random", "secrets", "socket", "subprocess"),
    *("tempfile", "threading", "time", "urllib", "uuid"),
}
"""What code that workflows run may not import: clocks, chance, and whatever looks outside."""

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
BOOTSTRAP = ("partners.bootstrap",)


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
    if rest[:1] and rest[0] in ("domain", "store", "mail", "temporal", "use_cases"):
        return rest[0]
    if any(module == name or module.startswith(f"{name}.") for name in BOOTSTRAP):
        return "bootstrap"
    if any(module == top or module.startswith(f"{top}.") for top in TOP):
        return "top"
    return "base"


@cache
def parsed(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(code: ast.Module) -> Iterator[str]:
    """Dotted names of what code imports, wherever in it; `from a import b` gives `a.b`."""
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"imports are absolute: {node.module}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def unrepeatable(code: ast.Module) -> Iterator[str]:
    """What could come out otherwise when a workflow's code is replayed."""
    for name in imports(code):
        if any(name == bad or name.startswith(f"{bad}.") for bad in UNREPEATABLE):
            yield f"import {name}"
    for node in ast.walk(code):
        match node:
            case ast.Global(names):
                yield f"global {', '.join(names)}"
            case ast.Call(ast.Name(name)) if name in CALLS:
                yield f"{name}()"
            case ast.Attribute(ast.Name(name), attr) if (name, attr) in CLOCKS:
                yield f"{name}.{attr}"


def first_words(module: str) -> set[str]:
    """The packages that a module imports from."""
    return {name.split(".")[0] for name in imports(parsed(module))}


MODULES = modules()
"""Each test is of all of them and names those that break the rule: as a test for each they would
be a quarter of all tests.
"""


def of_layer(wanted: str) -> list[str]:
    found = [name for name in MODULES if layer(name) == wanted]
    assert found
    return found


def test_imports_point_one_way() -> None:
    wrong = []
    for module in MODULES:
        own = layer(module)
        for name in imports(parsed(module)):
            if name.split(".")[0] not in OURS or name == "partners":
                continue
            imported = layer(name if name in MODULES else name.rpartition(".")[0])
            if imported != own and imported not in LAYERS[own]:
                wrong.append(f"{module}: {own} must not import {name}")
    assert wrong == []


def test_the_domain_imports_only_the_standard_library_and_pydantic() -> None:
    allowed = {*sys.stdlib_module_names, "pydantic", "pydantic_core", "partners"}
    more = {module: first_words(module) - allowed for module in of_layer("domain")}
    assert {module: words for module, words in more.items() if words} == {}


def test_workflows_import_nothing_that_does_input_or_output() -> None:
    heavy = {module: first_words(module) & set(HEAVY) for module in of_layer("workflows")}
    assert {module: words for module, words in heavy.items() if words} == {}


def test_what_workflows_run_comes_out_the_same_again() -> None:
    found = {name: list(unrepeatable(parsed(name))) for name in MODULES if layer(name) in REPLAYED}
    assert {name: words for name, words in found.items() if words} == {}


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
def test_what_would_not_is_found(line: str) -> None:
    assert len(list(unrepeatable(ast.parse(line)))) == 1


def inside_functions(code: ast.Module) -> Iterator[str]:
    functions = (n for n in ast.walk(code) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    for function in functions:
        yield from imports(ast.Module(function.body, []))


def loaded_on_use(code: ast.Module) -> Iterator[str]:
    for node in ast.walk(code):
        match node:
            case ast.With([ast.withitem(ast.Call(ast.Name("on_use")))], body):
                yield from imports(ast.Module(body, []))


def test_imports_stand_at_the_head_of_a_module() -> None:
    """What is to be loaded late is imported in `partners.loading.on_use`."""
    found = {name: list(inside_functions(parsed(name))) for name in MODULES}
    assert {name: late for name, late in found.items() if late} == {}


def test_what_is_loaded_on_use_is_imported_whole() -> None:
    """A name out of a module would load the module at once."""
    found = {name: set(loaded_on_use(parsed(name))) - set(MODULES) for name in MODULES}
    assert any(True for name in MODULES for _ in loaded_on_use(parsed(name)))
    assert {name: names for name, names in found.items() if names} == {}


PRINTING = "partners.cli.printing"
PAST_IT = {
    *("click.echo", "csv.writer", "csv.DictWriter", "rich.print", "rich.console.Console"),
    *("rich.text.Text.from_markup", "sys.stderr", "sys.stdout", "typer.echo", "typer.secho"),
}
"""Ways to a terminal on which what people wrote would be obeyed."""


def past_printing(code: ast.Module) -> Iterator[str]:
    """How code prints without `partners.cli.printing`."""
    names = {name.rpartition(".")[2]: name for name in imports(code)}
    yield from (name for name in names.values() if name in PAST_IT)
    for node in ast.walk(code):
        match node:
            case ast.Call(ast.Name("print")):
                yield "print()"
            case ast.keyword("markup", ast.Constant(True)):
                yield "markup=True"
            case ast.Attribute(ast.Name(first), attr) if (
                f"{names.get(first, first)}.{attr}" in PAST_IT
            ):
                yield f"{first}.{attr}"


def test_the_command_line_prints_in_one_way() -> None:
    cli = [name for name in MODULES if name.startswith("partners.cli.") and name != PRINTING]
    found = {name: list(past_printing(parsed(name))) for name in cli}
    assert {name: ways for name, ways in found.items() if ways} == {}


@pytest.mark.parametrize(
    "lines",
    [
        "import typer\ntyper.echo(name)",
        "from rich.console import Console",
        "from rich.text import Text\nText.from_markup(name)",
        "import sys\nsys.stdout.write(name)",
        "print(name)",
        "out.print(name, markup=True)",
        "import csv\ncsv.writer(file)",
    ],
)
def test_another_way_to_print_is_found(lines: str) -> None:
    assert len(list(past_printing(ast.parse(lines)))) == 1


def test_nothing_but_its_entry_point_imports_the_command_line() -> None:
    """What another face needs of it belongs to the use cases."""
    others = [name for name in MODULES if not name.startswith("partners.cli")]
    found = {n: [i for i in imports(parsed(n)) if i.startswith("partners.cli")] for n in others}
    assert [name for name, wrong in found.items() if wrong] == ["partners.__main__"]


FACES = ("partners.cli.", "partners.web.", "partners.demo.")


def past_use_cases(code: ast.Module) -> set[str]:
    """How a face reaches into the database by itself."""
    found = {name for name in imports(code) if name == "sqlalchemy.select" or name.endswith("Row")}
    for node in ast.walk(code):
        match node:
            case ast.With(items):
                for item in items:
                    match item.context_expr:
                        case ast.Call(ast.Attribute(_, ("read" | "snapshot" | "write") as way), []):
                            found.add(f".{way}()")
    return found


def test_faces_neither_select_nor_open_a_transaction_nor_see_a_row() -> None:
    faces = [name for name in MODULES if name.startswith(FACES)]
    assert {name for name in faces if past_use_cases(parsed(name))} == set()


@pytest.mark.parametrize(
    "line",
    [
        "from sqlalchemy import select",
        "from partners.store.tables.program_tables import PartnerRow",
        "with database.write() as session: pass",
        "with common.database() as database, database.read() as session: pass",
    ],
)
def test_another_way_past_the_use_cases_is_found(line: str) -> None:
    assert len(past_use_cases(ast.parse(line))) == 1


BELOW_THE_FACES = {*BELOW, "temporal", "use_cases"} - {"base"}
COMMAND = re.compile(rf"--[a-z][a-z-]+|(?:^|[:;(`] ?)partners ({'|'.join(COMMANDS.commands)})\b")
HAVE_COMMANDS = {
    "partners.mail.words.inbox_words": "the words of staff's digest, whose readers have a terminal",
    "partners.mail.standin.running": "a program of its own",
    "partners.store.imports.batches": "the name of a lock, which older versions have, too",
}


def commands_named(tree: ast.Module) -> Iterator[str]:
    """Commands and options in a module's strings; not in its docstrings, nor where the environment
    is not ready, which no face can mend."""
    not_said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name("SetupError" | "NoPolicy")):
                not_said |= {id(part) for part in ast.walk(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(str(words)) if id(node) not in not_said:
                yield from (found.group() for found in COMMAND.finditer(words))


def test_only_a_face_knows_its_commands_and_options() -> None:
    """Below, an act has a name and facts; each face makes the command, the link or the button."""
    found = {
        module: list(commands_named(parsed(module)))
        for module in MODULES
        if layer(module) in BELOW_THE_FACES and ".migrations." not in module
    }
    assert {module: names for module, names in found.items() if names}.keys() == set(HAVE_COMMANDS)


def test_a_command_below_the_faces_is_found() -> None:
    tree = ast.parse(
        'def f():\n    """--yes"""\n    raise UserError(f\'{why}; run: partners add {who} --tier\')'
    )
    assert list(commands_named(tree)) == [": partners add", "--tier"]


def test_modules_are_split_before_300_lines() -> None:
    """A migration is as long as its tables."""
    files = {name: file for name, file in MODULES.items() if "migrations" not in name}
    lines = {name: file.read_text(encoding="utf-8").count("\n") for name, file in files.items()}
    assert {name: number for name, number in lines.items() if number > 300} == {}


class Function(NamedTuple):
    name: str
    lines: int
    parameters: int


WORKED_ON = ("self", "cls", "session")
"""The instance or the transaction that a function works on is not among what it is given."""


def functions(module: str) -> Iterator[Function]:
    """The functions and methods of a module, nested ones too."""
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            parameters = [one for one in given if one.arg not in WORKED_ON]
            lines = (node.end_lineno or 0) - node.lineno + 1
            yield Function(f"{module}.{node.name}", lines, len(parameters))


def test_no_function_is_longer_than_60_lines() -> None:
    """A migration is as long as its tables."""
    found = [one for name in MODULES if "migrations" not in name for one in functions(name)]
    assert [one for one in found if one.lines > 60] == []


APART = {"partners.cli.paging.print_list", "partners.cli.offers.exclusives.propose"}
"""What a list is, and what the person asked for, come from two sides: no call has them together.
Nor have the options of a command, which are terms of an agreement: it makes the record of them."""


def test_at_most_8_parameters_travel_together() -> None:
    """More of them are a record."""
    found = [one for name in MODULES for one in functions(name)]
    assert [one for one in found if one.parameters > 8 and one.name not in APART] == []


def folder(module: str) -> str:
    return MODULES[module].parent.relative_to(ROOT).as_posix()


def test_a_folder_holds_at_most_15_modules() -> None:
    """Beyond that nobody finds the room for a change; a migration's room is its number."""
    here = [name for name, file in MODULES.items() if file.name != "__init__.py"]
    held = Counter(folder(name) for name in here if "migrations" not in name)
    assert {name: number for name, number in held.items() if number > 15} == {}


SAME_IN_EVERY_AREA = {"__init__", "__main__", "activities", "view", "words"}
"""Names that mean the same wherever they stand."""


def test_no_name_stands_twice_inside_a_layer() -> None:
    found = Counter(
        (room(name).parent_layer, file.stem)
        for name, file in MODULES.items()
        if file.stem not in SAME_IN_EVERY_AREA
    )
    assert [name for name, number in found.items() if number > 1] == []


class Room(NamedTuple):
    """Where a module stands: its layer, and the area in it; for those in none, the module."""

    parent_layer: str
    area: str


def room(module: str) -> Room:
    parts = module.split(".")
    depth = 2 if parts[0] == "partners" else 1
    return Room(".".join(parts[:depth]), ".".join(parts[: depth + 1]))


def arrows() -> dict[str, set[str]]:
    """Which areas of a layer import which others of the same layer."""
    found: dict[str, set[str]] = {}
    for module in MODULES:
        for name in imports(parsed(module)):
            imported = name if name in MODULES else name.rpartition(".")[0]
            own, other = room(module), room(imported)
            if imported in MODULES and own != other and own.parent_layer == other.parent_layer:
                found.setdefault(own.area, set()).add(other.area)
    return found


def test_areas_of_a_layer_import_one_another_one_way() -> None:
    try:
        TopologicalSorter(arrows()).prepare()
    except CycleError as error:
        pytest.fail(f"these import one another in a circle: {' <- '.join(error.args[1])}")


def steps(code: ast.Module) -> Iterator[ast.ClassDef]:
    """The classes that hold activities."""
    for node in ast.walk(code):
        if isinstance(node, ast.ClassDef):
            marks = (mark for item in node.body for mark in getattr(item, "decorator_list", ()))
            if any(ast.unparse(mark).startswith("activity.defn") for mark in marks):
                yield node


def test_activities_stand_in_their_files_and_each_class_exports_them() -> None:
    found = [(name, list(steps(parsed(name)))) for name in of_layer("activities")]
    holding = {name: classes for name, classes in found if classes}
    assert [name for name in holding if not name.endswith("activities")] == []
    classes = [node for classes in holding.values() for node in classes]
    assert [c.name for c in classes if [ast.unparse(b) for b in c.bases] != ["Activities"]] == []


def test_every_module_says_what_it_is() -> None:
    filled = [name for name, file in MODULES.items() if file.stat().st_size]
    assert [name for name in filled if not ast.get_docstring(parsed(name))] == []


def test_tests_are_no_packages() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
