"""Offers as staff look at them: lists, one with its past, and who was granted it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.offers.offer import OfferStatus, PriceLevel, Visibility
from partners.store.offers.catalogue import blocked_offers, grants, known_offer, offer_changes
from partners.store.offers.catalogue import offer_prices as prices
from partners.store.offers.catalogue.offer_windows import windows_of
from partners.store.policy import policies
from partners.store.tables.offer_tables import OfferRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied


@dataclass(frozen=True)
class OfferFacts:
    """An offer as it stands. Days are inclusive program days."""

    offer_id: str
    service: str
    name: str
    description: str
    status: OfferStatus
    visibility: Visibility
    area_code: str | None
    opens_on: date | None
    closes_on: date | None

    @classmethod
    def of(cls, row: OfferRow) -> OfferFacts:
        return copied(cls, row)


@dataclass(frozen=True)
class OfferState:
    """How an offer stood from a moment on."""

    at: datetime
    status: OfferStatus
    visibility: Visibility
    who: str
    reason: str


@dataclass(frozen=True)
class PriceFacts:
    """A price that was set. One that ends before its first day was taken back, and never held."""

    level: PriceLevel
    partner_id: str | None
    tier: str | None
    amount: Decimal | None
    discount: Decimal | None
    currency: str
    from_day: date
    until_day: date | None
    who: str
    reason: str


@dataclass(frozen=True)
class WindowFacts:
    tier: str
    visible_from: date
    orderable_from: date


@dataclass(frozen=True)
class GrantFacts:
    """A grant, and who took it back."""

    offer_id: str
    partner_id: str
    from_day: date
    until_day: date | None
    granted_at: datetime
    who: str
    reason: str
    exclusive_id: str | None
    revoked_at: datetime | None
    revoked_by: str | None
    revoked_because: str | None


@dataclass(frozen=True)
class OfferPage:
    """An offer with its past."""

    offer: OfferFacts
    states: tuple[OfferState, ...]
    prices: tuple[PriceFacts, ...]  # base and tier prices that were ever set
    own_prices: int  # of partners
    windows: tuple[WindowFacts, ...]
    granted: int  # partners whose grant holds today or later
    exclusives: tuple[str, ...]  # that run on it


@dataclass(frozen=True)
class InWords:
    """A block of something that no offer is called; `near`: offers that are perhaps meant."""

    partner_id: str
    words: str
    from_day: date
    until_day: date | None
    who: str
    near: tuple[str, ...]


def list_offers(
    by: Viewer,
    service: str | None = None,
    status: OfferStatus | None = None,
    visibility: Visibility | None = None,
) -> Iterator[OfferFacts]:
    """Every offer, hidden ones too, by id; read as they are asked for."""
    wanted = {"service": service, "status": status, "visibility": visibility}
    with by.database.read() as session:
        yield from map(OfferFacts.of, offer_changes.listed(session, **wanted))


def show_offer(by: Viewer, offer_id: str) -> OfferPage:
    """An offer with its past. Raises UnknownOffer."""
    with by.database.read() as session:
        _, policy = policies.required(session, by.now())
        row = known_offer.known_offer(session, offer_id)
        return _page(session, row, calendar_of(policy).day_of(by.now()))


def list_grants(by: Viewer, offer_id: str) -> Iterator[GrantFacts]:
    """Who was granted an offer, the newest first. Raises UnknownOffer."""
    with by.database.read() as session:
        known_offer.known_offer(session, offer_id)
        yield from (copied(GrantFacts, row) for row in grants.listed(session, offer_id))


def list_prices(by: Viewer, offer_id: str) -> Iterator[PriceFacts]:
    """Every price of an offer, the newest first. Raises UnknownOffer."""
    with by.database.read() as session:
        known_offer.known_offer(session, offer_id)
        yield from (copied(PriceFacts, row) for row in prices.listed(session, offer_id))


def list_in_words(by: Viewer) -> Iterator[InWords]:
    """Blocks that hold and are of something that no offer is called."""
    with by.database.read() as session:
        _, policy = policies.required(session, by.now())
        today = calendar_of(policy).day_of(by.now())
        for row, words in blocked_offers.unmatched(session, today):
            near = known_offer.near_offers(session, words)
            yield InWords(row.partner_id, words, row.from_day, row.until_day, row.who, near)


def _page(session: Session, row: OfferRow, today: date) -> OfferPage:
    offer_id = row.offer_id
    return OfferPage(
        OfferFacts.of(row),
        tuple(copied(OfferState, one) for one in offer_changes.states_of(session, offer_id)),
        tuple(copied(PriceFacts, one) for one in prices.general_prices(session, offer_id)),
        prices.number_of_own(session, offer_id),
        tuple(copied(WindowFacts, one) for one in windows_of(session, offer_id)),
        grants.number_held(session, offer_id, today),
        offer_changes.runs_on(session, row),
    )
