"""What an exclusive is held against: orders of its subject, in its places, in some days."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Subject:
    """What is counted: a partner's orders of a service or of one offer, in some places.

    Exactly one of `service` and `offer_id` is given. `codes`: postal codes as
    `places.postal_code` writes them; None: everywhere, also orders that name no place.
    """

    partner_id: str
    service: str | None = None
    offer_id: str | None = None
    codes: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if (self.service is None) == (self.offer_id is None):
            raise ValueError("an exclusive is about a service or about one offer")


@dataclass(frozen=True, slots=True)
class ExclusiveFigures:
    """Orders of some days: `placed` by when they were placed, the others by their outcome.

    Orders excluded as the provider's own fault are exempt: of those placed `excluded` tells how
    many they were, in the others they do not stand. `concluded` are completed, failed or cancelled.
    """

    placed: int = 0
    completed: int = 0
    concluded: int = 0
    excluded: int = 0

    @property
    def completion(self) -> Decimal | None:
        """Completed ÷ concluded, from 0 to 1; None where nothing was concluded."""
        return Decimal(self.completed) / self.concluded if self.concluded else None

    def __add__(self, other: ExclusiveFigures) -> ExclusiveFigures:
        return ExclusiveFigures(
            self.placed + other.placed,
            self.completed + other.completed,
            self.concluded + other.concluded,
            self.excluded + other.excluded,
        )
