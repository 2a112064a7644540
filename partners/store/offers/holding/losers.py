"""Who loses what when an exclusive begins, read for any number of partners.

No rule tells partners apart who are in the same tier and have no grant, block or exclusive of their
own: one of them answers for all. So what is asked grows with the tiers and the exceptions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.offers.losing import Lost, lost
from partners.domain.offers.offer import Buyer, Claim, Currency, Offer, Window
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.offers.areas import codes_of
from partners.store.offers.holding import exclusive_places
from partners.store.overrides.overrides import holding
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.exclusive_tables import ExclusiveCodeRow, ExclusiveRow
from partners.store.tables.feed_tables import OrderRow, ServiceTotalRow
from partners.store.tables.offer_tables import AreaPlaceRow, GrantRow, OfferRow, WindowRow
from partners.store.tables.program_tables import PartnerRow

LOOKED_BACK = 12
"""Months, beside this one, in which who ordered there is named first."""
_PAGE = 1000
_EXCLUDING = (ExclusiveStatus.ANNOUNCED, ExclusiveStatus.ACTIVE)


class Loser(NamedTuple):
    """A partner, what they can order no more, and how much of it they did order there."""

    partner_id: str
    name: str
    tier: str | None
    lost: tuple[Lost, ...]
    orders: int


@dataclass
class _Exceptions:
    """What holds of single partners."""

    granted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # by offer
    blocked: set[str] = field(default_factory=set)
    blocked_offers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    holders: set[str] = field(default_factory=set)

    @property
    def partner_ids(self) -> set[str]:
        with_grants = set[str]().union(*self.granted.values())
        return with_grants | self.blocked | self.holders | set(self.blocked_offers)


class Losing:
    """Who loses what by an exclusive, on a day; asked of the database as it is now."""

    def __init__(
        self,
        session: Session,
        row: ExclusiveRow,
        policy: Policy,
        today: date,
    ) -> None:
        self._session, self._row, self._policy = session, row, policy
        self._codes = codes = exclusive_places.codes_of(session, row)
        self._day = max(row.first_day, today)
        self.since = Month.of(today).plus(-LOOKED_BACK).first_day
        self._claim = Claim(row.partner_id, codes)
        self._rows = session.scalars(
            select(OfferRow).where(OfferRow.service == row.service).order_by(OfferRow.offer_id)
        ).all()
        self._exceptions = self._find_exceptions()
        self._offers = self._with_claims()
        self._by_tier: dict[str | None, tuple[Lost, ...]] = {}
        self._special = self._exceptions.partner_ids | {row.partner_id}

    def count(self) -> int:
        """How many partners lose anything."""
        row = PartnerRow
        tiers = dict(self._session.execute(select(row.tier, func.count()).group_by(row.tier)).all())
        special = self._partners(sorted(self._special))
        for _, _, tier in special:
            tiers[tier] -= 1
        usual = sum(number for tier, number in tiers.items() if number and self._of_tier(tier))
        return usual + sum(1 for who, _, tier in special if self._of(who, tier))

    def everybody(self) -> Iterator[Loser]:
        """Those who ordered there lately leading, by how much; then the others by id."""
        ordered = self._ordered()
        lately = sorted(ordered, key=lambda who: (-ordered[who], who))
        for start in range(0, len(lately), _PAGE):
            page = {one[0]: one for one in self._partners(lately[start : start + _PAGE])}
            for who in lately[start : start + _PAGE]:
                if who in page and (what := self._of(who, page[who][2])):
                    yield Loser(*page[who], what, ordered[who])
        last = ""
        while page := self._after(last):
            for who, name, tier in page:
                if who not in ordered and (what := self._of(who, tier)):
                    yield Loser(who, name, tier, what, 0)
            last = page[-1][0]

    def of(self, partner_id: str, tier: str | None) -> tuple[Lost, ...]:
        """What one partner loses; nothing: the holder, and whoever could not order it anyway."""
        return self._of(partner_id, tier)

    # ---- what one of them loses ----

    def _of(self, partner_id: str, tier: str | None) -> tuple[Lost, ...]:
        if partner_id not in self._special:
            return self._of_tier(tier)
        known = self._exceptions
        buyer = self._buyer(
            partner_id,
            tier,
            partner_id in known.blocked,
            frozenset(known.blocked_offers.get(partner_id, ())),
        )
        return tuple(lost(buyer, self._offers, self._claim, self._day))

    def _of_tier(self, tier: str | None) -> tuple[Lost, ...]:
        if tier not in self._by_tier:
            buyer = self._buyer("", tier)  # an id that nobody has
            self._by_tier[tier] = tuple(lost(buyer, self._offers, self._claim, self._day))
        return self._by_tier[tier]

    def _buyer(
        self,
        partner_id: str,
        tier: str | None,
        blocked: bool = False,
        blocked_offers: frozenset[str] = frozenset(),
    ) -> Buyer:
        found = next((one for one in self._policy.tiers if one.key == tier), None)
        terms = found and found.offers
        return Buyer(
            partner_id,
            tier,
            found and found.kind,
            blocked,
            blocked_offers,
            early_access_days=terms.early_access_days if terms else 0,
        )

    # ---- partners ----

    def _partners(self, ids: Sequence[str]) -> list[tuple[str, str, str | None]]:
        row, found = PartnerRow, list[tuple[str, str, str | None]]()
        for start in range(0, len(ids), _PAGE):
            page = row.partner_id.in_(ids[start : start + _PAGE])
            query = select(row.partner_id, row.name, row.tier).where(page)
            found += [(who, name, tier) for who, name, tier in self._session.execute(query)]
        return found

    def _after(self, last: str) -> list[tuple[str, str, str | None]]:
        row = PartnerRow
        query = select(row.partner_id, row.name, row.tier).where(row.partner_id > last)
        found = self._session.execute(query.order_by(row.partner_id).limit(_PAGE))
        return [(who, name, tier) for who, name, tier in found]

    def _ordered(self) -> Mapping[str, int]:
        """Orders of the service at these places since that day, by partner."""
        since = Month.of(self.since).number
        offers = [one.offer_id for one in self._rows]
        if self._codes is None:
            total = ServiceTotalRow
            query = select(total.partner_id, func.sum(total.placed)).where(
                total.month >= since,
                or_(total.service == self._row.service, total.offer_id.in_(offers)),
            )
            return dict(self._session.execute(query.group_by(total.partner_id)).all())
        order = OrderRow
        of_service = or_(
            order.service == self._row.service,
            and_(order.service.is_(None), order.offer_id.in_(offers)),
        )
        query = select(order.partner_id, func.count()).where(
            order.placed_month >= since, of_service, order.postal_code.in_(self._places())
        )
        return dict(self._session.execute(query.group_by(order.partner_id)).all())

    def _places(self) -> select:
        """Its postal codes, as the database has them: those it was signed with, or its area's."""
        row = self._row
        if row.places is not None:
            signed = ExclusiveCodeRow
            return select(signed.postal_code).where(signed.exclusive_id == row.exclusive_id)
        place = AreaPlaceRow
        return select(place.postal_code).where(place.area_code == row.area_code)

    # ---- offers ----

    def _find_exceptions(self) -> _Exceptions:
        found, grant, row = _Exceptions(), GrantRow, OverrideRow
        ids = [one.offer_id for one in self._rows]
        granted = select(grant.offer_id, grant.partner_id).where(
            grant.offer_id.in_(ids),
            grant.revoked_at.is_(None),
            grant.from_day <= self._day,
            or_(grant.until_day.is_(None), grant.until_day >= self._day),
        )
        for offer_id, partner_id in self._session.execute(granted):
            found.granted[offer_id].add(partner_id)
        kinds = row.kind.in_((Override.BLOCK, Override.OFFERS))
        for one in self._session.scalars(select(row).where(kinds, holding(self._day))):
            if one.kind == Override.BLOCK:
                found.blocked.add(one.partner_id)
            else:
                found.blocked_offers[one.partner_id].update(one.offers)
        return found

    def _with_claims(self) -> list[Offer]:
        claims = tuple(self._claims())
        self._exceptions.holders = {claim.partner_id for claim in claims}
        windows: dict[str, list[tuple[str, Window]]] = defaultdict(list)
        ids = [one.offer_id for one in self._rows]
        for one in self._session.scalars(select(WindowRow).where(WindowRow.offer_id.in_(ids))):
            windows[one.offer_id].append((one.tier, Window(one.visible_from, one.orderable_from)))
        return [self._offer(one, tuple(windows[one.offer_id]), claims) for one in self._rows]

    def _offer(
        self, row: OfferRow, windows: tuple[tuple[str, Window], ...], claims: tuple[Claim, ...]
    ) -> Offer:
        return Offer(
            row.offer_id,
            row.service,
            row.status,
            row.visibility,
            Currency(""),  # what it costs is not asked
            row.opens_on,
            row.closes_on,
            codes_of(self._session, row.area_code) if row.area_code else None,
            windows=windows,
            grants=frozenset(self._exceptions.granted.get(row.offer_id, ())),
            claims=claims,
        )

    def _claims(self) -> Iterator[Claim]:
        """Those of the service that exclude on the day, but for this one's own."""
        row = ExclusiveRow
        query = select(row).where(
            row.service == self._row.service,
            row.exclusive_id != self._row.exclusive_id,
            row.status.in_(_EXCLUDING),
            row.first_day <= self._day,
            row.last_day >= self._day,
        )
        for one in self._session.scalars(query):
            yield Claim(one.partner_id, exclusive_places.codes_of(self._session, one))
