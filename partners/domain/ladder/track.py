"""How a partner stands with a step of a track: what is due, what waits, what counts until when.

A step is *said* to be done on a day, then *confirmed*; where the partner's word is enough, the two
are one. A confirmed step counts through the day on which it expires. Nothing that is late or has
expired warns anybody, or takes a tier: it is told, and that is all (rules 11 and 26).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.track_policy import Confirmer, TrackStep, step_label
from partners.domain.time.calendar import ProgramCalendar, shift_months


class StepState(StrEnum):
    """Where a step stands; the values are what people read."""

    TO_DO = "to do"
    OVERDUE = "overdue"
    WAITING = "waits for confirmation"
    DONE = "done"
    EXPIRING = "expires soon"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class StepDays:
    """The days of a step, of one partner. All None: nothing is known of it."""

    due_on: date | None = None
    said_on: date | None = None  # done on that day, as is said; waits for confirmation
    done_on: date | None = None  # confirmed
    expires_on: date | None = None  # the last day on which it counts; None: it does not expire

    def counts_on(self, day: date) -> bool:
        """Whether it is confirmed and has not expired."""
        return self.done_on is not None and (self.expires_on is None or day <= self.expires_on)


def due_on(step: TrackStep, began_on: date, calendar: ProgramCalendar) -> date | None:
    """The day until which a step is to be done: so many days after the track began, on a weekend
    or holiday the next working day (rule 12)."""
    if step.due_days is None:
        return None
    return calendar.working_day_from(began_on + timedelta(days=step.due_days))


def expires_on(step: TrackStep, done_on: date) -> date | None:
    """The last day on which a step counts that was done on that day, month ends clamped."""
    return shift_months(done_on, step.expires_months) if step.expires_months else None


def state(days: StepDays, remind_days: int, today: date) -> StepState:
    """Where a step stands. What is said anew while the earlier confirmation counts is shown as
    waiting: that is what a person has to do."""
    if days.said_on is not None:
        return StepState.WAITING
    if days.done_on is None:
        late = days.due_on is not None and days.due_on < today
        return StepState.OVERDUE if late else StepState.TO_DO
    if not days.counts_on(today):
        return StepState.EXPIRED
    soon = days.expires_on is not None and is_reminded(days.expires_on, remind_days, today)
    return StepState.EXPIRING if soon else StepState.DONE


def is_reminded(expires: date, remind_days: int, today: date) -> bool:
    """Whether it is time to remind of what expires on that day, and still of use."""
    return expires - timedelta(days=remind_days) <= today <= expires


def is_news(days: StepDays, day: date) -> bool:
    """Whether a step that is said to have been done on a day is more than what is known.

    Said or fed twice it changes nothing, and an earlier day than the confirmed one does not either.
    A step that does not expire is done once.
    """
    if days.done_on is None:
        return days.said_on != day
    newer = day > days.done_on and (days.said_on is None or day > days.said_on)
    return newer and days.expires_on is not None


def stands_for_quality(done_on: date, against: date | None) -> bool:
    """Whether a certification of that day counts as its quality met. `against`: the day of the
    newest appraisal, if that says not met; people's word of the same day or later goes first."""
    return against is None or done_on > against


def tracks_of(policy: Policy, key: str, tier: str | None, begun: Sequence[str]) -> tuple[str, ...]:
    """The tracks in which a step of that key can be meant: that of the partner's tier, else those
    in which the partner has the step (`begun`), else all that have one."""
    own = track_name(policy, tier)
    if own is not None and has_step(policy, own, key):
        return (own,)
    if begun:
        return tuple(begun)
    return tuple(name for name in policy.tracks if has_step(policy, name, key))


def track_name(policy: Policy, tier: str | None) -> str | None:
    """The track that a tier names; None for no tier, and for one that names none."""
    found = policy.tier(tier) if tier is not None else None
    return found.track if found is not None else None


def has_step(policy: Policy, name: str, key: str) -> bool:
    track = policy.track(name)
    return track is not None and track.step(key) is not None


def known_step(policy: Policy, name: str, key: str) -> TrackStep:
    """A step as the policy has it; one that it has no more is done as soon as somebody says so."""
    track = policy.track(name)
    found = track.step(key) if track is not None else None
    if found is not None:
        return found
    # Its key was valid when it was written: it is not held against the rules of today.
    return TrackStep.model_construct(key=key, label=step_label(key), confirmed_by=Confirmer.PARTNER)


def remind_days(policy: Policy, name: str, key: str) -> int:
    """How long before it expires a step is reminded of; 0 for one that the policy has no more."""
    track = policy.track(name)
    return track.remind_days if track is not None and track.step(key) is not None else 0
