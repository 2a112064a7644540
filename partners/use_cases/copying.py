"""What a face is given: rows of the database as data that outlives the transaction, counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from partners.use_cases.acting import Step

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
One = TypeVar("One")


def copied(kind: type[T], row: object, **others: Any) -> T:
    """What a row holds under the names of a dataclass's fields; `others`: what it does not."""
    names = {field.name for field in fields(kind)} - set(others)
    return kind(**{name: getattr(row, name) for name in names}, **others)


def counted(items: Iterable[One], step: Step) -> Iterator[One]:
    """The items, each counted as a step."""
    for item in items:
        step()
        yield item
