"""Workflows that do what a workflow must not, where a replay would go another way."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from temporalio import workflow

from partners.domain.time import clock
from workflows.kit import moments


def _opens_a_file() -> None:
    with open(Path(__file__).with_name("conftest.py")):  # noqa: PTH123
        pass


ACTS: dict[str, Callable[[], object]] = {
    "opens a file": _opens_a_file,
    "reads the clock": lambda: datetime.now(),  # noqa: DTZ005
    "asks for the seconds": lambda: time.time(),
    "throws dice": lambda: random.random(),
    # The modules' own `datetime`: it is the sandbox's only where they are loaded in there.
    "reads the clock in the domain": lambda: clock.datetime.now(),
    "reads the clock in a helper": lambda: moments.datetime.now(),
}


@workflow.defn
class Forbidden:
    """Does one of ACTS, and says whether it could."""

    @workflow.run
    async def run(self, act: str) -> str:
        ACTS[act]()
        return "done"
