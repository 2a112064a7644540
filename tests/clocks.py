"""Another day and hour for the whole run: `CLOCK=2028-02-29T23:50Z pytest …`.

The clock ticks on from there, from before the tests are collected to the end. It is that of
pytest's own processes. Temporal's dev server (a static program, which no library can deceive),
the processes that tests start and OpenSSL keep the machine's: tests that need one of these are
left out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

VARIABLE = "CLOCK"
ON_THE_MACHINE_S = ("crash/", "live/", "test_demo", "test_dev", "test_web_command", "test_worker")
"""Tests that start processes, by their paths."""
LOADING = timedelta(seconds=90)
"""So long before midnight no run starts, lest its modules disagree about the day."""


def start() -> str | None:
    """Move the clock to where the environment wants it; what was wanted, or None."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        _leave_midnight_behind()
        return None
    try:
        instant = datetime.fromisoformat(wanted)
    except ValueError:
        raise pytest.UsageError(
            f"{VARIABLE}={wanted} is no instant; write one such as 2028-02-29T23:50Z"
        ) from None
    time_machine.travel(instant if instant.tzinfo else instant.replace(tzinfo=UTC)).start()
    return wanted


def _leave_midnight_behind() -> None:
    now = datetime.now(UTC)
    if (now + LOADING).date() != now.date():
        midnight = (now + LOADING).replace(hour=0, minute=0, second=0, microsecond=0)
        time.sleep((midnight - now).total_seconds())


@contextmanager
def on_the_day_of(started: datetime) -> Iterator[None]:
    """What a module took for today stays today: after midnight a test starts when the run did."""
    if datetime.now(UTC).date() == started.date():
        yield
        return
    with time_machine.travel(started):
        yield


def leaves_out(item: pytest.Item) -> bool:
    """Whether a test can say nothing under another clock, for processes beside it keep theirs."""
    return WANTED is not None and any(path in item.nodeid for path in ON_THE_MACHINE_S)


def needs_the_real_one() -> None:
    """Skip the test under another clock: a server beside it would keep the machine's."""
    if os.environ.get(VARIABLE):
        pytest.skip("a server keeps the machine's clock")


WANTED = start()
STARTED = datetime.now(UTC)
