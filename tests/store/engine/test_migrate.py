from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from partners.store.engine import migrate
from partners.store.tables.every_table import METADATA


def test_migrations_make_the_tables_that_the_code_describes(database):
    assert migrate.is_current(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []


def test_migrating_twice_changes_nothing(database):
    assert migrate.upgrade(database) == migrate.newest_revision()
