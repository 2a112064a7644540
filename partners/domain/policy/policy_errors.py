"""Validation errors of the policy in our own words, each at its own key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


class Wrong(NamedTuple):
    """One problem: the keys that lead to it from the validated field, the value, the words.

    The message says what is wrong, then, after a semicolon, what to do.
    """

    at: tuple[str | int, ...]
    value: object
    message: str


def wrong(message: str) -> PydanticCustomError:
    """An error at the validated field itself."""
    return PydanticCustomError("policy", "{message}", {"message": message})


def raise_any(problems: Sequence[Wrong]) -> None:
    """Raise all problems at once; pydantic puts the validated field's path before each."""
    if not problems:
        return
    raise ValidationError.from_exception_data(
        "policy",
        [InitErrorDetails(type=wrong(p.message), loc=p.at, input=p.value) for p in problems],
    )
