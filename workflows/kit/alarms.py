"""Timers kept in step with the moments at which a workflow wants to be woken."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio import workflow

from partners.domain.time.clock import ProgramClock


@dataclass(frozen=True)
class Alarm:
    """A moment in program time, and what it is for in the manager's words."""

    at: datetime
    summary: str


class Alarms:
    """A set of running timers. An alarm that is already running is left alone.

    So a grace period is one long bar in the timeline, however often the workflow wakes meanwhile.
    """

    def __init__(self) -> None:
        # A dict, for it keeps its order. A set of alarms has another order in each process, and a
        # replay would cancel and start timers otherwise than the history has it.
        self._running: dict[Alarm, asyncio.Task[None]] = {}

    def set(self, wanted: Iterable[Alarm], clock: ProgramClock) -> None:
        """Start the wanted timers that do not run yet, and cancel all others."""
        alarms = list(wanted)
        for alarm in [a for a in self._running if a not in alarms]:
            self._running.pop(alarm).cancel()
        for alarm in alarms:
            if alarm not in self._running:
                wait = clock.real_time(alarm.at) - workflow.now()
                self._running[alarm] = asyncio.create_task(
                    workflow.sleep(max(wait, timedelta()), summary=alarm.summary)
                )

    def ringing(self) -> bool:
        """Whether any alarm has gone off since the timers were last set."""
        return any(task.done() for task in self._running.values())

    def clear_ringing(self) -> None:
        self._running = {alarm: task for alarm, task in self._running.items() if not task.done()}
