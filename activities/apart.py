"""One partner's step that fails on their own data: set aside, not tried for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from temporalio.exceptions import FailureError

from partners.domain.judging.aside import Aside, During
from partners.store.engine.database import Database
from partners.store.judging import aside
from partners.store.judging.window_sums import Range

T = TypeVar("T")


def apart(partner_id: str, work: Callable[[], T]) -> tuple[T | None, list[Aside]]:
    """Do one partner's step; None and the reason if their data do not let it.

    Errors that say how they are to be tried again (`FailureError`), and the database's own, are
    raised: no partner's data cause them.
    """
    done, failed = aside.each_apart([partner_id], lambda _: work(), FailureError)
    return done.get(partner_id), failed


def keep_aside(
    database: Database,
    during: During,
    looked_at: Range | str,
    failed: Sequence[Aside],
    now: datetime,
) -> None:
    """`aside.note` in a transaction of its own, for that of a step that failed is rolled back; none
    where nothing is to note, as is usual."""
    # Read first: nearly every step has nothing to note, and on SQLite all who write take turns.
    with database.read() as session:
        if not failed and not aside.known(session, during, looked_at):
            return
    with database.write() as session:
        aside.note(session, during, looked_at, failed, now)
