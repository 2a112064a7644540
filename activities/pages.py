"""What steps that go through everybody share: pages, how many at once, and when to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from sqlalchemy.orm import Session
from temporalio.exceptions import ApplicationError

from partners.store.reviews import reviews
from partners.store.tables.review_tables import ReviewRow

AT_ONCE = 10
"""Starts and signals under way at a time: more gain nothing on one server."""
PAGE = 200


def refuse_if_stopped(session: Session, row: ReviewRow) -> None:
    """Raises, to be tried again, while a person has stopped this review (rule 14)."""
    if (switch := reviews.stopped(session, row)) is not None:
        raise ApplicationError(f"stopped by {switch.who}: {switch.reason}", type="Stopped")


async def side_by_side(
    partner_ids: Iterable[str], work: Callable[[str], Awaitable[object]]
) -> list[object]:
    """Do something for each partner, so many at a time; the results in the same order."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(partner_id: str) -> object:
        async with turns:
            return await work(partner_id)

    return await asyncio.gather(*(one(partner_id) for partner_id in partner_ids))
