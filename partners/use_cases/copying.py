"""Rows of the database, copied: what is given to a face outlives the transaction."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def copied(kind: type[T], row: object, **others: Any) -> T:
    """What a row holds under the names of a dataclass's fields; `others`: what it does not."""
    names = {field.name for field in fields(kind)} - set(others)
    return kind(**{name: getattr(row, name) for name in names}, **others)
