"""Databases that are in use are brought up to date without losing or inventing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, inspect, select, text
from sqlalchemy.exc import DBAPIError

from partners.domain.policy.sections.track_policy import CHECKLIST
from partners.domain.record.audit import Link
from partners.store.cases import rechecks
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.judging.totals import recount_all
from partners.store.ladder import tracks
from partners.store.record import audit, audit_check
from partners.store.tables.audit_tables import StandingRow
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.feed_tables import ServiceTotalRow
from partners.store.tables.review_tables import GuardRequestPartnerRow, PartnerNoteRow
from tests import builders
from tests.postgresql import without_tables

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
STANDINGS = {
    "blocked": "blocked",
    "graced": "in_grace",
    "held": "on_hold",
    "new": "not_enrolled",
    "out": "out",
    "steady": "good",
    "unwarned": "good",
}
"""Partners of the older database, and where each stands."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables, on each system."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/old.db")
        yield database
        database.close()
        return
    with without_tables(request.getfixturevalue("postgresql_server"), "of_old") as database:
        yield database


def move(database: Database, step: Callable[..., None], revision: str) -> None:
    with database.engine.begin() as connection:
        step(migrate._config(connection), revision)


def fill(database: Database) -> None:
    """What revision 0005 held of a program that runs: written as it is in the tables then."""
    metadata = MetaData()
    metadata.reflect(database.engine)

    def insert(name: str, *rows: dict[str, Any]) -> None:
        with database.engine.begin() as connection:
            connection.execute(metadata.tables[name].insert(), list(rows))

    content = builders.a_policy().model_dump(mode="json")
    insert(
        "policies",
        {
            "version": 1,
            "sha256": "0" * 64,
            "source": "",
            "content": content,
            "accepted_at": NOW,
            "accepted_by": "Ann",
        },
    )
    insert("partners", *(a_partner(partner_id) for partner_id in STANDINGS))
    insert(
        "cases",
        a_case("graced", "in_grace", warned_at=NOW),
        a_case("held", "on_hold", hold_reason="feed", hold_since=NOW),
        a_case("unwarned", "opened"),
        a_case("steady", "closed", warned_at=NOW, outcome="reinstated", closed_at=NOW),
    )
    insert(
        "overrides",
        {
            "partner_id": "blocked",
            "kind": "block",
            "from_day": date(2026, 1, 1),
            "until_day": None,
            "who": "Ann",
            "reason": "fraud",
        },
    )
    insert("decisions", *(a_decision(number) for number in range(3)))
    insert(
        "tier_changes",
        {
            "key": "grace/out-2026-09/outcome",
            "partner_id": "out",
            "case_id": None,
            "from_tier": "preferred",
            "to_tier": None,
            "changed_at": NOW,
            "actor": "workflow run-1",
            "reason": "below",
        },
    )
    insert(
        "partner_notes",
        {"partner_id": "steady", "written_at": NOW, "who": "Ann", "text": "asked for a call"},
    )


def a_partner(partner_id: str) -> dict[str, Any]:
    enrolled = partner_id not in ("new", "out")
    return {
        "partner_id": partner_id,
        "name": partner_id.capitalize(),
        "email": f"{partner_id}@example.com",
        "kind": "reseller",
        "joined_on": date(2020, 1, 1),
        "tier": "preferred" if enrolled else None,
        "tier_since": date(2020, 1, 1),
        "left_on": date(2026, 9, 1) if partner_id == "out" else None,
    }


def a_case(partner_id: str, status: str, **columns: Any) -> dict[str, Any]:
    return {
        "case_id": f"{partner_id}-2026-10",
        "partner_id": partner_id,
        "month": 202610,
        "since": date(2020, 1, 1),
        "tier": "preferred",
        "policy_version": 1,
        "repeat": False,
        "revision": 1,
        "status": status,
        "opened_at": NOW,
        "findings": [],
        "latest": [],
        "notice_kind": "warning",
        "attempt": 1,
        "period_days": 45,
        "notices_done": [],
        "hold_count": 0,
        "hold_notices": 0,
        "silent": False,
        "untold": False,
        "warned_at": None,
        "hold_reason": None,
        "hold_since": None,
        "outcome": None,
        "closed_at": None,
        **columns,
    }


def a_decision(number: int) -> dict[str, Any]:
    return {
        "partner_id": "graced",
        "case_id": None,
        "at": NOW,
        "step": "assessed",
        "result": f"number {number}",
        "as_of": NOW.date(),
        "policy_version": 1,
        "findings": [],
        "actor": "workflow run-1",
        "reason": None,
    }


def links(database: Database) -> list[Link]:
    with database.read() as session:
        return list(audit.links(session))


