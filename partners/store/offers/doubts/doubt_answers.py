"""`access` at the moments of orders; offers and partners are gathered once for all moments between
which neither changed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.access import access
from partners.domain.offers.doubt import doubts
from partners.domain.offers.offer import Buyer, Offer
from partners.domain.policy.policy import Policy
from partners.store.offers.buyers import buyers
from partners.store.offers.doubts.doubt_spans import Days, seconds
from partners.store.offers.offer_facts import offers
from partners.store.offers.offer_moment import Moment
from partners.store.policy import policies
from partners.store.tables.case_tables import OverrideRow, TierChangeRow
from partners.store.tables.exclusive_tables import ExclusiveRow, ExclusiveStateRow
from partners.store.tables.offer_tables import GrantRow, OfferRow, OfferStateRow


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
        effects = policies.effects(session).values()
        self._versions = sorted(self._days.start(day) for day in effects)
        self._policies: dict[int, Policy | None] = {}
        self._edges: dict[str, list[int]] = {}
        self._offers: dict[tuple[str, int], Offer | None] = {}
        self._partner = ""
        self._own: list[int] = []
        self._buyers: dict[int, Buyer] = {}
        self._grants: list[GrantRow] = []

    def doubts(self, order: Suspect) -> str:
        """The codes of what speaks against an order, as they are stored; "" if nothing does."""
        at = datetime.fromtimestamp(order.placed_at, UTC)
        policy = self._policy(order, at)
        if policy is None:
            return ""  # there was no program yet
        when = Moment(at, at.astimezone(policy.program.zone).date(), policy)
        offer = self._offer(order, when)
        if offer is None:
            return ""  # the program did not know the offer yet
        buyer = self._buyer(order, when)
        if any(g.offer_id == order.offer_id and _holds(g, when) for g in self._grants):
            offer = replace(offer, grants=frozenset({order.partner_id}))
        place = frozenset({order.postal_code}) if order.postal_code else None
        return doubts(access(buyer, offer, place, when.day))

    def _policy(self, order: Suspect, at: datetime) -> Policy | None:
        key = bisect_right(self._versions, order.placed_at)
        if key not in self._policies:
            found = policies.in_force_at(self._session, at)
            self._policies[key] = found and found[1]
        return self._policies[key]

    def _offer(self, order: Suspect, when: Moment) -> Offer | None:
        """The offer as it was, without its grants."""
        offer_id = order.offer_id
        if offer_id not in self._edges:
            self._edges[offer_id] = sorted([*self._versions, *self._of_offer(offer_id)])
        key = offer_id, bisect_right(self._edges[offer_id], order.placed_at)
        if key not in self._offers:
            self._offers[key] = next(iter(offers(self._session, when, [], [offer_id])), None)
        return self._offers[key]

    def _buyer(self, order: Suspect, when: Moment) -> Buyer:
        partner_id = order.partner_id
        if partner_id != self._partner:
            self._partner, self._buyers = partner_id, {}
            self._own = sorted([*self._versions, *self._of_partner(partner_id)])
            grants = select(GrantRow).where(GrantRow.partner_id == partner_id)
            self._grants = list(self._session.scalars(grants))
        key = bisect_right(self._own, order.placed_at)
        if key not in self._buyers:
            self._buyers[key] = buyers(self._session, [partner_id], when)[partner_id]
        return self._buyers[key]

    def _of_offer(self, offer_id: str) -> Iterator[int]:
        """When an offer, or an exclusive on its service, came to stand otherwise."""
        state, row, of_claim = OfferStateRow, ExclusiveRow, ExclusiveStateRow
        yield from map(
            seconds, self._session.scalars(select(state.at).where(state.offer_id == offer_id))
        )
        service = select(OfferRow.service).where(OfferRow.offer_id == offer_id).scalar_subquery()
        for claim in self._session.scalars(select(row).where(row.service == service)):
            yield from self._span(claim.first_day, claim.last_day)
            query = select(of_claim.at).where(of_claim.exclusive_id == claim.exclusive_id)
            yield from map(seconds, self._session.scalars(query))

    def _of_partner(self, partner_id: str) -> Iterator[int]:
        """The moments at which a partner's tier or blocks changed."""
        word, change = OverrideRow, TierChangeRow
        for one in self._session.scalars(select(word).where(word.partner_id == partner_id)):
            yield from self._span(one.from_day, one.until_day)
        moved = select(change.changed_at).where(change.partner_id == partner_id)
        yield from map(seconds, self._session.scalars(moved))

    def _span(self, first: date, last: date | None) -> Iterator[int]:
        """The edges of days, both included."""
        yield self._days.start(first)
        if last is not None:
            yield self._days.after(last)


def _holds(grant: GrantRow, when: Moment) -> bool:
    """As `offer_facts.granted` has it in SQL."""
    return (
        grant.from_day <= when.day
        and (grant.until_day is None or grant.until_day >= when.day)
        and grant.granted_at <= when.at
        and (grant.revoked_at is None or grant.revoked_at > when.at)
    )
