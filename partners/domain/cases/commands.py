"""What people may command about a partner, and why it is refused: pure functions (rule 16).

Each `why_no_…` returns the reason in words that people read, or None where the command may be
carried out.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic.dataclasses import dataclass

from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.mail.notices import NoticeKind
from partners.domain.overrides.override import why_no_last_day, why_too_far, why_too_many_days
from partners.domain.policy.fairness_limits import LONGEST_GRACE
from partners.domain.time.calendar import ProgramCalendar


class Beyond(str):
    """Why the rules refuse what a person may do all the same, if they say that it goes beyond."""

    __slots__ = ()


@dataclass(frozen=True)
class SignedCommand:
    """Who asks, and why; both are recorded (rule 16)."""

    who: str
    reason: str


@dataclass(frozen=True)
class Command(SignedCommand):
    """A command with what it may need; each reads what concerns it."""

    days: int = 0  # extend
    until: date | None = None  # pause, waive, block, pin: the last day
    offers: tuple[str, ...] = ()  # block: only these
    beyond_policy: bool = False  # extend, remove: more than the rules allow, as is recorded
    quiet: bool = False  # the partner is not told, as is recorded
    revision: int = 0  # of the case as the person saw it; 0: whatever it is


@dataclass(frozen=True)
class CaseCommand(Command):
    """A command on an open case."""

    case_id: str = ""


class CommandKind(StrEnum):
    """What a person did. The values are the steps of the recorded decisions."""

    EXTENDED = "extended"  # a later deadline
    PAUSED = "paused"  # the clock of a case is stopped
    RESUMED = "resumed"
    WAIVED = "waived"  # not judged until a day
    REINSTATED = "reinstated"  # keeps the tier, or returns to it
    REMOVED = "removed"
    BLOCKED = "blocked"  # beyond reviews; or only some offers are
    UNBLOCKED = "unblocked"
    PINNED = "pinned"  # stays in the tier, whatever the numbers
    UNPINNED = "unpinned"
    APPEALED = "appealed"
    UPHELD = "upheld"  # of an appeal: what was decided stands
    OVERTURNED = "overturned"  # of an appeal: what was decided is undone

    @property
    def notice(self) -> NoticeKind | None:
        """What the partner gets; None for what concerns staff alone."""
        return _NOTICES.get(self)


_NOTICES = {
    CommandKind.EXTENDED: NoticeKind.EXTENDED,
    CommandKind.RESUMED: NoticeKind.EXTENDED,
    CommandKind.PAUSED: NoticeKind.PAUSED,
    CommandKind.WAIVED: NoticeKind.WAIVED,
    CommandKind.REINSTATED: NoticeKind.REINSTATED,
    CommandKind.REMOVED: NoticeKind.REMOVAL,
    CommandKind.BLOCKED: NoticeKind.BLOCKED,
    CommandKind.UNBLOCKED: NoticeKind.BLOCKED,
    CommandKind.APPEALED: NoticeKind.APPEAL,
    CommandKind.UPHELD: NoticeKind.APPEAL,
    CommandKind.OVERTURNED: NoticeKind.APPEAL,
}


class AppealState(StrEnum):
    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    MOOT = "moot"  # the case ended otherwise


# ---- deadlines ----


def later_deadline(calendar: ProgramCalendar, deadline: date, days: int) -> date:
    """So many days later, on a working day (rule 12)."""
    return calendar.working_day_from(deadline + timedelta(days=days))


@dataclass(frozen=True)
class Clock:
    """What of a case's clock matters for a command. Instants: program time."""

    status: CaseStatus
    deadline: date | None = None
    period_days: int = 0  # of the running period, extensions included
    before_days: int = 0  # of the grace period, where a final notice runs
    hold_since: datetime | None = None

    @property
    def total(self) -> int:
        """Days of grace in all. Pauses do not count, nor does rolling to a working day."""
        return self.period_days + self.before_days


def why_no_extension(
    clock: Clock, days: int, calendar: ProgramCalendar, today: date, beyond_policy: bool
) -> str | None:
    """Rule 12: only later, and not beyond 60 days unless that is said."""
    if why := why_too_many_days(days):
        return why
    if clock.status is CaseStatus.ON_HOLD:
        return "the case is on hold, so no clock runs; resume it first"
    if clock.status is not CaseStatus.IN_GRACE or clock.deadline is None:
        return "no deadline runs yet: the warning has not been accepted"
    new = later_deadline(calendar, clock.deadline, days)
    if new < today:
        return f"the new deadline, {new}, would have passed already"
    if why := why_too_far(new, today, "the new deadline, "):
        return why
    total = clock.total + days
    if total > LONGEST_GRACE and not beyond_policy:
        left = max(0, LONGEST_GRACE - clock.total)
        most = f"{left} more are left" if left else "none are left"
        return Beyond(
            f"{total} days of grace are more than the {LONGEST_GRACE} that everybody may have "
            f"({most})"
        )
    return None


def resumed_deadline(
    calendar: ProgramCalendar, deadline: date, paused_at: datetime, now: datetime
) -> date:
    """A pause adds its own length (rule 12), unless the deadline's day had ended before it."""
    if paused_at >= calendar.end_of(deadline):
        return deadline
    length = calendar.day_of(now) - calendar.day_of(paused_at)
    return later_deadline(calendar, deadline, length.days) if length.days > 0 else deadline


def why_no_pause(
    status: CaseStatus, hold: HoldReason | None, until: date | None, today: date
) -> str | None:
    if status is CaseStatus.ON_HOLD:
        what = "paused" if hold is HoldReason.PAUSED else f"on hold ({hold})"
        return f"the case is {what} already: no clock runs"
    return why_no_last_day(until, today)


# ---- removal ----


def why_no_removal(
    clock: Clock, calendar: ProgramCalendar, now: datetime, beyond_policy: bool
) -> str | None:
    """Rule 1: no removal without an accepted warning and the full grace period after it."""
    if beyond_policy:
        return None
    if clock.deadline is None:
        return Beyond("no accepted warning and full grace period precede it")
    ends_at = calendar.end_of(clock.deadline)
    if now < ends_at or (clock.hold_since is not None and clock.hold_since < ends_at):
        return Beyond(f"the grace period until {clock.deadline} has not run out")
    return None


# ---- overrides ----


def why_no_waiver(until: date | None, in_force: date | None, today: date) -> str | None:
    """`in_force`: the last day of a waiver that holds already."""
    if until is None:
        return "a waiver needs its last day"
    if why := why_no_last_day(until, today):
        return why
    if in_force is not None and until <= in_force:
        return f"a waiver is in force until {in_force} already"
    return None


# ---- appeals ----


@dataclass(frozen=True)
class Lowering:
    """The change of tier that a partner may appeal against, or be brought back from."""

    from_tier: str
    to_tier: str | None
    changed_on: date

    def last_appeal(self, days: int) -> date:
        """The last day on which it can be appealed against."""
        return self.changed_on + timedelta(days=days)


def why_no_appeal(lowering: Lowering | None, days: int, today: date) -> str | None:
    """Without an open case: only against a removal, and only for so many days."""
    if lowering is None:
        return "there is nothing to appeal against: no open case, and no removal"
    if today > (last := lowering.last_appeal(days)):
        return f"the removal of {lowering.changed_on} could be appealed against until {last}"
    return None
