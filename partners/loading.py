"""Loading the program: hundreds of modules, none of which is ever garbage, and few for one command.

What a command does not need is not imported: commands are found by their names (`by_name`), and
what only some of their ways need is loaded when it is first used (`on_use`). This is the one place
that does so; everywhere else imports stand at the head of a module.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

STARTED = time.monotonic()
"""When the process began, as near as its own code can tell: this module is loaded first."""
SELDOM = (10_000, 20, 20)
"""Python's own thresholds are 700, 10 and 10."""
OURS = ("partners", "activities", "workflows")
"""Packages whose modules may be loaded late: it makes no difference to them when."""


def collect_seldom() -> None:
    """For a process that runs for long: little of what it makes goes in circles, and to look for
    them all the time takes a worker a thirtieth of its processor time."""
    gc.set_threshold(*SELDOM)


@contextmanager
def uncollected() -> Iterator[None]:
    """Import in this block: nothing is searched for garbage meanwhile, nor what it loads later.

    A fifth of the processor time of a command's start is spent on that search.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def by_name(where: str) -> Any:
    """What is found under `package.module:name`, imported now."""
    module, _, name = where.partition(":")
    with uncollected():
        return getattr(import_module(module), name)


class _OnUse(MetaPathFinder):
    """Finds modules of ours, whose code runs when something of them is first asked for."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in OURS:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None or spec.submodule_search_locations is not None:
            return None  # packages hold next to nothing, and are asked for their modules at once
        spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def on_use() -> Iterator[None]:
    """Import in this block what not every command of a module needs: `from package import module`.

    The module is loaded when something of it is first used. `from module import name` would use it
    at once. Python 3.15 has `lazy import` for this.
    """
    finder = _OnUse()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
