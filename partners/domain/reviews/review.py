"""Reviews: their kinds, the period that one is about, and what it does about a partner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from partners.domain.cases.case import NotOpened
from partners.domain.judging.assessment import Verdict
from partners.domain.overrides.override import EARLIEST
from partners.domain.time.calendar import Month


class ReviewKind(StrEnum):
    DAILY = "daily"  # watch: who fell below, whose case has new numbers
    MONTHLY = "monthly"  # everybody, on whole months: cases and promotions
    QUARTERLY = "quarterly"  # preferred and strategic partners, for scorecards: changes nothing


class ReviewStatus(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"  # for a person's approval (rule 13)
    DONE = "done"
    REFUSED = "refused"  # judged nobody; may be run again


class Action(StrEnum):
    """What a review does about a partner it has judged."""

    NONE = "none"
    CASE = "case"  # start a case
    CHECK_IN = "check_in"  # a friendly word about criteria whose response begins with one
    PROMOTE = "promote"
    CANDIDATE = "candidate"  # a promotion that waits for staff


class Would(StrEnum):
    """What a dry run finds that a review would do about a partner; people read it."""

    WARN = "warn"
    CHECK_IN = "check in"
    REMOVE = "remove"
    DEMOTE = "demote"
    REINSTATE = "reinstate"
    VOID = "void"
    HOLD = "hold"
    WAIT = "wait"  # for the feed
    PROMOTE = "promote"
    PROPOSE = "propose"  # a promotion, to staff
    NOTHING = "nothing"  # cured already
    SET_ASIDE = "set aside"  # cannot be judged


class PeriodError(ValueError):
    """A period that no review can be about, in words for people."""


@dataclass(frozen=True)
class Period:
    """What a review is about: a day, a month or a quarter.

    `month` is the newest whole month that is judged.
    """

    kind: ReviewKind
    name: str  # 2026-11-22, 2026-10, 2026-Q3
    month: Month

    @property
    def review_id(self) -> str:
        """`monthly/2026-10`: claims the period, once (rule 9)."""
        return f"{self.kind}/{self.name}"


def newest_settled(day: date, settling_days: int) -> Month:
    """The newest month that has settled on that day (rule 4)."""
    return Month.of(day - timedelta(days=settling_days)).plus(-1)


def settles_on(month: Month, settling_days: int) -> date:
    """The first day on which a month may be judged."""
    return month.plus(1).first_day + timedelta(days=settling_days)


def quarter_of(month: Month) -> str:
    return f"{month.year:04d}-Q{(month.month + 2) // 3}"


def period_on(kind: ReviewKind, day: date, settling_days: int) -> Period:
    """The period that a review which is due on that day is about, however late it runs.

    Monthly: the newest settled month. Quarterly: the newest quarter whose months have settled.
    """
    month = newest_settled(day, settling_days)
    if kind is ReviewKind.DAILY:
        return Period(kind, day.isoformat(), month)
    if kind is ReviewKind.MONTHLY:
        return Period(kind, str(month), month)
    last = month.plus(-(month.month % 3))
    return Period(kind, quarter_of(last), last)


def parse_period(kind: ReviewKind, text: str, today: date, settling_days: int) -> Period:
    """A period as a person writes it: 2026-10, 2026-Q3 or 2026-11-22.

    Raises PeriodError for what is no such period, has not ended, or has not settled.
    """
    if kind is ReviewKind.DAILY:
        return _day(text, today, settling_days)
    month = _month(text) if kind is ReviewKind.MONTHLY else _last_of_quarter(text)
    _refuse_before(month, text)
    if month.last_day >= today:
        raise PeriodError(f"{text} has not ended; it can be reviewed {_from(month, settling_days)}")
    if settles_on(month, settling_days) > today:
        raise PeriodError(f"{text} has not settled before {settles_on(month, settling_days)}")
    name = str(month) if kind is ReviewKind.MONTHLY else quarter_of(month)
    return Period(kind, name, month)


def _from(month: Month, settling_days: int) -> str:
    return f"from {settles_on(month, settling_days)} on"


def _day(text: str, today: date, settling_days: int) -> Period:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise PeriodError(f"{text!r} is no day; write one such as {today}") from None
    if day > today:
        raise PeriodError(f"{text} has not come yet; name a day until {today}")
    _refuse_before(Month.of(day), text)
    return period_on(ReviewKind.DAILY, day, settling_days)


def _refuse_before(month: Month, text: str) -> None:
    """Windows reach back from a period; before this no program had orders."""
    if month <= Month.of(EARLIEST):
        raise PeriodError(f"{text} is too long ago; name a period after {Month.of(EARLIEST)}")


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise PeriodError(f"{text!r} is no month; write one such as 2026-10") from None


def _last_of_quarter(text: str) -> Month:
    match = re.fullmatch(r"(\d{4})-Q([1-4])", text)
    if match is None:
        raise PeriodError(f"{text!r} is no quarter; write one such as 2026-Q3")
    return Month(int(match[1]), int(match[2]) * 3)


def action_on(verdict: Verdict, why_no_case: NotOpened | None, has_open_case: bool) -> Action:
    """Whether a judged partner gets a case: below, nothing against it, and none open (rule 10).

    Or a check-in, where that is why there is no case.
    """
    if verdict is not Verdict.BELOW or has_open_case:
        return Action.NONE
    actions = {None: Action.CASE, NotOpened.CHECK_IN: Action.CHECK_IN}
    return actions.get(why_no_case, Action.NONE)


def is_stale(age_days: int | None, max_age_days: int) -> bool:
    """Rule 3: whether the feed is too old to judge anybody; None: it covers nothing."""
    return age_days is None or age_days > max_age_days
