"""What a decision about an exclusive's term rests on: how it stood, its periods, exempt days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from partners.domain.exclusives.exclusive_minimum import Span
from partners.domain.exclusives.exclusive_term import NewsEvent
from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.offers.offer import OfferStatus
from partners.domain.overrides.override import Override
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.offers.holding import exclusives
from partners.store.overrides import overrides
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.exclusive_tables import (
    ExclusiveNewsRow,
    ExclusiveReviewRow,
    ExclusiveRow,
)
from partners.store.tables.offer_tables import OfferStateRow
from partners.store.tables.program_tables import PartnerRow

LIVE = tuple(status for status in ExclusiveStatus if status.holds_place)


def locked(session: Session, exclusive_id: str) -> ExclusiveRow | None:
    """The exclusive as it is now, locked until the transaction ends; None if there is none."""
    query = select(ExclusiveRow).where(ExclusiveRow.exclusive_id == exclusive_id)
    query = query.with_for_update().execution_options(populate_existing=True)
    return session.scalar(query)


def follower(session: Session, exclusive_id: str) -> ExclusiveRow | None:
    """The signed one that follows it."""
    row = ExclusiveRow
    query = select(row).where(row.renews == exclusive_id, row.status.in_(LIVE))
    return session.scalars(query.order_by(row.exclusive_id)).first()


def span_of(row: ExclusiveReviewRow) -> Span:
    return Span(Month.from_number(row.first_month), Month.from_number(row.last_month))


def suspended_since(session: Session, exclusive_id: str) -> datetime | None:
    """When it was suspended, if it is."""
    since = None
    for state in reversed(exclusives.states(session, exclusive_id)):
        if state.status is not ExclusiveStatus.SUSPENDED:
            break
        since = state.at
    return since


# ---- who is to be looked at ----


def live_of(session: Session, partner_ids: Collection[str]) -> Sequence[str]:
    """The exclusives of these holders that hold a place."""
    row = ExclusiveRow
    query = select(row.exclusive_id).where(row.partner_id.in_(partner_ids), row.status.in_(LIVE))
    return session.scalars(query.order_by(row.exclusive_id)).all()


def to_be_looked_after(session: Session) -> Sequence[str]:
    """All for which a workflow is to run: those that hold a place, and those of which somebody is
    yet to be told."""
    row = ExclusiveRow
    query = select(row.exclusive_id).where(or_(row.status.in_(LIVE), _has_untold()))
    return session.scalars(query.order_by(row.exclusive_id)).all()


def untold(session: Session) -> Sequence[str]:
    """Those of which somebody is yet to be told."""
    query = select(ExclusiveRow.exclusive_id).where(_has_untold())
    return session.scalars(query.order_by(ExclusiveRow.exclusive_id)).all()


def warned(session: Session) -> Sequence[str]:
    """Those that wait for their holder to make up for something: new orders may be that."""
    row = ExclusiveRow
    query = select(row.exclusive_id).where(
        row.status == ExclusiveStatus.ACTIVE, row.warned_month.is_not(None)
    )
    return session.scalars(query.order_by(row.exclusive_id)).all()


def with_news(session: Session, day: date) -> set[str]:
    """Those whose workflow may have missed something: a warning runs, somebody is yet to be told,
    or a block began or is over since it last looked."""
    row, partner, said = ExclusiveRow, PartnerRow, OverrideRow
    blocked = exists().where(
        said.partner_id == row.partner_id,
        said.kind.in_((Override.BLOCK, Override.OFFERS)),
        overrides.holding(day),
    )
    suspended = row.status == ExclusiveStatus.SUSPENDED
    moved = or_(
        blocked & ~suspended,
        suspended & ~blocked,
        partner.tier.is_(None) & partner.left_on.is_not(None),
        row.at_risk_until.is_not(None),
        row.warned_month.is_not(None),
    )
    query = select(row.exclusive_id).join(partner, partner.partner_id == row.partner_id)
    found = query.where(or_(row.status.in_(LIVE) & moved, _has_untold()))
    return set(session.scalars(found))


def in_other_tiers(session: Session) -> Sequence[tuple[str, str, str | None]]:
    """Those whose holder is in another tier than the one that it asks for: perhaps a higher one.
    With what it asks for, and where they are."""
    row, partner = ExclusiveRow, PartnerRow
    elsewhere = or_(partner.tier.is_(None), partner.tier != row.required_tier)
    query = (
        select(row.exclusive_id, row.required_tier, partner.tier)
        .join(partner, partner.partner_id == row.partner_id)
        .where(row.status.in_(LIVE), row.required_tier.is_not(None), elsewhere)
    )
    found = session.execute(query.order_by(row.exclusive_id))
    return [(name, asked, tier) for name, asked, tier in found if asked is not None]


def _has_untold() -> ColumnElement[bool]:
    news = ExclusiveNewsRow
    return ExclusiveRow.exclusive_id.in_(select(news.exclusive_id).where(news.told_at.is_(None)))


def renewal_waits(session: Session) -> Sequence[tuple[ExclusiveRow, datetime]]:
    """Those about which staff have been asked, since when, and which nobody has renewed."""
    row, news = ExclusiveRow, ExclusiveNewsRow
    following = aliased(ExclusiveRow)
    renewed = exists().where(
        following.renews == row.exclusive_id, following.status != ExclusiveStatus.WITHDRAWN
    )
    query = (
        select(row, news.at)
        .join(news, news.exclusive_id == row.exclusive_id)
        .where(news.event == NewsEvent.RENEWAL, row.status.in_(LIVE), ~renewed)
    )
    return [(one, at) for one, at in session.execute(query.order_by(news.news_id))]


def unreached(session: Session) -> Sequence[tuple[ExclusiveRow, datetime, str]]:
    """Those whose warning reached nobody, since when, and why: no days run until it does."""
    row, news = ExclusiveRow, ExclusiveNewsRow
    missed = (news.event == NewsEvent.MISSED) & (news.month == row.warned_month)
    lost = (news.event == NewsEvent.TIER_LOST) & row.at_risk_until.is_not(None)
    waits = or_(missed & row.warned_at.is_(None), lost & row.risk_told_at.is_(None))
    query = (
        select(row, news.told_at, news.result)
        .join(news, news.exclusive_id == row.exclusive_id)
        .where(row.status == ExclusiveStatus.ACTIVE, news.told_at.is_not(None), waits)
    )
    newest = {
        one.exclusive_id: (one, at, why or "")
        for one, at, why in session.execute(query.order_by(news.news_id))
        if at is not None
    }
    return list(newest.values())


# ---- days on which nothing is asked ----


def exempt_days(
    session: Session, row: ExclusiveRow, calendar: ProgramCalendar, today: date
) -> list[DayRange]:
    """When the holder was blocked or waived, or the offer paused; any part of a day exempts it."""
    found = _suspended(session, row, calendar, today)
    found += _of_overrides(session, row, today)
    return found + _paused(session, row, calendar, today)


def _suspended(
    session: Session, row: ExclusiveRow, calendar: ProgramCalendar, today: date
) -> list[DayRange]:
    stood = [
        (state.at, state.status is ExclusiveStatus.SUSPENDED)
        for state in exclusives.states(session, row.exclusive_id)
    ]
    return _while(stood, calendar, today)


def _of_overrides(session: Session, row: ExclusiveRow, today: date) -> list[DayRange]:
    said = OverrideRow
    kinds = (Override.BLOCK, Override.WAIVER, Override.OFFERS)
    query = select(said).where(
        said.partner_id == row.partner_id, said.kind.in_(kinds), said.from_day <= row.last_day
    )
    return [
        DayRange(one.from_day, one.until_day or max(today, one.from_day))
        for one in session.scalars(query.order_by(said.override_id))
        if one.kind != Override.OFFERS or row.offer_id in one.offers
    ]


def _paused(
    session: Session, row: ExclusiveRow, calendar: ProgramCalendar, today: date
) -> list[DayRange]:
    if row.offer_id is None:
        return []
    state = OfferStateRow
    query = select(state.at, state.status).where(state.offer_id == row.offer_id)
    found = session.execute(query.order_by(state.at, state.state_id))
    return _while([(at, status is OfferStatus.PAUSED) for at, status in found], calendar, today)


def _while(
    stood: Sequence[tuple[datetime, bool]], calendar: ProgramCalendar, today: date
) -> list[DayRange]:
    """The days of which some part was so; `stood`: from when on it was, or was not."""
    ends = [*(calendar.day_of(at) for at, _ in stood[1:]), today]
    return [
        DayRange(calendar.day_of(at), end) for (at, so), end in zip(stood, ends, strict=True) if so
    ]
