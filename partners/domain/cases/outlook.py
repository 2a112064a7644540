"""What happens next: the coming steps of a case with their days, under three assumptions.

The command that extends a deadline works its dates out with the same functions (`commands`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from pydantic.dataclasses import dataclass

from partners.domain.cases.case import BY_PERSON_ALONE, CaseStatus, HoldReason, Outcome
from partners.domain.cases.commands import (
    Beyond,
    Clock,
    later_deadline,
    resumed_deadline,
    why_no_extension,
)
from partners.domain.judging.assessment import Verdict
from partners.domain.number_words import number_of
from partners.domain.policy.fairness_limits import LONGEST_GRACE
from partners.domain.time.calendar import ProgramCalendar

USUAL_EXTENSION = 14
"""Days that the outlook assumes where nobody says how many."""


@dataclass(frozen=True)
class Prospect:
    """What comes, if something holds: lines that begin with their day."""

    condition: str
    steps: tuple[str, ...] = ()
    beyond_policy: bool = False  # refused, as the first line says, unless somebody says so


@dataclass(frozen=True)
class Facts:
    """What the outlook of a case follows from. Days are the program's."""

    clock: Clock
    today: date
    tier: str
    below: str | None  # the tier that a removal leads to; None: out of the program
    verdict: Verdict  # the warned criteria, as measured last
    settling_days: int
    recovery_hold_days: int
    reminders: tuple[int, ...] = ()  # days before the deadline, as the policy has them
    pending: tuple[date, ...] = ()  # days of the reminders that are yet to come
    recovery_until: date | None = None  # a recovery is running until then
    hold: HoldReason | None = None
    resumes_after: date | None = None  # the last day of a pause
    appealed: bool = False


def outlook(
    facts: Facts,
    calendar: ProgramCalendar,
    recover_by: date | None = None,
    extend_by: int | None = None,
) -> tuple[Prospect, ...]:
    """The three prospects; without a running clock only the first.

    Default `recover_by`: the last day that leads to an early reinstatement, or else the deadline;
    default `extend_by`: two weeks, or what is left of the 60 days.
    """
    first = Prospect("if nothing changes", tuple(_unchanged(facts, calendar)))
    deadline = facts.clock.running
    if deadline is None or facts.today > deadline:
        return (first,)
    early = deadline - timedelta(days=facts.recovery_hold_days)
    day = recover_by or (early if early >= facts.today else deadline)
    left = LONGEST_GRACE - facts.clock.total
    days = extend_by or (min(USUAL_EXTENSION, left) if left > 0 else USUAL_EXTENSION)
    return (
        first,
        Prospect(f"if the numbers recover by {day}", tuple(_recovered(facts, calendar, day))),
        _extended(facts, calendar, days),
    )


def _unchanged(facts: Facts, calendar: ProgramCalendar) -> list[str]:
    status, deadline = facts.clock.status, facts.clock.running
    if status is CaseStatus.ON_HOLD:
        return _held(facts, calendar)
    if status is CaseStatus.OPENED:
        return ["the grace period begins when the warning is accepted"]
    if deadline is None:
        return ["the case is being closed"]
    if facts.recovery_until is not None and facts.recovery_until <= deadline:
        return [f"{facts.recovery_until}: reinstated: keeps {facts.tier}"]
    cured = facts.verdict is Verdict.PASSING
    reminded = () if cured else facts.pending
    return [
        *(_reminder(day, deadline) for day in reminded),
        *_end(facts, calendar, deadline, facts.verdict),
    ]


def next_deadline(facts: Facts, calendar: ProgramCalendar) -> date | None:
    """The deadline of a case whose clock a person stopped, if it goes on after the pause's last
    day; or today, where none was named. None: no clock was stopped."""
    deadline, since = facts.clock.deadline, facts.clock.hold_since
    if facts.hold not in BY_PERSON_ALONE or deadline is None or since is None:
        return None
    goes_on = (facts.resumes_after or facts.today) + timedelta(days=1 if facts.resumes_after else 0)
    return resumed_deadline(calendar, deadline, since, calendar.start_of(goes_on))


