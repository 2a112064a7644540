"""What tests rely on: a database that was used before is as fresh as a new one."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from partners.store.engine.database import Database
from partners.store.tables.every_table import METADATA
from partners.store.tables.program_tables import LockRow
from tests import builders
from tests.postgresql import Databases, named


def rows(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in METADATA.sorted_tables
        }


def test_a_database_that_is_used_again_is_as_fresh_as_a_new_one(
    postgresql_server: str, postgresql_databases: Databases
) -> None:
    first, other = postgresql_databases.take(), postgresql_databases.take()
    assert first != other
    new = Database(named(postgresql_server, other))
    for _ in range(2):
        database = Database(named(postgresql_server, first))
        assert rows(database) == rows(new)
        assert builders.accept(database, builders.a_policy()) == 1, "numbers begin anew"
        with database.write() as session:
            builders.a_partner(session, "acme", joined_on=datetime.now(UTC).date())
            assert session.scalars(select(LockRow.name)).all()
        assert rows(database) != rows(new)
        database.close()
        postgresql_databases.give_back(first)
        assert postgresql_databases.take() == first
    new.close()
    for name in (first, other):
        postgresql_databases.give_back(name)
