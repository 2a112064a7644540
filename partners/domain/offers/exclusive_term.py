"""What is due about an exclusive now, and when it is to be looked at again (rule 23).

Pure functions of how it stands. After every wake they are asked anew, so that the state decides and
not what woke the workflow, or in which order (rule 17).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive import ExclusiveStatus, PeriodVerdict, Renewal, Terms
from partners.domain.offers.exclusive_minimum import (
    ONE_DAY,
    Counts,
    Cure,
    Judged,
    Span,
    Warned,
    cure_as_of,
    cured_on,
    judge,
    periods,
)
from partners.domain.time.calendar import ProgramCalendar

RENEWAL_DAYS = 60
"""So many days before the last one, staff are asked whether it goes on."""


class Ending(StrEnum):
    """Why an exclusive is none any more."""

    TERM_OVER = "term_over"
    RENEWED = "renewed"  # the term is over, and another follows it
    MISSED = "missed"
    TIER_LOST = "tier_lost"
    REMOVED = "removed"
    BY_PERSON = "by_person"


class TermStep(StrEnum):
    """What can be due. None of them waits for mail, and each is done once."""

    END_REMOVED = "end_removed"
    END_TERM = "end_term"
    ANNOUNCE = "announce"
    SUSPEND = "suspend"
    RESTORE = "restore"
    ACTIVATE = "activate"
    PUT_AT_RISK = "put_at_risk"
    CLEAR_RISK = "clear_risk"
    STOP_CLOCK = "stop_clock"
    WARN_AGAIN = "warn_again"
    LOSE_TIER = "lose_tier"
    CURE = "cure"
    LOSE_MISSED = "lose_missed"
    REVIEW = "review"
    PROPOSE_RENEWAL = "propose_renewal"
    TELL_END = "tell_end"


class NewsEvent(StrEnum):
    """What somebody is to be told of an exclusive."""

    OFFERED = "offered"  # signed, and begins on a later day
    OTHER = "other"  # to who can no longer order there
    BEGINS = "begins"
    RESTORED = "restored"  # no longer blocked
    CURED = "cured"
    SAFE = "safe"  # back in the tier
    MISSED = "missed"
    TIER_LOST = "tier_lost"
    ENDED = "ended"
    RENEWAL = "renewal"

    @property
    def warns(self) -> bool:
        """Whether days run from the acceptance of its message (rule 1)."""
        return self in (self.MISSED, self.TIER_LOST)


class Arrival(StrEnum):
    """What became of the warning from whose acceptance days run (rule 1)."""

    FINE = "fine"  # there is none, or it is on its way, or was accepted
    CAME_BACK = "came_back"  # accepted, and it did not arrive
    AGAIN = "again"  # it reached nobody, and can be sent again
    NOBODY = "nobody"  # it reached nobody: a person is needed


@dataclass(frozen=True)
class Holder:
    """How the holder stands in the program at that moment."""

    meets_tier: bool = True
    blocked: bool = False
    blocked_until: date | None = None  # the last day, if there is one
    removed: bool = False


@dataclass(frozen=True)
class Term:
    """An exclusive at a moment of program time, and all that a decision about it rests on."""

    terms: Terms
    status: ExclusiveStatus
    now: datetime
    calendar: ProgramCalendar
    settling_days: int
    recovery_days: int
    read_counts: Callable[[], Counts]  # asked for where something is judged
    holder: Holder = field(default_factory=Holder)
    announced: bool = False
    renewal_proposed: bool = False
    end_noted: bool = False  # that it is over is told, or to be told
    ending: Ending | None = None
    renewed: bool = False  # another term of the holder follows this one
    judged: frozenset[Span] = frozenset()
    judge_from: date | None = None  # a period that began earlier warns nobody (rule 10)
    warned: Warned | None = None
    warned_at: datetime | None = None  # the warning was accepted
    cure_until: date | None = None
    at_risk_until: date | None = None
    risk_told_at: datetime | None = None  # the notice of it was accepted
    arrival: Arrival = Arrival.FINE

    @cached_property
    def counts(self) -> Counts:
        return self.read_counts()

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.now)

    @property
    def is_active(self) -> bool:
        return self.status is ExclusiveStatus.ACTIVE

    @property
    def is_live(self) -> bool:
        return self.status.holds_place

    # ---- periods ----

    def settled_at(self, span: Span) -> datetime:
        """From when a period can be judged: it has settled, and it is the office hour."""
        after = self.settling_days + 1
        return self.calendar.office_time(span.last.last_day + timedelta(days=after))

    @cached_property
    def open_periods(self) -> list[Span]:
        """Those that are yet to be judged."""
        return [span for span in periods(self.terms) if span not in self.judged]

    @cached_property
    def review(self) -> tuple[Span, Judged] | None:
        """The next period to be judged, and what it comes to; None if none is due.

        One that the feed does not cover waits, until the next has settled too: then it stays
        unknown, and accuses nobody any more.
        """
        settled = [span for span in self.open_periods if self.settled_at(span) <= self.now]
        for number, span in enumerate(settled):
            found = judge(self.terms, span, self.counts)
            if found.verdict is not PeriodVerdict.UNKNOWN or number + 1 < len(settled):
                return span, found
        return None

    @cached_property
    def waits_for_feed(self) -> bool:
        """Whether something would be judged now, and the feed does not let it."""
        settled = [span for span in self.open_periods if self.settled_at(span) <= self.now]
        return self.is_active and (bool(settled) or self._decision_waits)

    def accuses(self, span: Span, found: Judged) -> bool:
        """Whether a missed period leads to a warning: none runs, it began after the last one, and
        there is time to cure before the term is over."""
        in_time = self.today + timedelta(days=self.terms.cure_days) <= self.terms.last_day
        began_after = self.judge_from is None or span.first.first_day >= self.judge_from
        missed = found.verdict is PeriodVerdict.MISSED
        return missed and self.warned is None and began_after and in_time

    # ---- the days to cure ----

    @property
    def decision_day(self) -> date | None:
        """When a warning is decided, as of the last day to cure (rule 8)."""
        if self.cure_until is None:
            return None
        return self.calendar.decision_day(self.cure_until, self.settling_days)

    @property
    def _decision_is_due(self) -> bool:
        day = self.decision_day
        return day is not None and self.now >= self.calendar.office_time(day)

    @cached_property
    def period_now(self) -> Judged | None:
        """The period that the warning is about, with all that is known of it by now (rule 19)."""
        return judge(self.terms, self.warned.span, self.counts) if self.warned else None

    @cached_property
    def cured_on(self) -> date | None:
        """The day on which what was missed is made up for; None: not yet."""
        if self.warned is None or self.warned_at is None or self.cure_until is None:
            return None
        yesterday = self.today - ONE_DAY
        days = DayRange(self.calendar.day_of(self.warned_at), min(yesterday, self.cure_until))
        return cured_on(self.terms, self.warned, self.counts, days, self.recovery_days)

    @cached_property
    def cure(self) -> Cure:
        """As of the last day to cure, with all that is known now."""
        if self.warned is None or self.cure_until is None:
            return Cure.UNKNOWN
        args = (self.terms, self.warned, self.counts, self.cure_until, self.recovery_days)
        return cure_as_of(*args)

    @property
    def _decision_waits(self) -> bool:
        return self._decision_is_due and not _is_cured(self) and self.cure is not Cure.FAILING


# ---- what is due: the first that applies ----


def _removed(term: Term) -> bool:
    return term.is_live and term.holder.removed


def _over(term: Term) -> bool:
    return term.is_live and term.now >= term.calendar.end_of(term.terms.last_day)


def _unannounced(term: Term) -> bool:
    return term.is_live and not term.announced


def _blocked(term: Term) -> bool:
    standing = term.status in (ExclusiveStatus.ANNOUNCED, ExclusiveStatus.ACTIVE)
    return standing and term.holder.blocked


def _unblocked(term: Term) -> bool:
    return term.status is ExclusiveStatus.SUSPENDED and not term.holder.blocked


def _begins(term: Term) -> bool:
    first = term.calendar.start_of(term.terms.first_day)
    return term.status is ExclusiveStatus.ANNOUNCED and term.now >= first


def _tier_is_lost(term: Term) -> bool:
    return term.is_active and not term.holder.meets_tier and term.at_risk_until is None


def _tier_is_back(term: Term) -> bool:
    return term.is_live and term.holder.meets_tier and term.at_risk_until is not None


def _risk_has_come_true(term: Term) -> bool:
    until, told = term.at_risk_until, term.risk_told_at
    if not term.is_active or until is None or told is None:
        return False
    return term.now >= term.calendar.end_of(until)


def _came_back(term: Term) -> bool:
    return term.is_active and term.arrival is Arrival.CAME_BACK


def _goes_out_again(term: Term) -> bool:
    """A warning that reached nobody, once there is an address that has not failed."""
    event = NewsEvent.MISSED if term.warned is not None else NewsEvent.TIER_LOST
    return term.arrival is Arrival.AGAIN and is_true(term, event)


def _is_cured(term: Term) -> bool:
    """Made up for; or, as corrected since, the period was not missed after all (rule 19)."""
    if not term.is_active or term.warned is None:
        return False
    now = term.period_now
    not_missed = now is not None and now.verdict in (PeriodVerdict.MET, PeriodVerdict.EXEMPT)
    return not_missed or term.cured_on is not None


def _stays_missed(term: Term) -> bool:
    return term.is_active and term._decision_is_due and term.cure is Cure.FAILING


def _period_is_due(term: Term) -> bool:
    return term.is_active and term.review is not None


def renewal_at(term: Term) -> datetime:
    """When staff are asked whether it goes on."""
    return term.calendar.office_time(term.terms.last_day - timedelta(days=RENEWAL_DAYS))


def _renewal_is_due(term: Term) -> bool:
    wanted = term.terms.renewal is Renewal.PROPOSE
    asked = term.renewal_proposed or term.renewed
    return term.is_active and wanted and not asked and term.now >= renewal_at(term)


def _was_ended(term: Term) -> bool:
    """A person ended it: whoever was told of its beginning is told of its end."""
    over = term.status in (ExclusiveStatus.ENDED, ExclusiveStatus.NON_EXCLUSIVE)
    silent = term.end_noted or term.ending is Ending.RENEWED
    return over and term.announced and not silent


RULES: tuple[tuple[Callable[[Term], bool], TermStep], ...] = (
    (_removed, TermStep.END_REMOVED),
    (_over, TermStep.END_TERM),
    (_unannounced, TermStep.ANNOUNCE),
    (_blocked, TermStep.SUSPEND),
    (_unblocked, TermStep.RESTORE),
    (_begins, TermStep.ACTIVATE),
    (_tier_is_back, TermStep.CLEAR_RISK),
    (_tier_is_lost, TermStep.PUT_AT_RISK),
    (_came_back, TermStep.STOP_CLOCK),
    (_risk_has_come_true, TermStep.LOSE_TIER),
    (_is_cured, TermStep.CURE),
    (_stays_missed, TermStep.LOSE_MISSED),
    (_goes_out_again, TermStep.WARN_AGAIN),
    (_period_is_due, TermStep.REVIEW),
    (_renewal_is_due, TermStep.PROPOSE_RENEWAL),
    (_was_ended, TermStep.TELL_END),
)
"""The first that holds is due. What ends an exclusive goes first, what only tells of it last."""


def due(term: Term) -> TermStep | None:
    """The step that is due now; None: wait for the next moment."""
    return next((step for holds, step in RULES if holds(term)), None)


def is_true(term: Term, event: NewsEvent) -> bool:
    """Whether a message about this still says what is; asked before it is sent (rule 14)."""
    match event:
        case NewsEvent.OFFERED:
            return term.status is ExclusiveStatus.ANNOUNCED
        case NewsEvent.OTHER:
            return term.status in (ExclusiveStatus.ANNOUNCED, ExclusiveStatus.ACTIVE)
        case NewsEvent.MISSED:
            return _warns(term) and term.warned is not None and not _is_cured(term)
        case NewsEvent.TIER_LOST:
            return _warns(term) and term.at_risk_until is not None and not term.holder.meets_tier
        case NewsEvent.SAFE:
            return term.is_active and term.at_risk_until is None
        case NewsEvent.ENDED:
            return term.status.is_over
        case NewsEvent.RENEWAL:
            return term.is_live and not term.renewed
        case _:
            return term.is_active


def _warns(term: Term) -> bool:
    """Nobody is warned who is blocked, has left, or whose term is over."""
    over = term.holder.blocked or term.holder.removed or _over(term)
    return term.is_active and not over


# ---- when to look again ----


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
        at = renewal_at(term)
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
