"""The provider's suppression lists, and what comparing them with ours came to."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from pydantic.dataclasses import dataclass

from partners.domain.mail.delivery import Event

UNKNOWN_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""Of an entry without a time: unsubscribe groups list addresses alone."""


@dataclasses.dataclass(frozen=True)
class Listed:
    """One entry of a list."""

    email: str  # in its normal form
    scope: str  # all, everything or a topic
    cause: Event
    since: datetime
    reason: str = ""


@dataclass(frozen=True)
class Reconciled:
    """What was found: addresses on the provider's lists, new here, and no longer there."""

    listed: int = 0
    added: int = 0
    ended: int = 0
    told: int = 0  # cases whose warning turned out to have come back
