"""Refusals that acts of more than one area give."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class NoReason(Refusal):
    """Rule 16: an act that needs a reason was given none."""

    def __str__(self) -> str:
        return "say why; it is recorded"


def need_reason(reason: str) -> None:
    """Raises NoReason for a blank one."""
    if not reason.strip():
        raise NoReason
