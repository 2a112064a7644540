"""Resellers who may have a lead, with what decides whose turn it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.lead_routing import LeadRouting, Way
from partners.domain.policy.tiers import TierKind
from partners.domain.referrals.lead import SellerStanding, why_no_leads
from partners.domain.referrals.routing import Seller
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.overrides import overrides
from partners.store.tables.case_tables import OverrideRow, TierChangeRow
from partners.store.tables.exclusive_tables import ExclusiveCodeRow, ExclusiveRow
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.offer_tables import AreaPlaceRow, GrantRow, OfferRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import LeadTurnRow, ReferralRow


@dataclass(frozen=True)
class Market:
    """By which rules sellers are looked for, and when."""

    policy: Policy
    routing: LeadRouting
    calendar: ProgramCalendar
    now: datetime

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.now)

    @classmethod
    def of(cls, policy: Policy, now: datetime) -> Market | None:
        """None where the policy hands no leads over."""
        routing = policy.referral.routing if policy.referral is not None else None
        return cls(policy, routing, calendar_of(policy), now) if routing is not None else None

    @property
    def tiers(self) -> tuple[str, ...]:
        """Whose partners get leads."""
        earned = (tier.key for tier in self.policy.tiers if tier.kind is not TierKind.PUBLIC)
        return self.routing.tiers or tuple(earned)

    @property
    def lately(self) -> datetime:
        return self.now - timedelta(days=self.routing.lately_days)

    def due(self, told_at: datetime) -> date:
        """The last day for an answer."""
        return self.calendar.day_of(told_at) + timedelta(days=self.routing.untouched_days)

    def is_over(self, told_at: datetime | None) -> bool:
        """Whether the days for an answer are over; they do not run before the seller was told."""
        return told_at is not None and self.now >= self.goes_on_at(told_at)

    def goes_on_at(self, told_at: datetime) -> datetime:
        """The office hour of the day after the last one."""
        return self.calendar.office_time(self.due(told_at) + timedelta(days=1))

    def rank(self, tier: str | None) -> int:
        """The higher the better; -1 for no tier, or one that the policy no longer has."""
        keys = [one.key for one in self.policy.tiers]
        return keys.index(tier) if tier in keys else -1


def sellers(session: Session, market: Market, referral: ReferralRow, way: Way) -> list[Seller]:
    """Everybody who may have the lead: in a tier that gets leads, not blocked, not who referred;
    with what decides on that way, and nothing of the others, for to find it out may take long.

    Whether somebody was demoted lately is asked of the one who is chosen: `why_not`.
    """
    partner = PartnerRow
    query = select(partner.partner_id, partner.tier).where(
        partner.tier.in_(market.tiers),
        partner.partner_id != referral.partner_id,
        partner.partner_id.not_in(_blocked(market.today)),
    )
    found = session.execute(query).all()
    got = _leads_of(session, market.lately)
    exclusive = _holders(session, market, referral) if way is Way.AREA else ()
    near = _near(session, referral, market.today) if way is Way.AREA else ()
    sells = _selling(session, market, referral) if way is Way.SERVICE else ()
    return [
        Seller(
            partner_id,
            market.rank(tier),
            exclusive=partner_id in exclusive,
            near=partner_id in near,
            sells=partner_id in sells,
            lately=got[partner_id][0] if partner_id in got else 0,
            last=got[partner_id][1] if partner_id in got else None,
        )
        for partner_id, tier in found
    ]


def why_not(
    session: Session, market: Market, partner: PartnerRow, had_in: str | None = None
) -> str | None:
    """Why a reseller gets no lead; or, of a lead that they got in the tier `had_in`, keeps it no
    longer. None if nothing speaks against it."""
    held = overrides.kinds_in_force(session, partner.partner_id, market.today)
    if had_in is not None:
        demoted = market.rank(partner.tier) < market.rank(had_in)
    else:
        demoted = _demoted_lately(session, market, partner.partner_id)
    standing = SellerStanding(partner.tier, Override.BLOCK in held, demoted)
    return why_no_leads(standing, market.tiers)


def _demoted_lately(session: Session, market: Market, partner_id: str) -> bool:
    """Whether the newest change of tier, if it was lately, led down."""
    row = TierChangeRow
    query = select(row.from_tier, row.to_tier).where(
        row.partner_id == partner_id, row.changed_at > market.lately
    )
    newest = session.execute(query.order_by(row.changed_at.desc(), row.key.desc())).first()
    return newest is not None and market.rank(newest.to_tier) < market.rank(newest.from_tier)


def _blocked(today: date) -> ColumnElement[str]:
    row = OverrideRow
    query = select(row.partner_id).where(row.kind == Override.BLOCK, overrides.holding(today))
    return query.scalar_subquery()


def _leads_of(session: Session, lately: datetime) -> dict[str, tuple[int, datetime]]:
    """How many leads each got lately, and when the last one ever."""
    row = LeadTurnRow
    new = func.sum(case((row.since > lately, 1), else_=0))
    query = select(row.partner_id, new, func.max(row.since)).where(row.partner_id.is_not(None))
    found = session.execute(query.group_by(row.partner_id))
    return {partner_id: (count, last) for partner_id, count, last in found}


def _has_place(area_code: ColumnElement[str | None], postal_code: str) -> ColumnElement[bool]:
    place = AreaPlaceRow
    return exists().where(place.area_code == area_code, place.postal_code == postal_code)


def _holders(session: Session, market: Market, referral: ReferralRow) -> Collection[str]:
    """Who holds the exclusive for the lead's service at its place."""
    if referral.service is None:
        return ()
    row = ExclusiveRow
    here: list[ColumnElement[bool]] = [row.area_code.is_(None)]
    if referral.postal_code is not None:
        code = ExclusiveCodeRow  # those it was signed with, whatever the area has become
        signed = (code.exclusive_id == row.exclusive_id, code.postal_code == referral.postal_code)
        here.append(exists().where(*signed))
    query = select(row.partner_id).where(
        row.status == ExclusiveStatus.ACTIVE,
        row.service == referral.service,
        row.first_day <= market.today,
        row.last_day >= market.today,
        or_(*here),
    )
    return set(session.scalars(query))


def _near(session: Session, referral: ReferralRow, today: date) -> Collection[str]:
    """Who was granted an offer of an area with the lead's place, of its service if it has one."""
    if referral.postal_code is None:
        return ()
    grant, offer = GrantRow, OfferRow
    query = (
        select(grant.partner_id)
        .join(offer, offer.offer_id == grant.offer_id)
        .where(
            grant.revoked_at.is_(None),
            grant.from_day <= today,
            or_(grant.until_day.is_(None), grant.until_day >= today),
            _has_place(offer.area_code.expression, referral.postal_code),
        )
    )
    if referral.service is not None:
        query = query.where(offer.service == referral.service)
    return set(session.scalars(query.distinct()))


def _selling(session: Session, market: Market, referral: ReferralRow) -> Collection[str]:
    """Who has completed orders of the lead's service lately."""
    if referral.service is None:
        return ()
    order, partner = OrderRow, PartnerRow
    sold = exists().where(
        order.partner_id == partner.partner_id,
        order.placed_month >= Month.of(market.lately.date()).number,
        order.placed_at >= int(market.lately.timestamp()),
        order.status == "completed",
        order.service == referral.service,
    )
    query = select(partner.partner_id).where(partner.tier.in_(market.tiers), sold)
    return set(session.scalars(query))
