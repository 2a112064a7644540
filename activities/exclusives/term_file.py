"""Everything about one exclusive and its holder, gathered within one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy.orm import Session

from activities.exclusives.term_arrival import arrival
from activities.refusing import policy_in_force
from partners.calendars import calendar_of
from partners.domain.exclusives.exclusive_minimum import (
    Counts,
    Judged,
    Sold,
    Span,
    Warned,
    days_of,
    judge,
    missed_of,
    periods,
)
from partners.domain.exclusives.exclusive_term import Holder, NewsEvent, Term
from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive import Terms
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Policy, Tier
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.exclusives import exclusive_news, exclusive_terms, holder_orders
from partners.store.judging import facts
from partners.store.offers.holding import exclusives
from partners.store.overrides import overrides
from partners.store.tables.exclusive_tables import ExclusiveReviewRow, ExclusiveRow
from partners.store.tables.program_tables import PartnerRow


@dataclass
class TermFile:
    """An exclusive, locked, its holder, and what a decision about it rests on.

    The terms are those that were signed; of the policy in force only its calendar, what its tiers
    are, and how long a month settles count.
    """

    session: Session
    row: ExclusiveRow
    partner: PartnerRow
    policy: Policy
    calendar: ProgramCalendar
    now: datetime  # program time

    @classmethod
    def of(
        cls, session: Session, exclusive_id: str, now: datetime, *, lock: bool = True
    ) -> TermFile | None:
        """The file of an exclusive, which is locked for who writes; None if none has that id."""
        row = (
            exclusive_terms.locked(session, exclusive_id)
            if lock
            else session.get(ExclusiveRow, exclusive_id)
        )
        if row is None:
            return None
        partner = session.get_one(PartnerRow, row.partner_id, populate_existing=True)
        policy = policy_in_force(session, now)[1]
        return cls(session, row, partner, policy, calendar_of(policy), now)

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.now)

    @cached_property
    def terms(self) -> Terms:
        return exclusives.terms_of(self.row)

    @cached_property
    def reviews(self) -> list[ExclusiveReviewRow]:
        return list(exclusives.periods(self.session, self.row.exclusive_id))

    # ---- the holder ----

    @property
    def required_tier(self) -> Tier | None:
        """The tier that it asks for, as it is called today; None: none, or one that is no more."""
        return self.tier_of(self.terms.required_tier)

    def tier_of(self, key: str | None) -> Tier | None:
        """A tier by the key that it has, or had; None where the policy has lost it."""
        return tier_of(self.policy, key)

    @cached_property
    def holder(self) -> Holder:
        partner, blocks = self.partner, self._blocks()
        ends = [until for until in blocks if until is not None]
        return Holder(
            meets_tier=meets_tier(self.policy, self.terms.required_tier, partner.tier),
            blocked=bool(blocks),
            blocked_until=max(ends) if len(ends) == len(blocks) and ends else None,
            removed=partner.tier is None and partner.left_on is not None,
        )

    def _blocks(self) -> list[date | None]:
        """The last days of the blocks that hold today, of the holder or of the offer for them."""
        held = overrides.of_kind(
            self.session, self.row.partner_id, self.today, Override.BLOCK, Override.OFFERS
        )
        about = [o for o in held if o.kind == Override.BLOCK or self.row.offer_id in o.offers]
        return [one.until_day for one in about]

    # ---- what was sold ----

    @cached_property
    def counts(self) -> Counts:
        """From the first period, or as early as trailing days may begin, until yesterday."""
        longest = max(self.terms.period.months * 31, self.policy.grace.recovery_days)
        first = min(self.terms.first_day, self.today) - timedelta(days=longest)
        days = DayRange(first, self.today)
        zone = self.calendar.zone
        sold = holder_orders.sold_by_day(self.session, self.row, days, zone)
        coverage = facts.coverage_of(self.session, self.row.partner_id)
        return Counts(sold, coverage, self._exempt())

    def _exempt(self) -> Callable[[date], bool]:
        ranges = exclusive_terms.exempt_days(self.session, self.row, self.calendar, self.today)
        known = {
            day
            for first, last in ranges
            for day in days_of(DayRange(first, min(last, self.row.last_day)))
        }
        return known.__contains__

    def sold_in(self, span: Span) -> Judged:
        return judge(self.terms, span, self.counts)

    # ---- as the domain asks ----

    @cached_property
    def term(self) -> Term:
        row, noted = self.row, exclusive_news.events(self.session, self.row.exclusive_id)
        return Term(
            terms=self.terms,
            status=row.status,
            now=self.now,
            calendar=self.calendar,
            settling_days=self.policy.feed.settling_days,
            recovery_days=self.policy.grace.recovery_days,
            read_counts=lambda: self.counts,
            holder=self.holder,
            announced=NewsEvent.OFFERED in noted,
            renewal_proposed=NewsEvent.RENEWAL in noted,
            end_noted=NewsEvent.ENDED in noted,
            ending=row.ended_because,
            renewed=exclusive_terms.follower(self.session, row.exclusive_id) is not None,
            judged=frozenset(exclusive_terms.span_of(review) for review in self.reviews),
            judge_from=row.judge_from,
            warned=self.warned,
            warned_at=row.warned_at,
            cure_until=row.cure_until,
            at_risk_until=row.at_risk_until,
            risk_told_at=row.risk_told_at,
            arrival=arrival(self.session, row, self.partner),
        )

    @cached_property
    def warned(self) -> Warned | None:
        """What the warning is about: as the period was judged, which it names (rule 5)."""
        if self.row.warned_month is None:
            return None
        review = self.review_of(self.row.warned_month)
        sold = Sold(review.placed, review.completed, review.concluded)
        span = exclusive_terms.span_of(review)
        return Warned(span, missed_of(self.terms, sold, review.months))

    def review_of(self, month: int) -> ExclusiveReviewRow:
        """The judged period that began with that month."""
        return next(review for review in self.reviews if review.first_month == month)

    @property
    def running_period(self) -> Span | None:
        """The period that has begun and is not over yet."""
        this = Month.of(self.today)
        found = (span for span in periods(self.terms) if span.first <= this <= span.last)
        return next(found, None)

    def look_again(self) -> None:
        """Take in what this transaction has changed."""
        self.session.flush()
        for name in ("reviews", "holder", "counts", "term", "warned"):
            self.__dict__.pop(name, None)


def tier_of(policy: Policy, key: str | None) -> Tier | None:
    """A tier by the key that it has, or had; None where the policy has lost it."""
    if key is None:
        return None
    return policy.tier(key) or policy.tier(policy.successor(key) or "")


def meets_tier(policy: Policy, asked: str | None, tier: str | None) -> bool:
    """Whether who is in a tier is in the one that is asked for, or above. One that the policy has
    lost is asked of nobody."""
    required, mine = tier_of(policy, asked), tier_of(policy, tier)
    if required is None:
        return True
    tiers = list(policy.tiers)
    return mine is not None and tiers.index(mine) >= tiers.index(required)
