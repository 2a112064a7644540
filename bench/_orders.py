"""A year of made-up orders, in files to import."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

PARTNERS = 10_000
START = datetime(2025, 11, 1, tzinfo=UTC)
MONTHS_DAYS = 365
FILLED = 3  # times as many orders are there when the next ones come
COLUMNS = (
    "order_id", "partner_id", "placed_at", "status", "value", "rating", "address_ok",
    "response_hours", "customer_id", "known_at", "outcome_at", "excluded_reason", "service", "cost",
    "offer_id", "postal_code", "list_value",
)  # fmt: skip
SERVICES = ("print", "scan", "pack", "post")
PLACES = 8_000  # postal codes
STATUSES = ["completed"] * 88 + ["cancelled"] * 4 + ["failed"] * 2 + ["rejected"] * 5 + ["placed"]


def orders(count: int, customers: bool) -> Iterator[tuple[object, ...]]:
    """Rows in the order in which they were placed, with sequential ids."""
    dice = random.Random(7)
    step = timedelta(days=MONTHS_DAYS) / count
    for n in range(count):
        placed = START + n * step
        done = placed + timedelta(hours=dice.randrange(1, 72))
        value = dice.randrange(500, 50_000)
        yield (
            f"o{n:09d}",
            f"p{dice.randrange(PARTNERS):05d}",
            placed.strftime("%Y-%m-%dT%H:%M:%SZ"),
            dice.choice(STATUSES),
            f"{value / 100:.2f}",
            dice.choice(("", "", "5", "4.5", "4", "3")),
            dice.choice(("", "true", "true", "false")),
            f"{dice.randrange(1, 480) / 10}",
            f"c{dice.randrange(200_000):06d}" if customers else "",
            "",
            done.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "outage" if dice.random() < 0.005 else "",
            SERVICES[n % len(SERVICES)],
            f"{value // 3 / 100:.2f}",
            f"offer-{n % 200}",
            f"{10_000 + n * 7919 % PLACES}",
            f"{value * 10 // 9 / 100:.2f}",
        )


def write_file(path: Path, count: int, customers: bool) -> None:
    write_rows(path, orders(count, customers))


def write_rows(path: Path, rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def write_parts(folder: Path, count: int, customers: bool) -> tuple[Path, Path]:
    """The orders of one year in two files: those that are there, and the next `count`."""
    rows = orders((FILLED + 1) * count, customers)
    there, following = folder / "there.csv", folder / "next.csv"
    write_rows(there, islice(rows, FILLED * count))
    write_rows(following, rows)
    return there, following
