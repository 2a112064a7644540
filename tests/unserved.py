"""A workflow's code without a server: the test answers its activities, and time leaps over waits.

For workflows that only ask and wait; the run of a case has `tests.played`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio import workflow

START = datetime(2035, 3, 5, 12, tzinfo=UTC)

MOST = 100
"""So many activities and waits no test needs: the run has lost its way."""

Wait = tuple[timedelta | None, str]
"""For how long a run waits at most, and for what."""


class Afresh(Exception):
    """The run ends here, and a new one goes on with this request."""

    def __init__(self, request: Any) -> None:
        self.request = request


class WaitsForEver(Exception):
    """The run waits for something that only comes from outside."""


class Unserved:
    """What the workflow asked, and what it is answered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.answers: dict[str, list[Any]] = {}
        """By activity: one answer a call, the last one again; what is an error is raised."""
        self.asked: list[tuple[str, Any]] = []
        self.waits: list[Wait] = []
        self.children: list[tuple[str, asyncio.Future[None]]] = []  # with ids; the test ends them
        self.details: list[str] = []
        self.time = START
        self.long = False  # is the history long enough for a new run to begin?
        self.during_wait: Callable[[], None] = lambda: None
        self.run = SimpleNamespace(
            workflow_id="",
            start_time=START,
            typed_search_attributes={},
            is_continue_as_new_suggested=lambda: self.long,
            get_current_history_length=lambda: 0,
        )
        for name in (
            *("execute_activity_method", "wait_condition", "sleep", "continue_as_new", "now"),
            *("info", "patched", "set_current_details", "upsert_search_attributes"),
            *("all_handlers_finished", "start_child_workflow"),
        ):
            self.install(name, getattr(self, name))

    def install(self, name: str, asked: Callable[..., Any]) -> None:
        """Have `workflow.NAME` be answered by this."""
        self._monkeypatch.setattr(workflow, name, asked)

    def names(self) -> list[str]:
        """The activities that were asked for, in order."""
        return [name for name, _ in self.asked]

    async def execute_activity_method(
        self, activity: Callable[..., Any], request: Any, **_: Any
    ) -> Any:
        name = activity.__name__
        self.asked.append((name, request))
        assert len(self.asked) < MOST, f"asks for ever: {name}"
        left = self.answers[name]
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def wait_condition(
        self,
        is_over: Callable[[], bool],
        *,
        timeout: timedelta | None = None,
        timeout_summary: str = "",
    ) -> None:
        if is_over():
            return
        await self.sleep(timeout, timeout_summary)
        if not is_over():
            raise TimeoutError if timeout is not None else WaitsForEver

    async def sleep(self, timeout: timedelta | None, summary: str = "") -> None:
        self.waits.append((timeout, summary))
        assert len(self.waits) < MOST, f"waits for ever: {summary}"
        await _others_go_on()
        self.during_wait()
        await _others_go_on()
        self.time += timeout or timedelta()

    async def start_child_workflow(
        self, _: Callable[..., Any], __: Any, **options: Any
    ) -> asyncio.Future[None]:
        self.children.append((options["id"], asyncio.get_running_loop().create_future()))
        return self.children[-1][1]

    def continue_as_new(self, request: Any) -> None:
        raise Afresh(request)

    def now(self) -> datetime:
        return self.time

    def info(self) -> SimpleNamespace:
        return self.run

    def all_handlers_finished(self) -> bool:
        return True

    def patched(self, _: str) -> bool:
        return True

    def set_current_details(self, details: str) -> None:
        self.details.append(details)

    def upsert_search_attributes(self, _: Any) -> None: ...


async def _others_go_on() -> None:
    """Let the run's other tasks come to their next question."""
    for _ in range(3):
        await asyncio.sleep(0)
