"""What `bench.reviews` judges: partners and twelve months of totals, or of real orders."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from partners.domain.policy.metrics import TOTAL_NAMES
from partners.domain.policy.policy import Policy
from partners.domain.reviews.review import ReviewKind, period_on
from partners.domain.time.calendar import Month
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.imports import ImportOptions, import_orders
from partners.store.policy import policies
from partners.store.reviews import reviews

AS_OF = date(2026, 11, 10)
NOW = datetime(2026, 11, 10, 9, tzinfo=UTC)
LAST = Month(2026, 10)
MONTHS = [LAST.plus(-n) for n in range(11, -1, -1)]
REVIEW = period_on(ReviewKind.MONTHLY, AS_OF, 3)

# metric, bound, window in months, sums: numerator and denominator, the scale, the smallest sample
CRITERIA = (
    ("orders_per_month", "10", 12, None, 1),
    ("acceptance_rate", "0.9", 3, ("accepted", "accepted + rejected", 1), 10),
    ("completion_rate", "0.95", 3, ("completed", "completed + failed + cancelled", 1), 10),
    ("rating", "4.5", 6, ("rating_milli", "rating_count", 1000), 5),
)


def policy() -> Policy:
    keep = {
        metric: {"at_least": bound, "window_months": months}
        for metric, bound, months, _, _ in CRITERIA
    }
    program = {
        "name": "Bench", "provider": "Bench", "time_zone": "UTC",
        "contact_email": "partners@example.org",
    }  # fmt: skip
    tier = {"key": "preferred", "kind": "preferred", "enter": keep}
    return Policy.model_validate(
        {"program": program, "staff": {"emails": ["staff@example.org"]}, "tiers": [tier]}
    )


def totals(partners: int) -> Iterator[tuple[object, ...]]:
    """Twelve months of each partner."""
    dice = random.Random(7)
    for n in range(partners):
        for month in MONTHS:
            placed = dice.randrange(4, 30)
            accepted = placed - dice.randrange(3)
            completed = accepted - dice.randrange(2)
            rated = completed // 2
            values = {
                "placed": placed, "accepted": accepted, "rejected": placed - accepted,
                "completed": completed, "failed": accepted - completed,
                "value_cents": completed * 2500, "value_count": completed,
                "rating_milli": rated * dice.randrange(4200, 5000), "rating_count": rated,
                "response_seconds": placed * 3600, "response_count": placed,
            }  # fmt: skip
            yield (f"p{n:06d}", month.number, *(values.get(name, 0) for name in TOTAL_NAMES))


def fill(url: str, partners: int, young: bool = False, by: Policy | None = None) -> None:
    """Partners with twelve months of totals, as if imported; the fast way to 100,000 of them.

    `young`: they entered their tier in the course of these months, so that rule 10 spares each
    some of them. `by`: the policy in force; default: one with the standards above.
    """
    database = Database(url)
    migrate.upgrade(database)
    with database.write() as session:
        policies.accept(session, by or policy(), "", NOW, "bench")
        _add_partners(session, database.is_sqlite, partners, young)
        _add_totals(session, database.is_sqlite, partners)
        session.execute(
            text(
                "INSERT INTO imports (import_id, kind, file_name, imported_at, rows, new, "
                "corrected, rejected) VALUES (1, 'orders', 'bench', :at, 0, 0, 0, 0)"
            ),
            {"at": NOW},
        )
        day = "TEXT" if database.is_sqlite else "DATE"
        session.execute(
            text(
                "INSERT INTO coverage (coverage_id, first_day, last_day, import_id) "
                f"VALUES (1, CAST(:first AS {day}), CAST(:last AS {day}), 1)"
            ),
            {"first": MONTHS[0].first_day.isoformat(), "last": AS_OF.isoformat()},
        )
        _claim(session)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as made:
            made.execute(text("VACUUM ANALYZE"))
    database.close()


def import_real_orders(url: str, folder: Path, partners: int, a_month: int) -> None:
    """Partners with so many real orders in each month, brought by the program's own import."""
    database = Database(url)
    migrate.upgrade(database)
    with database.write() as session:
        policies.accept(session, policy(), "", NOW, "bench")
        _add_partners(session, database.is_sqlite, partners)
    path = folder / "orders.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("order_id", "partner_id", "placed_at", "status", "value", "rating"))
        writer.writerows(_orders(partners, a_month))
    options = ImportOptions(policy(), NOW, first=MONTHS[0].first_day, last=AS_OF - timedelta(1))
    result = import_orders(database, path, options)
    path.unlink()
    assert result.new == partners * a_month * len(MONTHS), result
    with database.write() as session:
        _claim(session)
    database.close()


def _orders(partners: int, a_month: int) -> Iterator[tuple[object, ...]]:
    dice = random.Random(7)
    for month in MONTHS:
        for number in range(partners * a_month):
            day = month.first_day + timedelta(days=number % 28)
            status = "completed" if dice.random() < 0.93 else "rejected"
            rating = dice.choice(("", "5", "4.5", "4"))
            order = f"o{month.number}{number:08d}"
            yield (order, f"p{number % partners:06d}", f"{day}T09:00:00Z", status, "25.00", rating)


def _claim(session: Session) -> None:
    reviews.claim(session, REVIEW, as_of=AS_OF, policy_version=1, by="bench", now=NOW)


def _cursor(session: Session) -> Any:
    driver = session.connection().connection.driver_connection
    assert driver is not None
    return driver.cursor()


def _add_partners(session: Session, sqlite: bool, partners: int, young: bool = False) -> None:
    mark = "?" if sqlite else "%s"
    about = ("P", "p@example.org", "reseller", "2020-01-01", "preferred")
    _cursor(session).executemany(
        "INSERT INTO partners (partner_id, name, email, kind, joined_on, tier, tier_since) "
        f"VALUES ({', '.join([mark] * 7)})",
        ((f"p{n:06d}", *about, _entered(n, young)) for n in range(partners)),
    )


def _entered(number: int, young: bool) -> str:
    return str(MONTHS[0].first_day + timedelta(days=number % 330)) if young else "2020-01-01"


def _add_totals(session: Session, sqlite: bool, partners: int) -> None:
    columns = ("partner_id", "month", *TOTAL_NAMES)
    if sqlite:
        marks = ", ".join("?" * len(columns))
        _cursor(session).executemany(
            f"INSERT INTO monthly_totals ({', '.join(columns)}) VALUES ({marks})",
            totals(partners),
        )
        return
    copied = f"COPY monthly_totals ({', '.join(columns)}) FROM STDIN"
    with _cursor(session).copy(copied) as copy:
        for row in totals(partners):
            copy.write_row(row)
