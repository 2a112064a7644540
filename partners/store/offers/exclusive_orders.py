"""The orders that an exclusive is held against, counted over whole program days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from partners.domain.offers.exclusive_figures import ExclusiveFigures, Subject
from partners.domain.time.calendar import Month

_COUNTS = "o.excluded_reason IS NULL"
_PLACED = f"""
COUNT(*) FILTER (WHERE {_COUNTS}) AS placed, 0 AS completed, 0 AS concluded,
COUNT(*) FILTER (WHERE NOT ({_COUNTS})) AS excluded
"""
_ENDED = f"""
0 AS placed, COUNT(*) FILTER (WHERE o.status = 'completed' AND {_COUNTS}) AS completed,
COUNT(*) FILTER (WHERE o.status IN ('completed', 'failed', 'cancelled') AND {_COUNTS}) AS concluded,
0 AS excluded
"""
_MONTHS = "o.partner_id = :partner_id AND o.{month} BETWEEN :first_month AND :last_month"
# As of trailing days: most outcomes fall into the month of the order, whose index serves; the
# others have their own.
_ORDERS = (
    (_PLACED, "placed_month", "o.placed_at >= :start AND o.placed_at < :end"),
    (
        _ENDED,
        "placed_month",
        "o.outcome_month = o.placed_month AND o.outcome_at >= :start AND o.outcome_at < :end",
    ),
    (
        _ENDED,
        "outcome_month",
        "o.outcome_month <> o.placed_month AND o.outcome_at >= :start AND o.outcome_at < :end",
    ),
)
_OF_SERVICE = (
    "(o.service = :subject OR (o.service IS NULL AND o.offer_id IN "
    "(SELECT f.offer_id FROM offers f WHERE f.service = :subject)))"
)
_OF_OFFER = "o.offer_id = :subject"


def exclusive_figures(
    session: Session, subject: Subject, first: date, last: date, zone: ZoneInfo
) -> ExclusiveFigures:
    """What was placed, completed and concluded from `first` through `last`, days in that zone.

    Nothing if `last` is before `first`. An order without a service counts for that of its offer.
    """
    days = {
        "partner_id": subject.partner_id,
        "subject": subject.service or subject.offer_id,
        "first_month": Month.of(first).number,
        "last_month": Month.of(last).number,
        "start": _epoch(first, zone),
        "end": _epoch(last + timedelta(days=1), zone),
    }
    query = _query(subject.service is not None, subject.codes is not None)
    return sum(_within(session.execute(query, days), subject.codes), ExclusiveFigures())


def monthly_figures(
    session: Session, subject: Subject, first: Month, last: Month, zone: ZoneInfo
) -> dict[Month, ExclusiveFigures]:
    """The same for each month from `first` through `last`."""
    found, month = {}, first
    while month <= last:
        found[month] = exclusive_figures(session, subject, month.first_day, month.last_day, zone)
        month = month.plus(1)
    return found


def _within(
    rows: Iterable[Row[tuple[str | None, int, int, int, int]]], codes: frozenset[str] | None
) -> Iterator[ExclusiveFigures]:
    """The counts of these places: few beside what a list of an area's codes could be."""
    for code, *counts in rows:
        if codes is None or code in codes:
            yield ExclusiveFigures(*counts)


@lru_cache(maxsize=4)
def _query(of_service: bool, by_place: bool) -> TextClause:
    subject = _OF_SERVICE if of_service else _OF_OFFER
    place = "o.postal_code" if by_place else "NULL"
    groups = " GROUP BY o.postal_code" if by_place else ""
    return text(
        " UNION ALL ".join(
            f"SELECT {place} AS code, {counts} FROM orders o "
            f"WHERE {_MONTHS.format(month=month)} AND {when} AND {subject}{groups}"
            for counts, month, when in _ORDERS
        )
    )


def _epoch(day: date, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), zone).timestamp())
