"""What stands in the tables follows from the audit: an edit, a deletion or an addition shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, String, delete, insert, literal, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from partners.domain.record.audit import Broken
from partners.store.engine.database import Database
from partners.store.overrides import overrides
from partners.store.record import audit_check, recorder
from partners.store.record.audit_fields import FIELDS
from partners.store.record.audit_records import MAY_GO, RECORDED
from partners.store.record.audit_stands import CASE_FACTS, STANDS
from partners.store.tables.audit_tables import StandingRow
from partners.store.tables.base import Base, Word
from partners.store.tables.case_tables import CaseRow, DecisionRow, OverrideRow, TierChangeRow
from partners.store.tables.mail_tables import MailApprovalRow
from partners.store.tables.program_tables import PartnerRow, SwitchRow
from partners.store.tables.referral_tables import QualificationRow
from partners.store.tables.review_tables import PolicyEffectRow, ReviewRow
from tests import builders
from tests.cli.hostile import ALREADY, NOW, row_of

FACTS: dict[type[Base], tuple[str, ...]] = {
    CaseRow: CASE_FACTS,
    DecisionRow: (*FIELDS[DecisionRow], "because"),
    OverrideRow: ("kind", "from_day", "until_day", "who", "reason"),
    QualificationRow: ("qualified_on",),
    MailApprovalRow: ("reason",),
    SwitchRow: ("reason",),
    ReviewRow: ("status", "month", "as_of", "counts"),
    PolicyEffectRow: ("effective_from", "reason"),
}
"""Columns to be edited; of tables that are not here: all that their digests cover."""


@pytest.fixture
def kept(database: Database) -> Database:
    """A row in every table that is audited, written as the program writes."""
    builders.accept(database, builders.a_policy())
    models = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    with database.write() as session:
        recorder.sign(session, "Ann", NOW)
        for table in Base.metadata.sorted_tables:
            row = models[table]
            if table.name not in (*ALREADY, "audit", "standings"):
                session.add(row(**row_of(table)))
                session.flush()
    return database


def broken(connection: Connection) -> Broken | None:
    with Session(connection) as session:
        return audit_check.verify(session).broken


def edits() -> Iterator[tuple[type[Base], str]]:
    for row in RECORDED:
        names = FACTS.get(row) or FIELDS.get(row) or _facts(row)
        yield from ((row, name) for name in names)


def _facts(row: type[Base]) -> tuple[str, ...]:
    return STANDS[row].columns


def another(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case datetime() | date():
            return value + timedelta(days=1)
        case int():
            return value + 1
        case None:
            return None
        case list():
            return [*value, "x"]
        case dict():
            return {**value, "x": 1}
        case str():
            return f"{value[:-1]}~"
    return value + 1


def test_what_the_program_writes_verifies(kept: Database) -> None:
    with kept.engine.connect() as connection:
        assert broken(connection) is None


def test_every_edit_of_what_the_audit_holds_shows_and_is_named(kept: Database) -> None:
    missed = []
    for row, name in edits():
        key = row.__table__.primary_key.columns.keys()
        column = row.__table__.columns[name]
        if name in key or column.foreign_keys:
            continue
        with kept.writing.connect() as connection:
            value = connection.scalar(row.__table__.select().with_only_columns(column))
            changed = NOW.date() if value is None else another(value)
            if value is None and column.type.python_type is not date:
                continue
            if isinstance(column.type, Word):  # by hand, past the program
                changed = literal(changed, String)
            try:
                connection.execute(update(row).values({name: changed}))
            except DBAPIError as error:
                assert "append-only" in str(error)  # noqa: PT017
                continue
            found = broken(connection)
            if found is None or f"{row.__tablename__}/" not in found.why:
                missed.append((row.__tablename__, name, found))
            connection.rollback()
    assert missed == []


def test_every_record_that_is_gone_shows_unless_it_may_go(kept: Database) -> None:
    for row in RECORDED:
        with kept.writing.connect() as connection:
            try:
                connection.execute(delete(row))
            except DBAPIError:  # the database itself refuses
                continue
            found = broken(connection)
            assert (found is None) == (row in MAY_GO), row
            connection.rollback()


def test_every_record_that_was_added_past_the_audit_shows(kept: Database) -> None:
    for row in RECORDED:
        keys = row.__table__.primary_key.columns.keys()
        with kept.writing.connect() as connection:
            values = dict(connection.execute(row.__table__.select()).mappings().one())
            for column in row.__table__.columns:
                if column.name in keys or column.unique:
                    values[column.name] = another(values[column.name])
            try:
                connection.execute(insert(row), values)
            except IntegrityError:
                continue  # one open case, appeal or candidate at a time; a known partner
            found = broken(connection)
            assert found is not None, row
            assert f"in {row.__tablename__} have no entry" in found.why or row is TierChangeRow
            connection.rollback()


@pytest.mark.parametrize("table", [PartnerRow, StandingRow])
def test_a_tier_that_was_edited_shows(kept: Database, table: type[Base]) -> None:
    with kept.writing.connect() as connection:
        connection.execute(update(table).values(tier="gold"))
        found = broken(connection)
    assert found is not None
    assert "the tier of acme" in found.why or "the standing of acme" in found.why


def test_a_partner_who_was_added_past_the_audit_shows(kept: Database) -> None:
    with kept.writing.connect() as connection:
        for table in (PartnerRow, StandingRow):
            values = dict(connection.execute(table.__table__.select()).mappings().one())
            connection.execute(insert(table), {**values, "partner_id": "mallory"})
        found = broken(connection)
    assert found is not None
    assert "no entry says that mallory entered the program" in found.why


@pytest.mark.parametrize("moved", [False, True])
def test_a_tier_that_was_edited_together_with_the_standing_shows(
    kept: Database, moved: bool
) -> None:
    if moved:
        with kept.write() as session:
            session.get_one(PartnerRow, "acme").tier = None
    with kept.writing.connect() as connection:
        assert broken(connection) is None
        connection.execute(update(StandingRow).values(tier="gold"))
        connection.execute(update(PartnerRow).values(tier="gold"))
        found = broken(connection)
    assert found is not None
    assert "the standing of acme is gold" in found.why


def test_what_ends_by_the_program_is_no_break(kept: Database) -> None:
    with kept.write() as session:
        overrides.of_kind(session, "acme", NOW.date(), "waiver")[0].until_day = NOW.date()
    with kept.write() as session:
        session.delete(session.get_one(SwitchRow, "kind/warning"))
    with kept.engine.connect() as connection:
        assert broken(connection) is None
