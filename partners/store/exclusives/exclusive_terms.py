"""What a decision about an exclusive's term rests on: how it stood, its periods, exempt days."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from partners.domain.exclusives.exclusive_minimum import Span
from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.offers.offer import OfferStatus
from partners.domain.overrides.override import Override
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.offers import exclusives
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.exclusive_tables import (
    ExclusiveNewsRow,
    ExclusiveReviewRow,
    ExclusiveRow,
)
from partners.store.tables.offer_tables import OfferStateRow

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


def to_be_looked_at(session: Session) -> Sequence[str]:
    """All that hold a place, and those of which somebody is yet to be told."""
    row, news = ExclusiveRow, ExclusiveNewsRow
    untold = select(news.exclusive_id).where(news.told_at.is_(None))
    query = select(row.exclusive_id).where(or_(row.status.in_(LIVE), row.exclusive_id.in_(untold)))
    return session.scalars(query.order_by(row.exclusive_id)).all()


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