def standings(database: Database) -> dict[str, str]:
    with database.read() as session:
        return {row.partner_id: row.standing for row in session.query(StandingRow)}


@pytest.fixture
def old(empty: Database) -> Database:
    """A database of revision 0005 with data in it."""
    move(empty, command.upgrade, "0005")
    fill(empty)
    return empty


def test_the_audit_of_a_program_in_use_begins_with_what_is_older_than_it(old: Database) -> None:
    migrate.upgrade(old)

    begins, older, *found = links(old)

    assert (begins.kind, begins.actor) == ("begins", "partners setup")
    assert (older.kind, older.actor) == ("older", "partners setup")
    assert '"overrides":' in older.details
    assert [link.kind for link in found] == ["case"] * 4 + ["standing"] * len(STANDINGS)
    assert "graced-2026-10" in {link.case_id for link in found}
    assert begins.details == '{"decisions":3,"policies":1,"tier_changes":1}'
    with old.snapshot() as session:
        assert audit_check.verify(session).broken is None
    with pytest.raises(DBAPIError, match="append-only"), old.engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'Mallory'"))


def test_an_older_record_that_goes_later_shows(old: Database) -> None:
    migrate.upgrade(old)
    with old.engine.begin() as connection:
        connection.execute(text("DELETE FROM decisions WHERE result = 'number 1'"))

    with old.snapshot() as session:
        broken = audit_check.verify(session).broken

    assert broken is not None
    assert "1 records in decisions" in broken.why


def test_a_case_that_is_older_than_its_audit_is_held_against_how_it_stood_then(
    old: Database,
) -> None:
    migrate.upgrade(old)
    with old.writing.begin() as connection:
        connection.execute(
            text("UPDATE cases SET deadline = '2027-03-01' WHERE case_id = 'graced-2026-10'")
        )

    with old.snapshot() as session:
        broken = audit_check.verify(session).broken

    assert broken is not None
    assert "cases/graced-2026-10 was changed: deadline is 2027-03-01" in broken.why


def test_everybody_stands_after_the_migration_where_they_stood_before_it(old: Database) -> None:
    migrate.upgrade(old)

    assert standings(old) == STANDINGS


def test_a_partner_who_is_older_than_the_audit_is_held_against_where_they_were_found(
    old: Database,
) -> None:
    migrate.upgrade(old)
    *_, steady, _ = links(old)
    assert (steady.partner_id, steady.actor) == ("steady", "partners setup")
    assert steady.details == '{"found":true,"standing":[null,"good"],"tier":[null,"preferred"]}'
    with old.writing.begin() as connection:
        for table in ("partners", "standings"):
            connection.execute(
                text(f"UPDATE {table} SET tier = 'gold' WHERE partner_id = 'steady'")
            )

    with old.snapshot() as session:
        broken = audit_check.verify(session).broken

    assert broken is not None
    assert (broken.seq, "the standing of steady is gold" in broken.why) == (steady.seq, True)


def test_what_happens_next_is_audited_and_tells_only_what_has_changed(old: Database) -> None:
    migrate.upgrade(old)
    with old.write() as session:
        case = session.get_one(CaseRow, "graced-2026-10")
        case.status, case.closed_at, case.outcome = "closed", NOW, "reinstated"

    *_, case, standing = links(old)

    assert (case.kind, case.case_id) == ("case", "graced-2026-10")
    assert (standing.kind, standing.partner_id) == ("standing", "graced")
    assert '"standing":["in_grace","good"]' in standing.details


def test_partners_of_older_guard_requests_can_be_looked_up(old: Database) -> None:
    metadata = MetaData()
    metadata.reflect(old.engine, only=["guard_requests"])
    requests = metadata.tables["guard_requests"]
    asked = {"asked_at": NOW, "detail": "too many", "state": "waiting"}
    with old.engine.begin() as connection:
        for request_id, ids in (("monthly/2026-09", ["steady", "out", "steady"]), ("none", [])):
            connection.execute(
                requests.insert(), {**asked, "request_id": request_id, "partner_ids": ids}
            )

    migrate.upgrade(old)

    with old.read() as session:
        found = session.query(GuardRequestPartnerRow).all()
    assert sorted((row.request_id, row.partner_id) for row in found) == [
        ("monthly/2026-09", "out"),
        ("monthly/2026-09", "steady"),
    ]


def with_checklists(old: Database) -> None:
    """Two partners with checklists, in the table as it was until revision 0019."""
    metadata = MetaData()
    metadata.reflect(old.engine, only=["checklists"])
    row = {"done_on": None, "who": None, "notes": None}
    with old.engine.begin() as connection:
        connection.execute(
            metadata.tables["checklists"].insert(),
            [
                {**row, "partner_id": "steady", "step": "contract", "position": 1},
                {
                    "partner_id": "steady",
                    "step": "training",
                    "position": 0,
                    "done_on": date(2026, 10, 1),
                    "who": "Ann",
                    "notes": "in Berlin",
                },
                {**row, "partner_id": "out", "step": "training", "position": 0},
            ],
        )


