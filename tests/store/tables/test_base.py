"""What all ways into the tables share."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest
from pydantic import TypeAdapter
from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.exc import StatementError

from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.judging.coverage import DayRange
from partners.domain.time.calendar import Month
from partners.errors import SetupError
from partners.store.engine.database import Database
from partners.store.judging import facts
from partners.store.tables.base import ask
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders

NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)
NAMES = select(PartnerRow.name).where(PartnerRow.partner_id == bindparam("partner_id"))


def test_a_question_past_the_orm_sees_what_the_session_has_yet_to_write(database: Database) -> None:
    with database.write() as session:
        partner = builders.a_partner(session, "zephyr")
        session.flush()
        partner.name = "Zephyr & Sons"
        found = ask(session, NAMES, {"partner_id": "zephyr"}).scalar()
    assert found == "Zephyr & Sons"


def test_coverage_that_was_just_added_is_seen(database: Database) -> None:
    with database.write() as session:
        builders.covered(session, DayRange(date(2035, 1, 1), date(2035, 1, 31)))
        assert facts.coverage(session).newest_day == date(2035, 1, 31)


# ---- enums ----


@pytest.fixture
def held(database: Database) -> Database:
    """A case on hold, one in grace, and one that was opened in bulk, as imports write."""
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        for partner_id in ("acme", "beta", "gamma"):
            builders.a_partner(session, partner_id)
        month = Month(2035, 2)
        hold = {"status": CaseStatus.ON_HOLD, "hold_reason": HoldReason.FEED}
        session.add(builders.a_case("acme", month, opened_at=NOW, **hold))
        session.add(builders.a_case("beta", month, opened_at=NOW))
        session.flush()
        first = session.get_one(CaseRow, "beta-2035-02")
        columns = {c.name: getattr(first, c.name) for c in CaseRow.__table__.columns}
        own = {"case_id": "gamma-2035-02", "partner_id": "gamma", "status": CaseStatus.OPENED}
        session.execute(insert(CaseRow), [columns | own])
    return database


def test_a_column_of_an_enum_comes_back_as_the_enum_and_stands_as_its_text(held: Database) -> None:
    with held.read() as session:
        case = session.get_one(CaseRow, "acme-2035-02")
        assert (case.status, type(case.status)) == (CaseStatus.ON_HOLD, CaseStatus)
        assert (case.hold_reason, case.outcome) == (HoldReason.FEED, None)
        stored = session.scalars(text("SELECT status FROM cases ORDER BY case_id")).all()
    assert stored == ["on_hold", "in_grace", "opened"]


@pytest.mark.parametrize("word", [CaseStatus.ON_HOLD, "on_hold"])
def test_it_is_found_by_the_enum_and_by_its_text(held: Database, word: str) -> None:
    row = CaseRow
    asked = row.status == bindparam("asked")
    with held.read() as session:
        for where in (row.status == word, row.status.in_([word]), row.status <= word, asked):
            query = select(row.partner_id).where(where, row.hold_reason.is_not(None))
            assert session.scalars(query, {"asked": word}).all() == ["acme"]


def test_it_passes_to_activities_and_files_as_its_text(held: Database) -> None:
    with held.read() as session:
        status = session.get_one(CaseRow, "acme-2035-02").status
    assert msgspec.json.encode(status) == b'"on_hold"'
    assert TypeAdapter(CaseStatus).validate_json(msgspec.json.encode(status)) is status
    assert f"{status}" == "on_hold"


def test_a_word_that_is_none_of_the_enum_is_not_written(held: Database) -> None:
    with held.write() as session, pytest.raises(StatementError, match="'onhold' is no CaseStatus"):
        session.execute(update(CaseRow).values(status="onhold"))


def test_a_stored_word_that_is_none_of_the_enum_is_named(held: Database) -> None:
    with held.writing.begin() as connection:
        connection.execute(text("UPDATE cases SET status = 'asleep' WHERE partner_id = 'acme'"))
    with held.read() as session, pytest.raises(SetupError, match="'asleep' is no CaseStatus"):
        session.get_one(CaseRow, "acme-2035-02")
