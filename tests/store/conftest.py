"""A small program whose partners and orders the store's tests import."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from partners.domain.policy.policy import Policy
from partners.store.engine.database import Database
from partners.store.imports import (
    ImportOptions,
    ImportResult,
    import_metrics,
    import_orders,
    import_partners,
)

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)


def make_policy(**program: Any) -> Policy:
    """One tier with windows up to 3 months, one metric of its own, in Berlin."""
    return Policy.model_validate(
        {
            "program": {
                "name": "P",
                "provider": "P",
                "time_zone": "Europe/Berlin",
                "contact_email": "p@example.org",
                **program,
            },
            "staff": {"emails": ["staff@example.org"]},
            "metrics": {"nps": {"label": "NPS"}, "on_time": {"label": "On time", "unit": "rate"}},
            "tiers": [
                {
                    "key": "preferred",
                    "kind": "preferred",
                    "enter": {
                        "orders_per_month": {"at_least": 10},
                        "acceptance_rate": {"at_least": 0.9, "window_months": 3},
                    },
                }
            ],
        }
    )


class Importer:
    """Writes rows to a file and imports it, as of NOW unless told otherwise."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.options = ImportOptions(policy=make_policy(), now=NOW)

    def file(self, name: str, rows: Iterable[Mapping[str, object]]) -> Path:
        """A CSV file with the columns of its rows."""
        rows = list(rows)
        path = self.folder / name
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(c for row in rows for c in row)))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def raw(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def orders(self, *rows: Mapping[str, object], **options: Any) -> ImportResult:
        path = self.file("orders.csv", rows)
        return import_orders(self.database, path, replace(self.options, **options))

    def orders_from(self, path: Path, **options: Any) -> ImportResult:
        return import_orders(self.database, path, replace(self.options, **options))

    def partners(self, *rows: Mapping[str, object], **options: Any) -> ImportResult:
        path = self.file("partners.csv", rows)
        return import_partners(self.database, path, replace(self.options, **options))

    def metrics(self, *rows: Mapping[str, object], **options: Any) -> ImportResult:
        path = self.file("metrics.csv", rows)
        return import_metrics(self.database, path, replace(self.options, **options))

    def rejected(self, name: str = "orders") -> list[tuple[int, str]]:
        """Line and reason of each rejected row."""
        with (self.folder / f"{name}.rejected.csv").open(
            newline="", errors="surrogateescape"
        ) as file:
            return [(int(row["line"]), row["reason"]) for row in csv.DictReader(file)]


def a_partner(partner_id: str = "acme", **changes: object) -> dict[str, object]:
    return {
        "partner_id": partner_id,
        "name": "Acme",
        "email": "a@example.org",
        "tier": "preferred",
        "kind": "reseller",
        "joined_on": "2025-01-31",
        **changes,
    }


def an_order(order_id: str = "o1", **changes: object) -> dict[str, object]:
    return {
        "order_id": order_id,
        "partner_id": "acme",
        "placed_at": "2026-10-05T10:00:00Z",
        "status": "completed",
        **changes,
    }


@pytest.fixture
def importer(database: Database, tmp_path: Path) -> Importer:
    """An importer whose database knows the partners acme and zenith."""
    importer = Importer(database, tmp_path)
    importer.partners(a_partner("acme"), a_partner("zenith"))
    return importer


@pytest.fixture
def new_importer(new_database: Callable[[], Database], tmp_path: Path) -> Callable[[], Importer]:
    def make() -> Importer:
        importer = Importer(new_database(), tmp_path)
        importer.partners(a_partner("acme"), a_partner("zenith"))
        return importer

    return make


@pytest.fixture
def order() -> Callable[..., dict[str, object]]:
    return an_order


@pytest.fixture
def partner() -> Callable[..., dict[str, object]]:
    return a_partner
