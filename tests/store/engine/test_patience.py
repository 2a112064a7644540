"""Whoever will not wait for long gives up what another holds, on either system."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from partners.store.engine.address import trouble
from partners.store.engine.database import Database
from partners.store.tables.program_tables import GUARD_LOCK, LockRow


def test_a_command_gives_up_what_another_program_holds(database: Database) -> None:
    asked = database.engine.url.render_as_string(hide_password=False)
    hasty = Database(asked, patience=0.2)
    turn = select(LockRow.name).where(LockRow.name == GUARD_LOCK).with_for_update()
    with database.write() as holds:
        holds.execute(turn)
        with pytest.raises(OperationalError) as failed, hasty.write() as waits:
            waits.execute(turn)
    assert trouble(failed.value) == (
        "another program is writing to the database and has not ended; try again"
    )
    with hasty.write() as session:
        assert session.scalar(turn) == GUARD_LOCK
    hasty.close()
