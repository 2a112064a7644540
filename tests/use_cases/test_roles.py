"""Every use case says first by what right it is done."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from partners import use_cases
from partners.use_cases.acting import ROLES, Outsider

FLOOR = tuple(f"partners.use_cases.{name}" for name in ("acting", "copying", "refusals"))
"""What use cases stand on."""


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(use_cases.__path__, "partners.use_cases."):
        if not found.ispkg and found.name not in FLOOR and not found.name.endswith("refusals"):
            yield import_module(found.name)


def public(module: ModuleType) -> Iterator[Callable[..., Any]]:
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ == module.__name__ and not name.startswith("_"):
            yield function


def test_the_first_argument_of_every_use_case_is_a_role() -> None:
    roles = [role.__name__ for role in (*ROLES, Outsider)]
    functions = [function for module in modules() for function in public(module)]
    wrong = []
    for function in functions:
        first = next(iter(inspect.signature(function).parameters.values()), None)
        given = set(str(first.annotation).split(" | ")) if first is not None else set()
        if first is None or first.name != "by" or not given <= set(roles):
            wrong.append(f"{function.__module__}.{function.__qualname__}")
    assert wrong == []
