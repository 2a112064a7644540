import ast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from partners.store.engine import migrate, revisions
from partners.store.tables.every_table import METADATA

VERSIONS = sorted(revisions.VERSIONS.glob("*.py"))
OURS = {"partners", "activities", "workflows", "worker", "tests"}


def test_migrations_make_the_tables_that_the_code_describes(database):
    assert revisions.current_revision(database) == revisions.newest_revision()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, METADATA) == []


def test_migrating_twice_changes_nothing(database):
    assert migrate.upgrade(database) == revisions.newest_revision()


def test_alembic_finds_the_revisions_that_the_files_are_named_by(database):
    scripts = ScriptDirectory.from_config(migrate._config())
    newest_first = [script.revision for script in scripts.walk_revisions()]
    assert newest_first[::-1] == list(revisions.known_revisions())
    assert scripts.get_current_head() == revisions.newest_revision()
    with database.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    assert at == revisions.current_revision(database)


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_imports_no_code_that_may_change_after_it(path):
    code = ast.parse(path.read_text())
    named = {a.name for n in ast.walk(code) if isinstance(n, ast.Import) for a in n.names}
    named |= {n.module or "" for n in ast.walk(code) if isinstance(n, ast.ImportFrom)}

    assert not {name for name in named if name.split(".")[0] in OURS}
