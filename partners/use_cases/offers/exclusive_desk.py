"""What acts on exclusives have at hand, and what an exclusive must fulfil."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.offers.exclusive import ExclusiveStatus, Terms
from partners.domain.offers.exclusive_conflicts import SEATS
from partners.domain.offers.offer import OfferStatus
from partners.domain.overrides.override import Override, last_allowed, why_unsigned
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import shift_months
from partners.store.judging import facts
from partners.store.offers import exclusive_standing
from partners.store.offers.areas import known_area
from partners.store.offers.holding import exclusive_places, exclusives
from partners.store.offers.holding.exclusives import Draft
from partners.store.offers.known_offers import UnknownOffer
from partners.store.overrides import overrides
from partners.store.overrides.command_refusals import PartnerIsBlocked
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.store.record import recorder
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.offer_tables import OfferRow
from partners.store.tables.program_tables import PartnerRow
from partners.use_cases.acting import Manager
from partners.use_cases.cases.case_refusals import UnfitReason
from partners.use_cases.offers.exclusive_refusals import (
    EmptyArea,
    MinimumUncovered,
    NoOfferOfService,
    NoSuchTier,
    OfferIsOver,
    OfferOfAnotherService,
    TermBegan,
    TermOver,
    TermSwapped,
    TermTooLong,
    TierTooLow,
    UnfitTerm,
)

MOST_ORDERS = 1_000_000
RANGES: dict[str, tuple[int, int]] = {
    "minimum_orders": (0, MOST_ORDERS),
    "min_sample": (1, MOST_ORDERS),
    "cure_days": (1, 366),
    "notice_days": (0, 366),
    "max_holders": (1, SEATS),
}
"""From the least to the most of what is a number; EU 2022/720 allows five holders."""
_SERVICES = 5


@dataclass(frozen=True)
class Desk:
    """A writing transaction that has the turn: nobody else places, signs or ends one meanwhile."""

    session: Session
    who: str
    reason: str
    now: datetime
    version: int
    policy: Policy
    today: date

    @classmethod
    def of(cls, session: Session, by: Manager, reason: str) -> Desk:
        """Raises UnfitReason where nobody says who acts, or why (rule 16)."""
        if why := why_unsigned(by.name, reason):
            raise UnfitReason(why)
        now = by.now()
        recorder.sign(session, by.name, now)
        version, policy = policies.required(session, now)
        exclusive_places.take_turn(session)
        today = calendar_of(policy).day_of(now)
        return cls(session, by.name, reason.strip(), now, version, policy, today)

    def exclusive(self, exclusive_id: str) -> ExclusiveRow:
        return exclusives.locked(self.session, exclusive_id)

    def stand(self, row: ExclusiveRow, status: ExclusiveStatus) -> None:
        exclusive_standing.stand(self.session, row, status, self.now, self.who, self.reason)

    def check_new(self, draft: Draft) -> None:
        """To be proposed: as to be signed, and it begins today at the earliest."""
        self.check(draft)
        if draft.terms.first_day < self.today:
            raise TermBegan(draft.terms.first_day, self.today)

    def check(self, draft: Draft) -> None:
        """To be signed: raises a refusal for what cannot be agreed as of today."""
        session, terms = self.session, draft.terms
        _check_terms(terms, self.today)
        partner = locked_partner(session, draft.partner_id)
        if overrides.of_kind(session, draft.partner_id, self.today, Override.BLOCK):
            raise PartnerIsBlocked(draft.partner_id)
        _check_tier(partner, terms.required_tier, self.policy)
        _check_offer(session, draft)
        if draft.area_code is not None and not known_area(session, draft.area_code).places:
            raise EmptyArea(draft.area_code)
        if terms.minimum_orders or terms.completion is not None:
            _check_feed(session, draft, self.policy, self.today)


def _check_terms(terms: Terms, today: date) -> None:
    """What can be said of the terms by themselves."""
    if terms.first_day > terms.last_day:
        raise TermSwapped(terms.first_day, terms.last_day)
    if terms.last_day < today:
        raise TermOver(terms.last_day, today)
    if terms.last_day > (latest := last_allowed(max(today, terms.first_day))):
        raise TermTooLong(terms.last_day, latest)
    for name, (least, most) in RANGES.items():
        if not least <= (given := getattr(terms, name)) <= most:
            raise UnfitTerm(name, Decimal(given), Decimal(least), Decimal(most))
    if terms.completion is not None and not 0 < terms.completion <= 1:
        raise UnfitTerm("completion", terms.completion, Decimal(0), Decimal(1))


def _check_tier(partner: PartnerRow, required: str | None, policy: Policy) -> None:
    if required is None:
        return
    ladder = [tier.key for tier in policy.tiers]
    if required not in ladder:
        raise NoSuchTier(required, tuple(ladder))
    if partner.tier not in ladder[ladder.index(required) :]:
        raise TierTooLow(partner.partner_id, partner.tier, required)


def _check_offer(session: Session, draft: Draft) -> None:
    """There is something of that service; and the offer that comes with it is of that service."""
    if draft.offer_id is None:
        services = select(OfferRow.service).distinct().order_by(OfferRow.service)
        of_it = services.where(OfferRow.service == draft.service)
        if session.scalar(of_it) is None:
            some = tuple(session.scalars(services.limit(_SERVICES)))
            raise NoOfferOfService(draft.service, some)
        return
    offer = session.get(OfferRow, draft.offer_id)
    if offer is None:
        raise UnknownOffer(draft.offer_id)
    if offer.service != draft.service:
        raise OfferOfAnotherService(offer.offer_id, offer.service, draft.service)
    if offer.status is OfferStatus.RETIRED:
        raise OfferIsOver(offer.offer_id)


def _check_feed(session: Session, draft: Draft, policy: Policy, today: date) -> None:
    """A minimum is held against whole settled months: the newest period must be known."""
    last = calendar_of(policy).newest_settled_month(today, policy.feed.settling_days)
    first_day = shift_months(last.first_day, 1 - draft.terms.period.months)
    known = facts.coverage_of(session, draft.partner_id)
    if not known.covers(first_day, last.last_day):
        raise MinimumUncovered(first_day, last.last_day)
