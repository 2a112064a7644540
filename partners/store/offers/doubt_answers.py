"""`access` at the moments of orders, asked once for all moments between which nothing changed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.doubt import doubts
from partners.store.offers.doubt_spans import Days, seconds
from partners.store.offers.offer_facts import answers
from partners.store.offers.offer_moment import Moment
from partners.store.policy import policies
from partners.store.tables.case_tables import OverrideRow, TierChangeRow
from partners.store.tables.exclusive_tables import ExclusiveRow, ExclusiveStateRow
from partners.store.tables.offer_tables import GrantRow, OfferRow, OfferStateRow, WindowRow

_Key = tuple[str, str, str | None, int]


class Suspect(NamedTuple):
    """An order that may be one that its partner could not have placed."""

    order_id: str
    partner_id: str
    offer_id: str
    postal_code: str | None
    placed_at: int


class Answers:
    """What speaks against orders. Ask in the order of partners: of one partner much is kept."""

    def __init__(self, session: Session, zone: ZoneInfo) -> None:
        self._session = session
        self._days = Days(zone)
        self._offers: dict[str, tuple[list[int], bool]] = {}
        self._partner = ""
        self._edges: dict[str, list[int]] = {}
        self._own: set[int] = set()
        self._known: dict[_Key, str] = {}
        versions = [policies.load(session, row.version) for row in policies.history(session)]
        self._early = {tier.offers.early_access_days for one in versions for tier in one.tiers}
        self._versions = {self._days.start(day) for day in policies.effects(session).values()}

    def doubts(self, order: Suspect) -> str:
        """The codes of what speaks against an order, as they are stored; "" if nothing does."""
        if order.partner_id != self._partner:
            self._partner = order.partner_id
            self._edges, self._known = {}, {}
            self._own = set(self._of_partner(order.partner_id))
        edges, by_place = self._between(order.offer_id)
        place = order.postal_code if by_place else None
        key = (order.partner_id, order.offer_id, place, bisect_right(edges, order.placed_at))
        if key not in self._known:
            self._known[key] = self._ask(order, place)
        return self._known[key]

    def _ask(self, order: Suspect, place: str | None) -> str:
        at = datetime.fromtimestamp(order.placed_at, UTC)
        found = policies.in_force_at(self._session, at)
        if found is None:
            return ""  # there was no program yet
        day = at.astimezone(found[1].program.zone).date()
        codes = None if place is None else frozenset({place})
        given = answers(
            self._session, order.partner_id, [order.offer_id], codes, Moment(at, day, found[1])
        )
        return doubts(given[0]) if given else ""  # the program did not know the offer yet

    def _between(self, offer_id: str) -> tuple[list[int], bool]:
        """The moments at which an answer may change for this partner; whether places matter."""
        if offer_id not in self._offers:
            self._offers[offer_id] = self._of_offer(offer_id)
        common, by_place = self._offers[offer_id]
        if offer_id not in self._edges:
            grants = self._of_grants(offer_id)
            self._edges[offer_id] = sorted({*common, *self._own, *grants, *self._versions})
        return self._edges[offer_id], by_place

    def _of_offer(self, offer_id: str) -> tuple[list[int], bool]:
        offer = self._session.get_one(OfferRow, offer_id)
        row, state, window = ExclusiveRow, OfferStateRow, WindowRow
        claims = list(self._session.scalars(select(row).where(row.service == offer.service)))
        found = [seconds(at) for at in self._session.scalars(
            select(state.at).where(state.offer_id == offer_id)
        )]  # fmt: skip
        for one in self._session.scalars(select(window).where(window.offer_id == offer_id)):
            found += map(self._days.start, (one.visible_from, one.orderable_from))
        if offer.opens_on is not None:
            early = (offer.opens_on - timedelta(days=days) for days in {0, *self._early})
            found += map(self._days.start, early)
        found += self._span(None, offer.closes_on)
        for claim in claims:
            found += self._span(claim.first_day, claim.last_day)
        of_claims = select(ExclusiveStateRow.at).where(
            ExclusiveStateRow.exclusive_id.in_([claim.exclusive_id for claim in claims])
        )
        found += map(seconds, self._session.scalars(of_claims))
        by_place = any(claim.area_code is not None for claim in claims)
        return found, by_place or offer.area_code is not None

    def _of_partner(self, partner_id: str) -> Iterator[int]:
        word, change = OverrideRow, TierChangeRow
        for one in self._session.scalars(select(word).where(word.partner_id == partner_id)):
            yield from self._span(one.from_day, one.until_day)
        moved = select(change.changed_at).where(change.partner_id == partner_id)
        yield from map(seconds, self._session.scalars(moved))

    def _of_grants(self, offer_id: str) -> Iterator[int]:
        row = GrantRow
        query = select(row).where(row.offer_id == offer_id, row.partner_id == self._partner)
        for one in self._session.scalars(query):
            yield from self._span(one.from_day, one.until_day)
            yield seconds(one.granted_at)
            if one.revoked_at is not None:
                yield seconds(one.revoked_at)

    def _span(self, first: date | None, last: date | None) -> Iterator[int]:
        """The edges of days, both included."""
        if first is not None:
            yield self._days.start(first)
        if last is not None:
            yield self._days.after(last)
