"""Alembic's entry: runs on the connection that `partners.store.engine.migrate` hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from partners.store.tables.base import Word
from partners.store.tables.every_table import METADATA


def render_plainly(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """A migration names plain column types, for our own may change after it is written."""
    if kind == "type" and isinstance(item, TypeDecorator):
        autogen_context.imports.add("from sqlalchemy import text")
        if isinstance(item, Word):
            return f"sa.String(length={item.length})"
        return {"Instant": "sa.DateTime(timezone=True)", "Exact": "exact()"}[type(item).__name__]
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_item=render_plainly,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
