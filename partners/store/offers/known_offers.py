"""Offers and areas by their ids, or the refusal that names which are meant."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.errors import Refusal
from partners.store.offers.claims import codes_of
from partners.store.people.near_partners import did_you_mean
from partners.store.tables.offer_tables import AreaRow

_A_FEW = 3


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


@dataclass(eq=False)
class UnknownArea(Refusal):
    """No area has this code."""

    area_code: str
    areas: tuple[str, ...] = ()  # a few that there are

    def __str__(self) -> str:
        there = f"; there are {', '.join(self.areas)} …" if self.areas else "; there is none yet"
        return f"unknown area {self.area_code!r}{there}"


def codes_of_area(session: Session, area_code: str) -> frozenset[str]:
    """The postal codes of an area. Raises UnknownArea if there is none."""
    if session.get(AreaRow, area_code) is None:
        some = select(AreaRow.area_code).order_by(AreaRow.area_code).limit(_A_FEW)
        raise UnknownArea(area_code, tuple(session.scalars(some)))
    return codes_of(session, {area_code})[area_code]
