"""What passes between the workflow that resolves unknown mail and its activities."""

from __future__ import annotations

from pydantic.dataclasses import dataclass


@dataclass(frozen=True)
class Resolve:
    """Look into everything that is unknown."""

    most: int = 500


@dataclass(frozen=True)
class Resolved:
    """How many messages were settled by evidence, given up, and are still unknown."""

    settled: int = 0
    lost: int = 0
    unknown: int = 0
