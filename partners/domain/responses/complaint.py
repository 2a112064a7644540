"""Complaints about partners."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    MINOR = "minor"  # counts
    SERIOUS = "serious"  # counts, and is answered at once: see `response_policy.OnSerious`