def test_checklists_become_a_track_and_the_audit_says_how_they_stood(old: Database) -> None:
    with_checklists(old)

    migrate.upgrade(old)

    assert "checklists" not in inspect(old.engine).get_table_names()
    with old.read() as session:
        training, contract = tracks.steps_of(session, "steady", CHECKLIST)
        assert (training.step, training.done_on, training.done_by, training.notes) == (
            "training",
            date(2026, 10, 1),
            "Ann",
            "in Berlin",
        )
        assert (contract.step, contract.done_on, contract.due_on) == ("contract", None, None)
        assert len(tracks.steps_of(session, "out")) == 1
    found = [link.ref for link in links(old) if link.kind == "track"]
    assert found == [
        "track_steps/out/checklist/training",
        "track_steps/steady/checklist/contract",
        "track_steps/steady/checklist/training",
    ]
    with old.snapshot() as session:
        assert audit_check.verify(session).broken is None
    with old.writing.begin() as connection:
        connection.execute(text("UPDATE track_steps SET done_on = NULL"))
    with old.snapshot() as session:
        broken = audit_check.verify(session).broken
    assert broken is not None
    assert "track_steps/steady/checklist/training was changed: done_on" in broken.why


def test_going_back_before_tracks_leaves_the_checklists_as_they_stand(old: Database) -> None:
    with_checklists(old)
    migrate.upgrade(old)
    with old.write() as session:
        tracks.steps_of(session, "out", CHECKLIST)[0].done_on = date(2026, 11, 1)

    move(old, command.downgrade, "0019-1")

    with old.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT partner_id, step, done_on FROM checklists ORDER BY partner_id, step")
        ).all()
    assert [(row.partner_id, row.step, str(row.done_on)) for row in rows] == [
        ("out", "training", "2026-11-01"),
        ("steady", "contract", "None"),
        ("steady", "training", "2026-10-01"),
    ]


def test_older_cases_that_are_closed_are_judged_anew_once_and_no_others(old: Database) -> None:
    migrate.upgrade(old)

    with old.read() as session:
        rechecked = {row.partner_id: row.recheck for row in session.query(CaseRow)}
        assert rechecks.to_recheck(session) == ["steady-2026-10"]
    assert rechecked == {"graced": False, "held": False, "steady": True, "unwarned": False}


def test_notes_written_before_notes_had_types_are_general_ones(old: Database) -> None:
    migrate.upgrade(old)

    with old.read() as session:
        (note,) = session.query(PartnerNoteRow)
    assert (note.text, note.type, note.case_id) == ("asked for a call", "general", None)


def test_going_back_a_revision_leaves_the_older_data_as_it_was(old: Database) -> None:
    move(old, command.upgrade, "0006")
    move(old, command.downgrade, "0005")

    assert "audit" not in inspect(old.engine).get_table_names()
    with old.engine.connect() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM decisions")) == 3
        assert connection.scalar(text("SELECT text FROM partner_notes")) == "asked for a call"
    migrate.upgrade(old)
    assert standings(old) == STANDINGS


def test_orders_that_are_there_already_are_counted_by_their_service(empty: Database) -> None:
    move(empty, command.upgrade, "0016")
    metadata = MetaData()
    metadata.reflect(empty.engine, only=["orders"])
    placed = {"placed_at": 1, "placed_month": 202609, "outcome_at": 2, "outcome_month": 202610}
    partner = {"partner_id": "steady", "known_at": 2, "value_cents": 1050}
    rows = [
        {"order_id": "o1", "status": "completed", "service": "print", "excluded_reason": None},
        {"order_id": "o2", "status": "failed", "service": "print", "excluded_reason": None},
        {"order_id": "o3", "status": "completed", "service": "print", "excluded_reason": "outage"},
        {"order_id": "o4", "status": "completed", "service": None, "excluded_reason": None},
    ]
    with empty.engine.begin() as connection:
        connection.execute(metadata.tables["orders"].insert(), [r | placed | partner for r in rows])

    migrate.upgrade(empty)

    def counted() -> list[tuple[object, ...]]:
        with empty.read() as session:
            query = select(ServiceTotalRow.__table__).order_by(ServiceTotalRow.month)
            return [tuple(row) for row in session.execute(query)]

    migrated = counted()
    assert migrated == [
        ("steady", 202609, "print", "", 3, 0, 0),
        ("steady", 202610, "print", "", 0, 1, 1050),
    ]
    with empty.writing.begin() as connection:
        recount_all(connection)
    assert counted() == migrated
