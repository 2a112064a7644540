"""The steps of a progressive response, as a criterion lists them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from partners.domain.policy.policy_errors import wrong


class ResponseStep(StrEnum):
    """What answers an issue, mildest first."""

    CHECK_IN = "check_in"  # a friendly word: help offered, nothing at stake
    WARNING = "warning"  # a case: the warning and its grace
    REMOVAL = "removal"  # what the grace ends in if it goes on


_WHOLE = ", ".join(f'"{step}"' for step in ResponseStep)
_REMEDY = f"write [{_WHOLE}], or delete response for a warning at once"


def _is_a_list(given: object) -> object:
    if isinstance(given, str):
        raise wrong(f"response is a list of steps; {_REMEDY}")
    return given


def _is_in_order(steps: Sequence[ResponseStep]) -> Sequence[ResponseStep]:
    """Rule 1 decides what may be left out: only the check-in."""
    if not steps:
        raise wrong(f"response names no step; {_REMEDY}")
    if list(steps) != [step for step in ResponseStep if step in steps]:
        raise wrong(f"the steps are out of order, or one is there twice; {_REMEDY}")
    if ResponseStep.WARNING not in steps:
        raise wrong(f"nobody is removed, or left below, without a warning (rule 1); {_REMEDY}")
    if ResponseStep.REMOVAL not in steps:
        raise wrong(f"a warning's grace ends in removal if nothing gets better; {_REMEDY}")
    return steps


Response = Annotated[
    tuple[ResponseStep, ...], BeforeValidator(_is_a_list), AfterValidator(_is_in_order)
]
