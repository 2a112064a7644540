"""Kinds of word over the automation (rule 16)."""

from __future__ import annotations

from enum import StrEnum


class Override(StrEnum):
    """What a person says about a partner, and what holds for some time."""

    WAIVER = "waiver"  # not judged
    BLOCK = "block"  # beyond reviews
    OFFERS = "offers"  # some offers are blocked; judged as everybody
    PIN = "pin"  # stays in the tier
