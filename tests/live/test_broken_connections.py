"""Connections cut in the middle of INSERTs name nobody in what is kept of it (rule 18).

Real workers, a real server and a real PostgreSQL: the first INSERT into each table loses its
connection, or is refused in words of the database's own that hold the row.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from psycopg import connect, sql
from sqlalchemy import select
from temporalio.client import WorkflowHandle

from partners.store.tables.base import Base
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests.live.conftest import UNGUARDED, Live
from workflows.kit import options
from workflows.kit.options import grace_workflow_id

NAME, ADDRESS = "Jane Doe of Quay Street", "jane@quay.example"
CUT = "PERFORM pg_terminate_backend(pg_backend_pid())"
REFUSED = "RAISE EXCEPTION 'no room for %', NEW USING DETAIL = NEW::text"
FAULTS = """
CREATE SCHEMA faults;
CREATE FUNCTION faults.first_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('faults.' || TG_TABLE_NAME) = 1 THEN {fault}; END IF;  -- is not rolled back
  RETURN NEW;
END $$;
"""


@contextmanager
def first_inserts_fail(live: Live, fault: str) -> Iterator[None]:
    """The first INSERT into each table meets the fault, in the middle of the statement."""
    url = live.database.engine.url.set(drivername="postgresql")
    with connect(url.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(FAULTS.format(fault=fault).encode())
        for table in Base.metadata.tables:
            names = {"table": sql.Identifier(table), "counter": sql.Identifier("faults", table)}
            admin.execute(sql.SQL("CREATE SEQUENCE {counter}").format(**names))
            admin.execute(
                sql.SQL(
                    "CREATE TRIGGER fails BEFORE INSERT ON {table} FOR EACH ROW "
                    "EXECUTE FUNCTION faults.first_time()"
                ).format(**names)
            )
        try:
            yield
        finally:
            admin.execute("DROP SCHEMA faults CASCADE")


async def kept(handle: WorkflowHandle[Any, Any]) -> str:
    """The whole history as the server has it; payloads are JSON within it."""
    history = await handle.fetch_history()
    return "\n".join(
        event.SerializeToString().decode("utf-8", "replace") for event in history.events
    )


def lines_of_mails(live: Live) -> set[str]:
    """What stands in the mails and nowhere else."""
    with live.database.read() as session:
        texts = session.scalars(select(OutboxRow.text)).all()
    return {line for text in texts for line in text.splitlines() if len(line) > 40}


@pytest.mark.parametrize(
    ("fault", "seen_as"),
    [(CUT, "OperationalError: the database's AdminShutdown (57P01)"), (REFUSED, "(P0001)")],
    ids=["cut", "refused"],
)
async def test_rule_18_inserts_that_break_name_nobody_in_histories_logs_and_stderr(
    live_on_postgresql: Live,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fault: str,
    seen_as: str,
) -> None:
    live = live_on_postgresql
    monkeypatch.setattr(options.PATIENT, "initial_interval", timedelta(milliseconds=20))
    monkeypatch.setattr(options.PATIENT, "backoff_coefficient", 1.0)
    caplog.set_level(logging.INFO)
    live.accept(guard=UNGUARDED)
    live.below("jane", "other")
    with live.database.write() as session:
        jane = session.get_one(PartnerRow, "jane")
        jane.name, jane.email = NAME, ADDRESS
    async with live.working():
        with first_inserts_fail(live, fault):
            review = await live.start()
            await review.result()
            await live.eventually(lambda: live.cases("in_grace") == 2, "both are warned")
        case = live.client.get_workflow_handle(grace_workflow_id("jane"))
        histories = await kept(review) + await kept(case)

    everything = histories + caplog.text + "".join(capfd.readouterr())
    mails = lines_of_mails(live)
    assert len(mails) > 5
    assert [words for words in (NAME, ADDRESS, *mails) if words in everything] == []
    assert live.mails() == {("warning", "jane"): 1, ("warning", "other"): 1}
    assert seen_as in histories  # it did break
    assert seen_as in caplog.text  # and an engineer reads of it
