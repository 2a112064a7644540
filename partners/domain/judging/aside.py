"""Partners whose data cannot be judged: set aside, so that everybody else is."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

MOST_WORDS = 300


class During(StrEnum):
    """What could not be done about a partner."""

    STANDARDS = "standards"  # hold them against the standards of their tier
    LADDER = "ladder"  # look whether they have earned the next tier
    CASE = "case"  # look at their open case
    REFERRALS = "referrals"  # look at their referrals
    CHECK_IN = "check-in"  # find out whether they are to be checked in on


ASIDE_WORDS = {
    During.STANDARDS: "not held against the standards",
    During.LADDER: "not looked at for a promotion",
    During.CASE: "no look at their case",
    During.REFERRALS: "no look at their referrals",
    During.CHECK_IN: "no look whether to check in",
}


class Aside(NamedTuple):
    """One partner, and what went wrong."""

    partner_id: str
    reason: str

    @classmethod
    def of(cls, partner_id: str, error: Exception) -> Aside:
        return cls(partner_id, f"{type(error).__name__}: {error}"[:MOST_WORDS])
