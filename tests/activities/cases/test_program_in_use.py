"""A program in use is brought up to date, and its open cases go on where they stood.

The database was made by an older version (`tests/store/engine/make_program_in_use.py`).
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import JSON, Integer, MetaData, create_engine, func, select, text, update
from sqlalchemy.types import NullType

from partners.domain.cases.case import CaseStatus, Outcome
from partners.domain.cases.view import CaseView, PlainCommand
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from partners.domain.record.decisions import Because, Step
from partners.store.cases import cases
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.record import audit, audit_check
from partners.store.reviews import fairness
from partners.store.tables.case_tables import CaseRow, DecisionRow
from partners.store.tables.every_table import METADATA
from tests.activities.conftest import Desk
from tests.postgresql import without_tables

STORED = Path(__file__).parents[2] / "store" / "engine" / "program_in_use.db.gz"
REVISION = "0012"
LEFT = datetime(2035, 4, 23, 9, tzinfo=UTC)
"""When the older version did its last work."""
LATER = datetime(2035, 5, 25, 9, tzinfo=UTC)
"""The decision day of the cases of April."""


@pytest.fixture(params=["sqlite", "postgresql"])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The stored database, as it is; on PostgreSQL what it holds."""
    path = tmp_path / "program.db"
    path.write_bytes(gzip.decompress(STORED.read_bytes()))
    if request.param == "sqlite":
        database = Database(f"sqlite:///{path}")
        yield database
        database.close()
        return
    with without_tables(request.getfixturevalue("postgresql_server"), "in_use") as database:
        _copy(path, database)
        yield database


def _copy(path: Path, database: Database) -> None:
    """Every row, into the tables of that revision."""
    with database.engine.begin() as connection:
        command.upgrade(migrate._config(connection), REVISION)
    source = create_engine(f"sqlite:///{path}")
    there, here = MetaData(), MetaData()
    for tables, engine in ((there, source), (here, database.engine)):
        tables.reflect(engine)
        for column in (c for table in tables.tables.values() for c in table.columns):
            if isinstance(column.type, JSON):
                column.type = NullType()  # the very text that was stored, for digests cover it
    with source.connect() as old, database.engine.begin() as new:
        new.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers
        for name in here.tables.keys() - {"alembic_version"}:
            new.execute(here.tables[name].delete())
            if rows := [_aware(row) for row in old.execute(select(there.tables[name])).mappings()]:
                new.execute(here.tables[name].insert(), rows)
        for table in here.tables.values():
            for column in table.primary_key:
                if isinstance(column.type, Integer):  # without a sequence: nothing happens
                    sequence = func.pg_get_serial_sequence(table.name, column.name)
                    new.execute(select(func.setval(sequence, func.max(column))))
    source.dispose()


def _aware(row: Any) -> dict[str, Any]:
    """SQLite keeps instants in UTC, without a zone."""
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


@pytest.fixture
def desk(older: Database) -> Desk:
    """The new version's activities on the older database, brought up to date."""
    migrate.upgrade(older)
    desk = Desk(older)
    desk.now, desk._orders = LEFT, count(100)  # the numbers before are the older version's
    return desk


def broken(database: Database) -> object:
    with database.snapshot() as session:
        return audit_check.verify(session).broken


def goes_on(desk: Desk, partner_id: str) -> CaseView:
    """A run that starts again finds the case that is open."""
    opening = desk.open(partner_id)
    assert opening.continued
    assert opening.case is not None
    return opening.case


def warn(desk: Desk, case: CaseView) -> CaseView:
    sent = desk.send(case, NoticeKind.WARNING)
    assert sent.result is Sending.SENT
    return sent.case


def resume(desk: Desk, case: CaseView) -> CaseView:
    return desk.command(desk.cases.resume_case, case)


def conclude(desk: Desk, case: CaseView) -> CaseView:
    return desk.apply(desk.decide(case))


def uphold(desk: Desk, case: CaseView) -> CaseView:
    return desk.command(desk.commands.uphold_case, case)


def extend(desk: Desk, case: CaseView) -> CaseView:
    return desk.command(desk.commands.extend_case, case, days=3)


