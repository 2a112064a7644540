"""One pytest session in which every mutant meets the tests that call its function.

Tests are collected once. A first run, in a process of its own, finds out which test calls which
function. Then each mutant gets a process forked from the collected session: there the function is
given the mutant's code, and the tests run until one fails. No file is ever changed.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import hypothesis
import pytest
from _pytest.runner import runtestprotocol

from bench.mutants.changes import Mutant, mutants

UNNOTICED = ("survived", "uncalled")
SLACK, SLOWER = 20, 6
"""A test may take so many seconds, and so many times what it took without a mutant; one that takes
longer hangs, and has noticed. Never the sum of many: a slow machine would notice what they miss."""

Function = tuple[str, str]
"""A module's path and the qualified name of a function in it."""


@dataclass
class Sweep:
    """A plugin that runs mutants in place of the tests."""

    modules: Sequence[Path]
    results: Path
    at_once: int
    again: bool
    _ran: dict[str, list[tuple[float, pytest.Item]]] = field(default_factory=dict)

    # ---- pytest's hooks ----

    def pytest_collection(self) -> None:
        """Examples that fail are not shortened: that they fail is enough."""
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutants", deadline=None, database=None, phases=phases)
        hypothesis.settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Failed("collection failed")
        for item in _warm_up(session):
            _run(item)
        callers = self._callers(session)
        todo = self._todo()
        _say(f"{len(todo)} mutants, {len(session.items)} tests")
        self._meet(session, todo, callers)
        return True

    # ---- who calls what ----

    def _callers(self, session: pytest.Session) -> dict[Function, list[tuple[float, int]]]:
        """For each function the tests that call it, the fastest first: seconds and number."""
        names = {str(path.resolve()): str(path) for path in self.modules}
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(read)
            with os.fdopen(write, "w") as pipe:
                for number, item in enumerate(session.items):
                    seconds, passed, called = _watch(item, names)
                    json.dump([number, seconds, passed, sorted(called)], pipe)
                    pipe.write("\n")
            os._exit(0)
        os.close(write)
        found: dict[Function, list[tuple[float, int]]] = defaultdict(list)
        with os.fdopen(read) as pipe:
            for line in pipe:
                number, seconds, passed, called = json.loads(line)
                if not passed:
                    _say(f"left out, for it fails by itself: {session.items[number].nodeid}")
                    continue
                for module, function in called:
                    found[module, function].append((seconds, number))
        os.wait()
        return {function: sorted(tests) for function, tests in found.items()}

    def _todo(self) -> list[Mutant]:
        done = known(self.results)
        made = of_modules(self.modules)
        return [m for m in made if m.key not in done or (self.again and done[m.key] in UNNOTICED)]

    # ---- mutants and tests ----

    def _meet(
        self,
        session: pytest.Session,
        todo: list[Mutant],
        callers: dict[Function, list[tuple[float, int]]],
    ) -> None:
        waiting, running = list(reversed(todo)), {}
        began, done = time.monotonic(), 0
        with self.results.open("a") as results:
            while waiting or running:
                while waiting and len(running) < self.at_once:
                    mutant = waiting.pop()
                    tests = callers.get((mutant.module, mutant.function), [])
                    running[_start(session, mutant, tests)] = mutant
                for child in _ended(running):
                    mutant = running.pop(child)
                    state, test = child.ending()
                    row = {"key": mutant.key, "line": mutant.line, "state": state, "test": test}
                    results.write(json.dumps(row, ensure_ascii=False) + "\n")
                    results.flush()
                    done += 1
                    _say(f"{done}/{len(todo)} {state:<9} {mutant.line} {mutant.key}")
        _say(f"{done} mutants in {time.monotonic() - began:.0f} s")


def of_modules(modules: Sequence[Path]) -> list[Mutant]:
    """Every mutant of these modules."""
    return [
        m for path in modules for m in mutants(str(path), path.read_text(), str(path.resolve()))
    ]


def known(results: Path) -> dict[str, str]:
    """The state of each mutant that has been tried, the newest word counts."""
    lines = results.read_text().splitlines() if results.exists() else []
    rows = [json.loads(line) for line in lines]
    return {row["key"]: row["state"] for row in rows}


