import ast
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from partners.store.engine import migrate
from partners.store.tables.every_table import METADATA

VERSIONS = sorted((Path(migrate.__file__).parents[1] / "migrations" / "versions").glob("*.py"))
OURS = {"partners", "activities", "workflows", "worker", "tests"}


def test_migrations_make_the_tables_that_the_code_describes(database):
    assert migrate.is_current(database)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []


def test_migrating_twice_changes_nothing(database):
    assert migrate.upgrade(database) == migrate.newest_revision()


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_imports_no_code_that_may_change_after_it(path):
    code = ast.parse(path.read_text())
    named = {a.name for n in ast.walk(code) if isinstance(n, ast.Import) for a in n.names}
    named |= {n.module or "" for n in ast.walk(code) if isinstance(n, ast.ImportFrom)}

    assert not {name for name in named if name.split(".")[0] in OURS}
