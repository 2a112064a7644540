"""Imports, without a face."""

from __future__ import annotations

import asyncio
from pathlib import Path

from partners.use_cases.acting import Admin, Manager
from partners.use_cases.imports import importing
from partners.use_cases.imports.importing import Wanted
from tests import builders

ORDERS = """order_id,partner_id,placed_at,status
1,acme,2026-10-05T10:00:00Z,completed
2,nobody,2026-10-05T10:00:00Z,completed
"""


def test_what_is_kept_stays_kept_where_no_server_could_be_told(
    ann: Manager, tmp_path: Path
) -> None:
    admin = Admin(ann.program, ann.name, ann.face)
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
        session.add(builders.a_case("acme", builders.Month(2026, 9), opened_at=ann.now()))
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)

    nothing = importing.orders(admin, file, Wanted(all_or_nothing=True))
    assert nothing.result.kept is False
    assert asyncio.run(importing.tell(admin, nothing)).cases.number == 0

    kept = importing.orders(admin, file, Wanted())
    assert (kept.result.new, kept.result.rejected) == (1, 1)
    told = asyncio.run(importing.tell(admin, kept))
    assert (told.cases.number, told.cases.unreachable) == (1, "no server answers")
