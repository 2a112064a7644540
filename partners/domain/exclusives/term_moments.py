"""When an exclusive is to be looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from partners.domain.exclusives.exclusive_minimum import ONE_DAY
from partners.domain.exclusives.exclusive_term import Term
from partners.domain.offers.exclusive import ExclusiveStatus, Renewal


class MomentKind(StrEnum):
    """What a moment is for."""

    FIRST_DAY = "first_day"
    LAST_DAY = "last_day"
    PERIOD = "period"
    CURE = "cure"
    DECISION = "decision"
    FEED = "feed"
    AT_RISK = "at_risk"
    RENEWAL = "renewal"
    BLOCKED = "blocked"


class Moment(NamedTuple):
    """When to look again, in program time, and what for. `day`: the last one of what runs until
    then, or the one on which it happens; `about`: the period."""

    at: datetime
    kind: MomentKind
    day: date
    about: str = ""


def moments(term: Term) -> list[Moment]:
    """All that are ahead; the next step is due at one of them, unless something happens before.

    Their order stays: a history knows timers by the order in which they were started.
    """
    return [moment for moment in _moments(term) if moment.at > term.now]


def _moments(term: Term) -> Iterator[Moment]:
    calendar, terms, status = term.calendar, term.terms, term.status
    if status is ExclusiveStatus.ANNOUNCED:
        first = terms.first_day
        yield Moment(calendar.start_of(first), MomentKind.FIRST_DAY, first)
        return
    if not term.is_live:
        return
    yield Moment(calendar.end_of(terms.last_day), MomentKind.LAST_DAY, terms.last_day)
    if term.holder.blocked and (until := term.holder.blocked_until):
        yield Moment(calendar.end_of(until), MomentKind.BLOCKED, until)
    if not term.is_active:
        return
    yield from _of_periods(term)
    yield from _of_warnings(term)
    if terms.renewal is Renewal.PROPOSE and not term.renewed:
        at = term.renewal_at
        yield Moment(at, MomentKind.RENEWAL, calendar.day_of(at))


def _of_periods(term: Term) -> Iterator[Moment]:
    calendar = term.calendar
    ahead = (span for span in term.open_periods if term.settled_at(span) > term.now)
    if (span := next(ahead, None)) is not None:
        at = term.settled_at(span)
        yield Moment(at, MomentKind.PERIOD, calendar.day_of(at), str(span))
    if term.waits_for_feed:
        tomorrow = term.today + ONE_DAY
        yield Moment(calendar.office_time(tomorrow), MomentKind.FEED, tomorrow)


def _of_warnings(term: Term) -> Iterator[Moment]:
    calendar = term.calendar
    if (until := term.cure_until) is not None and (day := term.decision_day) is not None:
        about = str(term.warned.span) if term.warned else ""
        yield Moment(calendar.end_of(until), MomentKind.CURE, until, about)
        if term.now >= calendar.end_of(until):
            yield Moment(calendar.office_time(day), MomentKind.DECISION, day, about)
    if term.at_risk_until is not None and term.risk_told_at is not None:
        until = term.at_risk_until
        yield Moment(calendar.end_of(until), MomentKind.AT_RISK, until)