@dataclass(eq=False)
class Child:
    """A process in which a mutant meets its tests."""

    pid: int
    pipe: int
    until: float

    def ending(self) -> tuple[str, str]:
        """`killed` by which test, `survived`, `hung` or `not called` by any test."""
        if time.monotonic() > self.until:
            with suppress(ProcessLookupError):  # it may just have ended by itself
                os.killpg(self.pid, signal.SIGKILL)
        with os.fdopen(self.pipe) as pipe:
            told = pipe.read()
        os.waitpid(self.pid, 0)
        state, _, test = told.partition(" ")
        return state or "hung", test


def _start(session: pytest.Session, mutant: Mutant, tests: list[tuple[float, int]]) -> Child:
    read, write = os.pipe()
    allowed = sum(_allowed(seconds) for seconds, _ in tests)
    if (pid := os.fork()) == 0:
        os.setpgid(0, 0)
        os.close(read)
        told = _told(session, mutant, tests)
        with os.fdopen(write, "w") as pipe:
            pipe.write(told)
            pipe.flush()
            os._exit(0)
    os.close(write)
    return Child(pid, read, time.monotonic() + allowed)


def _ended(running: dict[Child, Mutant]) -> list[Child]:
    """Those that have ended or taken too long; waits until there is one."""
    while True:
        ready, _, _ = select.select([child.pipe for child in running], [], [], 1)
        now = time.monotonic()
        if found := [c for c in running if c.pipe in ready or now > c.until]:
            return found


def _told(session: pytest.Session, mutant: Mutant, tests: list[tuple[float, int]]) -> str:
    if not tests:
        return "uncalled"
    if not _install(mutant):
        return "uncalled"
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(null, stream)
    for seconds, number in tests:
        item = session.items[number]
        end = threading.Timer(_allowed(seconds), os.killpg, (os.getpid(), signal.SIGKILL))
        end.start()
        passed = _run(item)
        end.cancel()
        if not passed:
            return f"killed {item.nodeid}"
    return "survived"


def _allowed(seconds: float) -> float:
    return SLACK + SLOWER * seconds


def _install(mutant: Mutant) -> bool:
    """Give the function its new code wherever it is held; whether there is such a function."""
    gc.unfreeze()
    found = False
    for thing in gc.get_objects():
        if isinstance(thing, _lru_cache_wrapper):
            thing.cache_clear()
        elif isinstance(thing, FunctionType) and _is_same(thing.__code__, mutant.code):
            thing.__code__ = mutant.code
            found = True
    return found


def _is_same(one: CodeType, other: CodeType) -> bool:
    return (one.co_filename, one.co_qualname, one.co_firstlineno) == (
        other.co_filename,
        other.co_qualname,
        other.co_firstlineno,
    )


# ---- single tests ----


def _warm_up(session: pytest.Session) -> list[pytest.Item]:
    """A test after which there is what all of them share: a migrated database. Only one of the
    store's, for what talks to a server must begin after the fork: its threads do not survive it."""
    return [i for i in session.items if "tests/store" in i.nodeid and "sqlite" in i.nodeid][:1]


def _run(item: pytest.Item) -> bool:
    """Run a test as if another of its file followed; whether it passed."""
    file: Any = item.parent
    item.session._setupstate.teardown_exact(file)
    reports = runtestprotocol(item, log=False, nextitem=file)
    return not any(report.failed for report in reports)


def _watch(item: pytest.Item, names: dict[str, str]) -> tuple[float, bool, set[Function]]:
    """Run a test, and see which functions of these modules it calls."""
    called: set[Function] = set()

    def see(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename in names:
            name = frame.f_code.co_qualname
            called.add((names[frame.f_code.co_filename], name.split(".<locals>")[0]))

    began = time.monotonic()
    threading.setprofile(see)
    sys.setprofile(see)
    try:
        passed = _run(item)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return time.monotonic() - began, passed, called


def _say(text: str) -> None:
    sys.__stderr__.write(f"{text}\n")
    sys.__stderr__.flush()
