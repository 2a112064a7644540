"""Adding an offer, what it says of itself, and how it stands: checked, written, kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.offers.offer import OfferStatus, Visibility
from partners.domain.offers.offer_life import LEADS_TO, Lack, SetPrice, lacks
from partners.store.offers.areas import known_area
from partners.store.offers.catalogue.offer_prices import set_prices
from partners.store.offers.catalogue.offer_refusals import (
    ExclusiveRunsOnOffer,
    NothingChanges,
    OfferExists,
    OfferIsRetired,
    OfferNotReady,
    OfferStandsOtherwise,
    OpenedAlready,
    UnfitOfferId,
)
from partners.store.offers.catalogue.term_refusals import (
    in_order,
    not_over,
)
from partners.store.offers.holding import exclusive_places
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.offer_tables import OfferRow, OfferStateRow

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_HOLDING = [status for status in ExclusiveStatus if status.holds_place]


@dataclass(frozen=True)
class Said:
    """Who changes offers, why and when; `today` is that moment's program day."""

    who: str
    reason: str
    at: datetime
    today: date


@dataclass(frozen=True)
class Described:
    """What an offer says of itself."""

    service: str
    name: str = ""
    description: str = ""
    visibility: Visibility = Visibility.SELECTED  # hidden is the default (rule 20)
    opens_on: date | None = None
    closes_on: date | None = None
    area_code: str | None = None

    @classmethod
    def of(cls, row: OfferRow) -> Described:
        return cls(**{name: getattr(row, name) for name in cls.__dataclass_fields__})


def check_id(offer_id: str) -> str:
    """The id. Raises UnfitOfferId for one that no offer may have."""
    if not _ID.fullmatch(offer_id):
        raise UnfitOfferId(offer_id)
    return offer_id


def add(session: Session, offer_id: str, described: Described, said: Said) -> OfferRow:
    """A draft of a new offer. Raises a refusal that says why there is none."""
    check_new(session, offer_id, described, said.today)
    row = OfferRow(offer_id=offer_id, status=OfferStatus.DRAFT, **vars(described))
    session.add(row)
    session.flush()
    _keep(session, row, said)
    return row


def check_new(session: Session, offer_id: str, described: Described, today: date) -> None:
    if session.get(OfferRow, check_id(offer_id)) is not None:
        raise OfferExists(offer_id)
    _check(session, described)
    not_over(described.closes_on, today)


def change(session: Session, row: OfferRow, described: Described, said: Said) -> None:
    """Let it say something else of itself. Raises NothingChanges, and refusals as `add`."""
    was = Described.of(row)
    if was == described:
        raise NothingChanges(row.offer_id)
    check_change(session, row, described, said.today)
    for name, value in vars(described).items():
        setattr(row, name, value)
    session.flush()
    if was.visibility is not described.visibility:
        _keep(session, row, said)


def check_change(session: Session, row: OfferRow, described: Described, today: date) -> None:
    was = Described.of(row)
    if row.status is OfferStatus.RETIRED:
        raise OfferIsRetired(row.offer_id)
    _check(session, described)
    _check_days(row, was, described, today)
    if row.status is not OfferStatus.DRAFT and not described.name.strip():
        raise OfferNotReady(row.offer_id, (Lack.NAME,))
    if described.service != was.service:
        check_free_of_exclusives(session, row)


def become(session: Session, row: OfferRow, wanted: OfferStatus, said: Said) -> None:
    """Let an offer stand otherwise from now on. Raises a refusal where no step leads there."""
    check_become(row, wanted)
    if wanted is OfferStatus.ACTIVE:
        prices = set_prices(session, row.offer_id)
        check_ready(row.offer_id, Described.of(row), prices, said.today)
    if wanted is OfferStatus.RETIRED:
        check_free_of_exclusives(session, row)
    row.status = wanted
    session.flush()
    _keep(session, row, said)


def check_become(row: OfferRow, wanted: OfferStatus) -> None:
    if row.status is OfferStatus.RETIRED:
        raise OfferIsRetired(row.offer_id)
    if wanted not in LEADS_TO[row.status]:
        raise OfferStandsOtherwise(row.offer_id, row.status, wanted)


def check_ready(
    offer_id: str, described: Described, prices: Iterable[SetPrice], today: date
) -> None:
    """Raises OfferNotReady with what an offer lacks before it can be active."""
    if found := tuple(lacks(described.name, described.closes_on, prices, today)):
        raise OfferNotReady(offer_id, tuple(map(str, found)))


def check_free_of_exclusives(session: Session, row: OfferRow) -> None:
    """Raises ExclusiveRunsOnOffer, naming them. Takes the turn of exclusives, so that none is
    signed meanwhile."""
    exclusive_places.take_turn(session)
    if running := runs_on(session, row):
        raise ExclusiveRunsOnOffer(row.offer_id, running)


def runs_on(session: Session, row: OfferRow) -> tuple[str, ...]:
    """The exclusives that this offer serves: those of it, and where it is the last offer of its
    service those of the service."""
    query = select(ExclusiveRow).where(
        ExclusiveRow.service == row.service, ExclusiveRow.status.in_(_HOLDING)
    )
    found = session.scalars(query.order_by(ExclusiveRow.exclusive_id)).all()
    of_it = [one.exclusive_id for one in found if one.offer_id == row.offer_id]
    of_service = [one.exclusive_id for one in found if one.offer_id is None]
    if of_service and _is_last(session, row):
        of_it += of_service
    return tuple(of_it)


def _is_last(session: Session, row: OfferRow) -> bool:
    others = select(OfferRow.offer_id).where(
        OfferRow.service == row.service,
        OfferRow.offer_id != row.offer_id,
        OfferRow.status != OfferStatus.RETIRED,
    )
    return session.scalar(others.limit(1)) is None


def states_of(session: Session, offer_id: str) -> list[OfferStateRow]:
    """How it stood, from when on, and who said so; the oldest first."""
    query = select(OfferStateRow).where(OfferStateRow.offer_id == offer_id)
    return list(session.scalars(query.order_by(OfferStateRow.state_id)))


def listed(session: Session, **wanted: Any) -> Iterator[OfferRow]:
    """Offers by id, read as they are asked for; `wanted`: only those with these values."""
    query = select(OfferRow).order_by(OfferRow.offer_id)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(getattr(OfferRow, name) == value)
    yield from session.scalars(query.execution_options(yield_per=500))


def _keep(session: Session, row: OfferRow, said: Said) -> None:
    state = OfferStateRow(
        offer_id=row.offer_id,
        at=said.at,
        status=row.status,
        visibility=row.visibility,
        who=said.who,
        reason=said.reason,
    )
    session.add(state)
    session.flush()


def _check(session: Session, described: Described) -> None:
    in_order(described.opens_on, described.closes_on)
    if described.area_code is not None:
        known_area(session, described.area_code)


def _check_days(row: OfferRow, was: Described, new: Described, today: date) -> None:
    """A first or last day that has come stays; a draft, which nobody has seen, may have any."""
    if new.closes_on != was.closes_on:
        not_over(new.closes_on, today)
    if row.status is OfferStatus.DRAFT:
        return
    if new.closes_on != was.closes_on:
        not_over(was.closes_on, today)
    if new.opens_on != was.opens_on:
        if was.opens_on is None or was.opens_on <= today:
            raise OpenedAlready(row.offer_id, str(was.opens_on or "ever"))
        not_over(new.opens_on, today)
