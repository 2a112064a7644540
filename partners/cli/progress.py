"""Progress on stderr, for whatever takes longer than a person waits without wondering."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from partners.cli.printing import err

T = TypeVar("T")

PATIENCE_SECONDS = 1.5
"""Nothing is said before: a person waits at most two without a word, and this is not all of it,
for Python has to start, and a busy machine takes a while to say something."""
A_MOMENT = 0.1
"""What takes no longer is not worth a word, however long the person has waited before."""
ON_A_TERMINAL, IN_A_LOG = 0.5, 10.0
"""Seconds between two words: one line is written anew, or lines follow each other."""

Step = Callable[..., None]
"""`step()`: one more is done; `step(500)`: so many more."""


_heard_at: float | None = None  # None: nobody has waited before


def heard(at: float | None = None) -> None:
    """A person has heard from the program, or has started it, just now or then."""
    global _heard_at
    _heard_at = time.monotonic() if at is None else at


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Step]:
    """Say how far `what` is, once a person has waited for a word long enough, since the program
    started or has said something: "judging partners: 1,000 of 5,000"."""
    done = 0

    def step(more: int = 1) -> None:
        nonlocal done
        done += more

    def words() -> str:
        if not done and total is None:
            return f"{what} …"
        return f"{what}: {done:,}" + (f" of {total:,}" if total is not None else "")

    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(ended, words), daemon=True)
    teller.start()
    try:
        yield step
    finally:
        ended.set()
        teller.join()


def counted(items: Iterable[T], step: Step) -> Iterator[T]:
    """The items, each counted as a step."""
    for item in items:
        step()
        yield item


def _tell(ended: threading.Event, words: Callable[[], str]) -> None:
    """Until the end; on a terminal the line is taken away then."""
    started = time.monotonic()
    waited = 0.0 if _heard_at is None else started - _heard_at
    if ended.wait(max(PATIENCE_SECONDS - waited, A_MOMENT)):
        return
    lives = err.is_terminal
    while True:
        said = f"{words()} ({time.monotonic() - started:.0f} s)"
        if lives:
            err.rewrite(said)
        else:
            err.write(said)
        heard()
        if ended.wait(ON_A_TERMINAL if lives else IN_A_LOG):
            break
    if lives:
        err.rewrite("")
