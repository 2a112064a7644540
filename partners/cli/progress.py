"""Progress on stderr, for what takes more than two seconds: results stay alone on stdout."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress

from partners.cli import common

PATIENCE = 2.0
"""So many seconds pass before anything is shown."""

Step = Callable[..., None]
"""`step()`: one more is done; `step(500)`: so many more."""


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Step]:
    """Show how far something is once it has taken two seconds.

    `total`: None where nobody knows. Where stderr is a file or a pipe, one line says what goes on.
    """
    begun, done = time.monotonic(), 0
    shown: Progress | None = None

    def step(more: int = 1) -> None:
        nonlocal shown, done
        done += more
        if shown is None and time.monotonic() - begun >= PATIENCE:
            if common.err.is_terminal:
                shown = Progress(console=common.err, transient=True)
                shown.start()
                shown.add_task(what, total=total)
            else:
                shown = Progress(console=common.err, disable=True)
                shown.add_task(what, total=total)
                common.err.print(f"{what} …", markup=False)
        if shown is not None:
            shown.update(shown.task_ids[0], completed=done)

    try:
        yield step
    finally:
        if shown is not None:
            shown.stop()
