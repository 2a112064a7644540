"""What all tables share: their metadata, and the types of their columns.

Each table's columns say what they hold; instants are UTC, days are the program's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    ColumnElement,
    CursorResult,
    DateTime,
    Dialect,
    Executable,
    MetaData,
    Numeric,
    String,
    Text,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from partners.errors import SetupError

E = TypeVar("E", bound=StrEnum)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite, which has no zones, keeps the same moment without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"an instant needs a zone: {value}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Exact(TypeDecorator[Decimal]):
    """An exact decimal; SQLite, which has none, keeps its text."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric())
        return dialect.type_descriptor(String(64))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Word(TypeDecorator[E]):
    """A member of an enum, as its text; a text that is none of them is refused, in and out."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[E], length: int = 16) -> None:
        super().__init__(length)
        self.words, self.length = words, length
        self._known = {str(word): word for word in words}

    @property
    def python_type(self) -> type[E]:
        return self.words

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self._word(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self._word(value)

    def _word(self, text: str) -> E:
        if (word := self._known.get(text)) is None:
            known = ", ".join(self._known)
            raise SetupError(
                f"{text!r} is no {self.words.__name__} (those are {known}): if the database holds "
                "it, a newer version of the program wrote it, or somebody by hand"
            )
        return word


def as_stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column read without its enum: whatever stands in it."""
    return type_coerce(column, String) if isinstance(column.type, Word) else column


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: Instant,
        Decimal: Exact,
        dict[str, Any]: JSON,
        list[dict[str, Any]]: JSON,
        list[str]: JSON,
        str: Text,
    }


def ask(
    session: Session, statement: Executable, asked: Any = None
) -> CursorResult[*tuple[Any, ...]]:
    """Run a statement about columns that was built once, past the ORM: for half the processor time.

    As any other, it sees what this session has written.
    """
    session.flush()
    return session.connection().execute(statement, asked)


def insert_into(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say `on_conflict_…`, which SQLAlchemy has for each system apart."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if on_sqlite else postgresql.insert(table)


PartnerId = String(64)
