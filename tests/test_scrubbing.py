"""What a broken database leaves in histories and logs names nobody (rule 18)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, default
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from partners.errors import UserError
from partners.store.engine.database import Database
from partners.temporal.scrubbing import Unnamed
from tests import builders

NAME, ADDRESS = "Jane Doe of Quay Street", "jane@quay.example"
LOST = "server closed the connection: " + ADDRESS


class _Step(ActivityInboundInterceptor):
    def __init__(self, step: Callable[[], object]) -> None:
        self._step = step

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        return self._step()


async def history_of(step: Callable[[], object]) -> str:
    """What the server would keep of a step that fails: its failure with all causes and traces."""
    whole = Unnamed().intercept_activity(_Step(step))

    async def run() -> None:
        await whole.execute_activity(ExecuteActivityInput(lambda: None, [], None, {}))

    kept = Failure()
    try:
        await ActivityEnvironment().run(run)
    except Exception as error:
        DefaultFailureConverter().to_failure(error, default().payload_converter, kept)
        logging.getLogger("temporalio.activity").warning("failed", exc_info=True)
    return str(kept)


def add_jane(database: Database, *, twice: bool = False) -> None:
    for _ in range(1 + twice):
        with database.write() as session:
            builders.a_partner(session, "jane", name=NAME, email=ADDRESS)


async def test_rule_18_a_connection_that_breaks_in_an_insert_names_nobody(
    database: Database, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def break_off(conn: Any, cursor: Any, statement: str, *more: Any) -> None:
        if "INSERT INTO partners" in statement:
            raise database.engine.dialect.dbapi.OperationalError(LOST)  # type: ignore[union-attr]

    event.listen(database.engine, "before_cursor_execute", break_off)

    kept = await history_of(lambda: add_jane(database))

    everything = kept + caplog.text + "".join(capfd.readouterr())
    assert "OperationalError" in kept
    assert "add_jane" in caplog.text  # an engineer sees where
    assert NAME not in everything
    assert ADDRESS not in everything


async def test_rule_18_what_the_database_says_of_a_row_is_not_passed_on(
    database: Database, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = await history_of(lambda: add_jane(database, twice=True))

    everything = kept + caplog.text + "".join(capfd.readouterr())
    assert "IntegrityError" in kept
    assert NAME not in everything
    assert ADDRESS not in everything


async def test_rule_18_causes_are_cut_off_from_the_programs_own_errors() -> None:
    def step() -> None:
        try:
            raise ValueError(NAME)
        except ValueError as error:
            raise ApplicationError("refused: no", type="Refused") from error

    kept = await history_of(step)

    assert "refused: no" in kept
    assert NAME not in kept


async def test_the_programs_own_words_are_kept() -> None:
    def step() -> None:
        raise UserError("there is no partner acme; see: partners list")

    assert "there is no partner acme" in await history_of(step)


def test_rule_18_parameters_are_not_part_of_an_errors_words(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as raised:
        add_jane(database, twice=True)
    assert "SQL parameters hidden" in str(raised.value)
