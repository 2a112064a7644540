"""An exclusive and its holder at a moment, and what follows from that (rule 23).

`term_rules` says what is due, `term_moments` when to look again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

from partners.domain.exclusives.exclusive_minimum import (
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
from partners.domain.judging.coverage import DayRange
from partners.domain.offers.exclusive import ExclusiveStatus, PeriodVerdict, Terms
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
    def decision_is_due(self) -> bool:
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
    def is_cured(self) -> bool:
        """Made up for; or, as corrected since, the period was not missed after all (rule 19)."""
        if not self.is_active or self.period_now is None:
            return False
        not_missed = self.period_now.verdict in (PeriodVerdict.MET, PeriodVerdict.EXEMPT)
        return not_missed or self.cured_on is not None

    @property
    def _decision_waits(self) -> bool:
        return self.decision_is_due and not self.is_cured and self.cure is not Cure.FAILING

    # ---- its end ----

    @property
    def renewal_at(self) -> datetime:
        """When staff are asked whether it goes on."""
        day = self.terms.last_day - timedelta(days=RENEWAL_DAYS)
        return self.calendar.office_time(day)