GOES_ON: dict[str, tuple[Callable[[Desk, CaseView], CaseView], datetime, object]] = {
    "appealed": (uphold, LEFT, CaseStatus.IN_GRACE),
    "deciding": (Desk.apply, LEFT, Outcome.REMOVED),
    "extended": (extend, LEFT, CaseStatus.IN_GRACE),
    "graced": (conclude, LATER, Outcome.REMOVED),
    "guarded": (resume, LEFT, CaseStatus.OPENED),
    "paused": (resume, LEFT, CaseStatus.IN_GRACE),
    "recovering": (conclude, datetime(2035, 4, 27, tzinfo=UTC), Outcome.REINSTATED),
    "undeliverable": (resume, LEFT, CaseStatus.OPENED),
    "unwarned": (warn, LEFT, CaseStatus.IN_GRACE),
}
"""Partners with an open case: what is done next, when, and what it comes to."""


def test_the_audit_of_an_older_program_holds_before_and_after_its_cases_go_on(desk: Desk) -> None:
    assert broken(desk.database) is None
    with desk.database.read() as session:
        before = [link.hash for link in audit.links(session)]

    for partner_id, (step, at, comes_to) in GOES_ON.items():
        desk.now = at
        case = step(desk, goes_on(desk, partner_id))
        assert (case.outcome or case.status) == comes_to, partner_id

    assert broken(desk.database) is None
    with desk.database.read() as session:
        after = [link.hash for link in audit.links(session)]
    assert after[: len(before)] == before
    assert len(after) > len(before)


def test_a_case_whose_outcome_was_not_told_yet_is_told_and_closed(desk: Desk) -> None:
    case = goes_on(desk, "decided")
    assert (case.status, case.outcome) == (CaseStatus.DECIDED, Outcome.REMOVED)

    closed = desk.close(desk.send(case, NoticeKind.REMOVAL).case)

    assert closed.status is CaseStatus.CLOSED
    assert broken(desk.database) is None


def test_what_is_over_stays_over(desk: Desk) -> None:
    with desk.database.read() as session:
        query = select(CaseRow.partner_id, CaseRow.outcome).where(CaseRow.closed_at.is_not(None))
        over = dict(session.execute(query).all())
    assert over == {
        "corrected": Outcome.VOIDED,
        "cured": Outcome.REINSTATED,
        "removed": Outcome.REMOVED,
        "stopped": Outcome.VOIDED,
    }
    stop = PlainCommand("removed-2035-02", "Ann", "too late")
    with pytest.raises(Exception, match="the case is over: removed"):
        desk.call(desk.cases.void_case, stop)


def test_every_stored_row_is_still_read(desk: Desk) -> None:
    with desk.database.read() as session:
        for table in METADATA.sorted_tables:
            session.execute(select(table)).all()
        assert cases.decisions_of(session, "cured")


def test_what_older_decisions_say_in_words_they_say_as_codes_since(desk: Desk) -> None:
    with desk.database.read() as session:
        query = select(DecisionRow).order_by(DecisionRow.decision_id)
        found = {
            (row.partner_id, row.step, row.came_to, row.because)
            for row in session.scalars(query)
            if row.came_to or row.because
        }
    assert {one for one in found if one[1] is Step.DECIDED} == {
        ("corrected", Step.DECIDED, "void", Because.CORRECTED_DATA),
        ("cured", Step.DECIDED, "reinstate", Because.RECOVERY_HELD),
        ("decided", Step.DECIDED, "remove", Because.AT_DEADLINE),
        ("deciding", Step.DECIDED, "remove", Because.AT_DEADLINE),
        ("removed", Step.DECIDED, "remove", Because.AT_DEADLINE),
    }
    assert ("waived", Step.NOT_OPENED, "a waiver is in force", None) in found
    assert ("paused", Step.ON_HOLD, "paused", None) in found
    assert ("graced", Step.ASSESSED, "passing", None) not in found


def test_fairness_explains_by_codes_whatever_the_words_say(desk: Desk) -> None:
    with desk.database.writing.begin() as connection:
        connection.execute(update(DecisionRow).values(result="in other words"))
    with desk.database.read() as session:
        treated = list(fairness.treatments(session, LEFT.date().replace(month=1), LEFT.date()))
    why = {one.partner_id: one.why for one in treated if one.alike.moment == "decided"}
    assert why["corrected"] == "in other words"
    assert why["cured"] == "in other words"
    assert why["removed"] == ""


def test_going_back_to_the_older_revision_and_on_again_loses_nothing(desk: Desk) -> None:
    def codes() -> list[Any]:
        with desk.database.read() as session:
            row = DecisionRow
            return list(session.execute(select(row.decision_id, row.came_to, row.because)))

    before = sorted(codes())
    with desk.database.engine.begin() as connection:
        command.downgrade(migrate._config(connection), REVISION)
    migrate.upgrade(desk.database)

    assert sorted(codes()) == before
    assert broken(desk.database) is None
