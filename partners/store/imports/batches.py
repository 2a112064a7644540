"""Imports of partners and metrics: few enough rows to compare page by page, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from partners.store.engine.database import Database
from partners.store.imports.result import Advice, ImportOptions, ImportResult

PAGE = 1000


class Keyed(Protocol):
    @property
    def key(self) -> object:
        """What names the row; two rows with the same key are about the same thing."""


K = TypeVar("K", bound=Keyed)


class _KeepNothing(Exception):
    """Rolls the transaction back."""


@contextmanager
def all_of_it(
    database: Database, kind: str, options: ImportOptions, result: ImportResult
) -> Iterator[Session]:
    """A transaction that keeps nothing if rows were rejected and the options say so.

    Imports of one kind take turns: two that bring the same new row would else both insert it.
    """
    try:
        with database.write() as session:
            if not database.is_sqlite:  # whose writers take turns anyway
                turn = text("SELECT pg_advisory_xact_lock(hashtext(:kind))")
                session.execute(turn, {"kind": f"partners import {kind}"})
            yield session
            if result.rejected and options.all_or_nothing:
                raise _KeepNothing
    except _KeepNothing:
        result.kept = False
        result.new = result.corrected = result.unchanged = 0
        result.touched_partners = result.cases_to_tell = 0
        result.notes.clear()
        result.advice.discard(Advice.STATE_DAYS)


def pages(rows: Iterable[K]) -> Iterator[Sequence[K]]:
    """Rows in pages in which no key stands twice, so that a later row meets the earlier one."""
    page: dict[object, K] = {}
    for row in rows:
        if len(page) == PAGE or row.key in page:
            yield list(page.values())
            page = {}
        page[row.key] = row
    if page:
        yield list(page.values())
