"""Imports beside steps of cases and beside each other: nobody waits in a circle (docs/audit.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from partners.domain.time.calendar import Month
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.imports.result import ImportResult
from partners.store.tables.audit_tables import AuditRow
from partners.store.tables.case_tables import CaseRow, DecisionRow
from tests import builders
from tests.interleaved import LONG, beside, is_locked, until_waiting
from tests.store.conftest import Importer, a_partner, an_order

pytestmark = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
SEPTEMBER = Month(2026, 9)
SHOPS = [f"shop-{number:02}" for number in range(12)]


def with_cases(importer: Importer) -> list[str]:
    """Twelve partners, every other one with an open case, the others with one that was closed."""
    builders.accept(importer.database, builders.a_policy())
    importer.partners(*(a_partner(shop) for shop in SHOPS))
    closed = {"closed_at": NOW, "outcome": "removed", "status": "closed"}
    with importer.database.write() as session:
        rows = [
            builders.a_case(shop, SEPTEMBER, opened_at=NOW, **(closed if number % 2 else {}))
            for number, shop in enumerate(SHOPS)
        ]
        session.add_all(rows)
        return [row.case_id for row in rows]


def orders_of_all(importer: Importer) -> ImportResult:
    rows = (an_order(shop, partner_id=shop, placed_at="2026-09-10T10:00:00Z") for shop in SHOPS)
    return importer.orders(*rows, first=date(2026, 9, 1), last=date(2026, 9, 30))


def metrics_of_all(importer: Importer) -> ImportResult:
    rows = ({"partner_id": s, "month": "2026-09", "metric": "nps", "value": 4} for s in SHOPS)
    return importer.metrics(*rows)


def marked(database: Database) -> list[tuple[bool, bool]]:
    with database.read() as session:
        query = select(CaseRow.untold, CaseRow.recheck).order_by(CaseRow.case_id)
        return [(untold, recheck) for untold, recheck in session.execute(query)]


def decided(case: CaseRow) -> DecisionRow:
    return DecisionRow(
        partner_id=case.partner_id,
        case_id=case.case_id,
        at=NOW,
        step="assessed",
        result="x",
        as_of=NOW.date(),
        policy_version=1,
        findings=[],
        actor="tests",
    )


ALL = pytest.mark.parametrize("bring", [orders_of_all, metrics_of_all])


@ALL
def test_an_import_waits_for_a_step_that_waits_for_nobody(
    importer: Importer, bring: Callable[[Importer], ImportResult]
) -> None:
    """The step holds a touched case and then records a decision: the import must not hold the
    audit meanwhile."""
    case_ids = with_cases(importer)
    with beside() as start, importer.database.write() as session:
        case = cases.locked_case(session, case_ids[4])
        importing = start(lambda: bring(importer))
        until_waiting(importer.database, importing)
        session.add(decided(case))

    assert importing.result(LONG).cases_to_tell == 6
    assert marked(importer.database) == [(True, False), (False, True)] * 6
    with importer.database.read() as session:
        kinds = list(session.scalars(select(AuditRow.kind).order_by(AuditRow.seq)))
    assert kinds[-2:] == ["decision", "import"]


@ALL
def test_an_import_that_waits_for_a_case_holds_none_that_comes_after_it(
    importer: Importer, bring: Callable[[Importer], ImportResult]
) -> None:
    """Two imports that mark the same cases in different orders would wait for each other."""
    case_ids = with_cases(importer)
    with beside() as start, importer.database.write() as session:
        cases.locked_case(session, case_ids[0])
        importing = start(lambda: bring(importer))
        until_waiting(importer.database, importing)
        held = [one for one in case_ids[1:] if is_locked(importer.database, CaseRow, one)]

    assert (held, importing.result(LONG).cases_to_tell) == ([], 6)


@ALL
def test_a_case_that_was_closed_while_the_import_waited_for_it_is_judged_anew(
    importer: Importer, bring: Callable[[Importer], ImportResult]
) -> None:
    case_ids = with_cases(importer)
    with beside() as start, importer.database.write() as session:
        case = cases.locked_case(session, case_ids[4])
        importing = start(lambda: bring(importer))
        until_waiting(importer.database, importing)
        case.closed_at, case.outcome, case.status = NOW, "removed", "closed"

    importing.result(LONG)
    assert marked(importer.database)[4][1]
