"""Sample orders, made from the stories day by day; the same ones at every run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

from partners.demo.exclusive_stories import HolderStory
from partners.demo.stories import Pace, Story

COLUMNS = (
    "order_id", "partner_id", "placed_at", "status", "value", "rating", "customer_id",
    "offer_id", "postal_code",
)  # fmt: skip


def write_orders(path: Path, stories: Iterable[Story], first: date, last: date) -> None:
    """Write the orders of these days, both included, as `partners import orders` reads them."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        writer.writerows(chain.from_iterable(orders(s, day) for day in days for s in stories))


def orders(story: Story, day: date) -> Iterator[tuple[str, ...]]:
    """A partner's orders of a day, one row each."""
    pace = _pace(story, day)
    before = _count(pace, (day - pace.since).days)
    for number in range(before, _count(pace, (day - pace.since).days + 1)):
        rejected = _is_nth(number, pace.rejected_every)
        rated = _is_nth(number, pace.rated_every) and not rejected
        yield (
            f"{story.partner_id}-{day:%Y%m%d}-{number}",
            story.partner_id,
            f"{day}T{8 + number % 10:02d}:30:00",
            "rejected" if rejected else "completed",
            f"{40 + number % 7 * 15}.00",
            pace.rating if rated else "",
            f"customer-{number % 11}",
            *(_place(story, number) if _is_nth(number, pace.exclusive_every) else ("", "")),
        )


def _place(story: Story, number: int) -> tuple[str, str]:
    """The offer and the postal code of an order that counts for the partner's exclusive."""
    assert isinstance(story, HolderStory)
    codes = story.held.postal_codes
    return story.held.offer_id, codes[number % len(codes)]


def _pace(story: Story, day: date) -> Pace:
    return next(pace for pace in reversed(story.paces) if pace.since <= day)


def _count(pace: Pace, days: int) -> int:
    """How many orders the first `days` days of a pace bring."""
    return days * pace.per_30_days // 30


def _is_nth(number: int, every: int) -> bool:
    return every > 0 and number % every == every - 1
