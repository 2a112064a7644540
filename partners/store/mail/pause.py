"""Until when all mail waits because the provider said so: one answer for all workers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.store.tables.base import ask, insert_into
from partners.store.tables.program_tables import SettingRow

RESUMES_AT = "mail_resumes_at"
"""A row of `settings`: an instant of the server's real clock, ISO 8601 in UTC."""

_VALUE = select(SettingRow.value).where(SettingRow.name == RESUMES_AT)


def resumes_at(session: Session) -> datetime | None:
    """When mail goes on; None if it was never asked to wait."""
    value = ask(session, _VALUE).scalar()
    return datetime.fromisoformat(value) if value else None


def pause(session: Session, until: datetime) -> None:
    """Let all mail wait until then, or later if that was said before."""
    statement = insert_into(session, SettingRow)
    statement = statement.values(name=RESUMES_AT, value=until.isoformat())
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    # In one statement: read first and written then, the earlier of two answers could be what stays.
    latest = (func.max if on_sqlite else func.greatest)(SettingRow.value, statement.excluded.value)
    session.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": latest})
    )
