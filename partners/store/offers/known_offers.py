"""Why there is no offer of an id, for whoever asks."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal
from partners.store.people.near_partners import did_you_mean


@dataclass(eq=False)
class UnknownOffer(Refusal):
    """No offer has this id; or none that whoever asks may know of (rule 20)."""

    offer_id: str
    near: tuple[str, ...] = ()  # ids that read like it
    none_yet: bool = False  # there is no offer at all

    def __str__(self) -> str:
        if self.none_yet:
            return f"unknown offer {self.offer_id!r}, for there are no offers yet"
        return f"unknown offer {self.offer_id!r}{did_you_mean(self.near)}"
