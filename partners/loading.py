"""Loading the program: hundreds of modules, none of which is ever garbage."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

STARTED = time.monotonic()
"""When the process began, as near as its own code can tell: this module is loaded first."""
SELDOM = (10_000, 20, 20)
"""Python's own thresholds are 700, 10 and 10."""


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
