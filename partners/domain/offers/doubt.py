"""Orders of offers that their partner could not have had: kept, and looked at by staff."""

from __future__ import annotations

from partners.domain.offers.access import FORBIDS, Access

UNKNOWN_OFFER = "unknown_offer"
"""Beside the codes of `access`: the program has no such offer."""

SEPARATOR = ","


def doubts(answer: Access) -> str:
    """The codes of what spoke against an order, in the order of the rules, as they are stored;
    "" where nothing did."""
    found = (reason.code for reason in answer.reasons if reason.code in FORBIDS)
    return SEPARATOR.join(dict.fromkeys(found))


def codes(stored: str) -> tuple[str, ...]:
    return tuple(stored.split(SEPARATOR))
