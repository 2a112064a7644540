"""What a case asks of the database until it is warned: it is most of what it costs the worker."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from partners.domain.mail.notices import NoticeKind
from partners.store.engine.database import Database
from tests.activities.conftest import Desk

MOST = {"sqlite": 58, "postgresql": 62}
"""On PostgreSQL transactions take turns for the audit, besides. Two of them look for an open case,
before and after the partner is locked: a case is locked before its partner."""


def test_a_case_is_opened_and_warned_with_few_statements(database: Database, desk: Desk) -> None:
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    opening = desk.open()
    assert opening.case is not None
    desk.send(opening.case, NoticeKind.WARNING)
    event.remove(database.engine, "before_cursor_execute", note)
    statements = [s for s in statements if not s.startswith("BEGIN")]
    assert len(statements) <= MOST[database.engine.dialect.name], "\n".join(statements)