def _held(facts: Facts, calendar: ProgramCalendar) -> list[str]:
    new = next_deadline(facts, calendar)
    if not facts.appealed and facts.hold is HoldReason.PAUSED and facts.resumes_after is not None:
        day = facts.resumes_after + timedelta(days=1)
        moves = "the deadline moves later by its length" + (f", to {new}" if new else "")
        return [f"{day}: the pause is over; {moves}"]
    ends = "upholds or overturns the appeal" if facts.appealed else "resumes the case"
    steps = [f"nothing, until somebody {ends}"]
    if new:
        steps.append(f"then the deadline moves later by that time: to {new}, if on {facts.today}")
    return steps


@dataclass(frozen=True)
class Ended:
    """What of a case that has its outcome matters for what comes after it."""

    outcome: Outcome
    on: date
    appeal_days: int
    wait_days: int  # from a removal until the tier can be entered again
    until: date | None = None  # the last day of a waiver or a block


def afterwards(ended: Ended) -> tuple[str, ...]:
    """What comes after the outcome, if nothing changes: lines that begin with their day."""
    on, until = ended.on, ended.until
    match ended.outcome:
        case Outcome.REMOVED | Outcome.DEMOTED:
            appeal = on + timedelta(days=ended.appeal_days)
            return (
                f"until {appeal}: the partner can appeal",
                f"from {on + timedelta(days=ended.wait_days)}: may return, on the standards to "
                "enter",
            )
        case Outcome.WAIVED:
            return (f"until {until}: not judged",)
        case Outcome.BLOCKED:
            last = f"until {until}" if until else "until somebody unblocks"
            return (f"{last}: beyond reviews",)
    return (f"reviews judge the months that begin after {on}",)


def _recovered(facts: Facts, calendar: ProgramCalendar, day: date) -> list[str]:
    """Rule 7: cured, and for so many days; the deadline decides alone."""
    deadline = facts.clock.deadline
    assert deadline is not None
    reminded = [_reminder(on, deadline) for on in facts.pending if on < day]
    if day > deadline:
        return [*reminded, *_end(facts, calendar, deadline, Verdict.BELOW)]
    holds_on = max(day, facts.today) + timedelta(days=facts.recovery_hold_days)
    if holds_on <= deadline:
        return [*reminded, f"{holds_on}: reinstated, if it holds until then: keeps {facts.tier}"]
    return [*reminded, *_end(facts, calendar, deadline, Verdict.PASSING)]


def _extended(facts: Facts, calendar: ProgramCalendar, days: int) -> Prospect:
    why = why_no_extension(facts.clock, days, calendar, facts.today, beyond_policy=False)
    deadline = facts.clock.deadline
    assert deadline is not None
    new = later_deadline(calendar, deadline, days)
    length = facts.clock.period_days + days
    on = [new - timedelta(days=n) for n in facts.reminders if n < length]
    steps = [_reminder(day, new) for day in on if day >= facts.today]
    refused = [f"refused: {why}"] if why else []
    coming = (*refused, *steps, *_end(facts, calendar, new, facts.verdict))
    return Prospect(f"if I extend by {number_of(days, 'day')}", coming, isinstance(why, Beyond))


def _reminder(day: date, deadline: date) -> str:
    return f"{day}: reminder, {number_of((deadline - day).days, 'day')} before the deadline"


def _end(
    facts: Facts, calendar: ProgramCalendar, deadline: date, verdict: Verdict
) -> Sequence[str]:
    """The deadline and the decision, if the numbers stay as they are."""
    decided_on = calendar.decision_day(deadline, facts.settling_days)
    leaves = f"moved to {facts.below}" if facts.below else "out of the program"
    outcome = {
        Verdict.PASSING: f"reinstated: keeps {facts.tier}",
        Verdict.BELOW: leaves,
        Verdict.INSUFFICIENT: "on hold: too little data",
    }[verdict]
    over = [] if facts.today > deadline else [f"{deadline}: the deadline, the last day that counts"]
    return [*over, f"{decided_on}: decision: {outcome}"]
