"""Exclusives that a person signs, and ends (rules 22 and 23)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.store.offers.holding import exclusive_places, exclusives
from partners.store.offers.holding.exclusives import Draft
from partners.store.offers.holding.losers import Loser, Losing
from partners.store.policy import policies
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.copying import copied
from partners.use_cases.offers.exclusive_desk import Desk
from partners.use_cases.offers.exclusive_refusals import (
    ExclusiveChanged,
    NoProposal,
    NotInForce,
    overlap,
)
from partners.use_cases.offers.exclusive_view import Exclusive

NAMED = 10
"""Of those who lose something, so many are named at once."""


@dataclass(frozen=True)
class Losers:
    """How many lose something; the first of them, who ordered there since that day leading."""

    count: int
    first: tuple[Loser, ...]
    since: date


@dataclass(frozen=True)
class Signing:
    """What signing would do: how the exclusive would stand, and who loses what, where."""

    exclusive: Exclusive
    seen: int  # the revision that was looked at
    losers: Losers


@dataclass(frozen=True)
class Done:
    """How an exclusive stands after an act. `runs`: its workflow was told."""

    exclusive: Exclusive
    runs: bool


def preview_signing(by: Manager, exclusive_id: str, reason: str) -> Signing:
    """What signing would do; nothing of it stays. Raises what signing would raise."""
    with by.database.rolled_back() as session:
        desk = Desk.of(session, by, reason)
        seen = desk.exclusive(exclusive_id).revision
        signed = copied(Exclusive, _sign(desk, exclusive_id))
    return Signing(signed, seen, losers(by, exclusive_id))


def losers(by: Viewer, exclusive_id: str) -> Losers:
    """Who loses what by an exclusive, as of now: counted, and the first of them named."""
    with by.database.snapshot() as session:
        losing = _losing(by, session, exclusive_id)
        return Losers(losing.count(), tuple(islice(losing.everybody(), NAMED)), losing.since)


@contextmanager
def every_loser(by: Viewer, exclusive_id: str) -> Iterator[Iterator[Loser]]:
    """All of them, read while they are taken; those who ordered there lately leading."""
    with by.database.snapshot() as session:
        yield _losing(by, session, exclusive_id).everybody()


async def sign(by: Manager, exclusive_id: str, reason: str, seen: int | None = None) -> Done:
    """Sign a proposal: it is announced, holds its place, and begins on its first day.

    `seen`: the revision that was shown; another one refuses. Raises ExclusivesOverlap where others
    hold the place.
    """
    with by.database.write() as session:
        desk = Desk.of(session, by, reason)
        if seen not in (None, desk.exclusive(exclusive_id).revision):
            raise ExclusiveChanged(exclusive_id)
        signed = copied(Exclusive, _sign(desk, exclusive_id))
    return Done(signed, await _tell(by, exclusive_id))


def preview_end(by: Manager, exclusive_id: str, reason: str) -> Exclusive:
    """How it would stand; nothing of it stays."""
    with by.database.rolled_back() as session:
        return _end(Desk.of(session, by, reason), exclusive_id)


async def end(by: Manager, exclusive_id: str, reason: str) -> Done:
    """End an exclusive before its last day; others may hold the place from then on."""
    with by.database.write() as session:
        ended = _end(Desk.of(session, by, reason), exclusive_id)
    return Done(ended, await _tell(by, exclusive_id))


def _end(desk: Desk, exclusive_id: str) -> Exclusive:
    row = desk.exclusive(exclusive_id)
    if not row.status.holds_place:
        raise NotInForce(exclusive_id, row.status)
    desk.stand(row, ExclusiveStatus.ENDED)
    return copied(Exclusive, row)


def _sign(desk: Desk, exclusive_id: str) -> ExclusiveRow:
    """All that signing checks and writes."""
    row, session = desk.exclusive(exclusive_id), desk.session
    if row.status is not ExclusiveStatus.PROPOSED:
        raise NoProposal(exclusive_id, row.status)
    terms = exclusives.terms_of(row)
    draft = Draft(row.partner_id, row.service, terms, row.offer_id, row.area_code, row.renews)
    desk.check(draft)
    codes = exclusive_places.codes_of(session, row)
    place = exclusive_places.look(session, row, codes)
    if isinstance(place, list):
        raise overlap(row.service, place)
    exclusive_places.take(session, row, codes, place)
    row.signed_at, row.signed_by = desk.now, desk.who
    desk.stand(row, ExclusiveStatus.ANNOUNCED)
    exclusives.grant(session, row, desk.now, desk.who)
    return row


async def _tell(by: Manager, exclusive_id: str) -> bool:
    """The one place where the workflow of an exclusive is started, or told of what a person did.

    False: nothing runs here yet; it goes on once a worker looks after exclusives.
    """
    return False


def _losing(by: Viewer, session: Session, exclusive_id: str) -> Losing:
    policy = policies.required(session, by.now())[1]
    row = exclusives.known(session, exclusive_id)
    return Losing(session, row, policy, calendar_of(policy).day_of(by.now()))
