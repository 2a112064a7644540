"""A case: the states it goes through and the decisions in it, as pure functions."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from partners.domain.judging.assessment import Assessment, Verdict
from partners.domain.judging.coverage import Coverage
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Guard, Policy, TierKind
from partners.domain.time.calendar import Month, ProgramCalendar


class CaseStatus(StrEnum):
    """Where a case stands. Steps go down the list, except to and from `on_hold`."""

    OPENED = "opened"  # below standards; no warning accepted yet
    IN_GRACE = "in_grace"  # warned; the clock runs
    DECIDING = "deciding"  # the decision is being made; commands are refused (rule 17)
    ON_HOLD = "on_hold"  # waits for a person
    DECIDED = "decided"  # the outcome is applied; the partner has not been told yet
    CLOSED = "closed"


class Outcome(StrEnum):
    REINSTATED = "reinstated"  # cured: keeps the tier
    DEMOTED = "demoted"  # removed to the tier below, in good standing there
    REMOVED = "removed"  # out of the program
    WAIVED = "waived"  # a person ended it: not judged for some time
    BLOCKED = "blocked"  # a person ended it: beyond reviews
    VOIDED = "voided"  # should not have been opened, or a person cancelled it
    RECOVERED_BEFORE_WARNING = "recovered_before_warning"  # cured before anything was sent


class HoldReason(StrEnum):
    UNDELIVERABLE = "undeliverable"  # the warning reached nobody (rule 1)
    INSUFFICIENT = "insufficient"  # too little data at the deadline (rule 5)
    FEED = "feed"  # the feed does not cover the deadline (rule 8)
    PAUSED = "paused"  # a person stopped the clock: leave of absence, dispute
    APPEAL = "appeal"  # the partner appealed, and nobody has answered yet
    TIER = "tier"  # the demotion leads to a tier that the policy in force has no more (rule 11)
    GUARD = "guard"  # too many partners warned or removed this week (rule 13)


class NotOpened(StrEnum):
    """Why no case was opened; the values are what people read."""

    NOT_BELOW = "not below standards"
    INSUFFICIENT = "not enough data to judge"
    NOT_ENROLLED = "not enrolled in a tier"
    OUT = "already out of the program"
    PUBLIC_TIER = "a public tier has no standards to keep"
    UNKNOWN_TIER = "the policy has no such tier"
    WAIVED = "a waiver is in force"
    BLOCKED = "blocked: beyond reviews"
    PINNED = "a person has pinned the tier"
    NOT_LAUNCHED = "not in the launch group: judged, but not acted upon"
    STALE_FEED = "the order feed is too old to judge anybody"
    MONTH_TOO_EARLY = "the month began before the partner could be judged on it"
    CHECK_IN = "a friendly check-in comes first"
    CHECKED_IN = "answered by a check-in; a warning would follow if it comes again"
    MONTH_ALREADY_JUDGED = "there was a case for this month already"
    SET_ASIDE = "their data cannot be judged; the inbox says why"
    UNKNOWN_PARTNER = "unknown partner"


class Next(StrEnum):
    """What a case's own assessment leads to."""

    REINSTATE = "reinstate"
    REMOVE = "remove"
    HOLD = "hold"
    VOID = "void"


class Permission(StrEnum):
    """Whether what the guard looks at may go on (rule 13)."""

    NOT_ASKED = "not asked"  # yet; never stored
    GO = "go"  # nobody has to be asked; never stored
    WAITING = "waiting"  # for a person
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True)
class PartnerHistory:
    """The dates that limit which months may be held against a partner (rule 10)."""

    joined_on: date
    tier_since: date
    last_case_closed_on: date | None = None
    last_waiver_ended_on: date | None = None  # or pin, or block
    judged_months: frozenset[Month] = frozenset()

    def since(self, judge_from: date | None) -> date:
        """Only months that began after this day count.

        `judge_from` names the first day that counts, so it limits with the day before it.
        """
        days = [self.joined_on, self.tier_since]
        days += [d for d in (self.last_case_closed_on, self.last_waiver_ended_on) if d]
        if judge_from is not None:
            days.append(judge_from - timedelta(days=1))
        return max(days)


BY_PERSON_ALONE = (HoldReason.PAUSED, HoldReason.APPEAL)
"""Holds that a person began: the clock that they stopped goes on after them."""


class InTier(Protocol):
    """A partner's place in the program, whatever holds it."""

    @property
    def tier(self) -> str | None: ...

    @property
    def left_on(self) -> date | None: ...


def why_exempt(partner: InTier, policy: Policy, overrides: Container[str]) -> NotOpened | None:
    """Why a partner is not judged at all, whatever the month; None if they are."""
    if Override.BLOCK in overrides:
        return NotOpened.BLOCKED
    if Override.WAIVER in overrides:
        return NotOpened.WAIVED
    if Override.PIN in overrides:
        return NotOpened.PINNED
    if partner.tier is None:
        return NotOpened.OUT if partner.left_on else NotOpened.NOT_ENROLLED
    tier = policy.tier(partner.tier)
    if tier is None:
        return NotOpened.UNKNOWN_TIER
    return NotOpened.PUBLIC_TIER if tier.kind is TierKind.PUBLIC else None


def why_unjudged(
    history: PartnerHistory,
    policy: Policy,
    coverage: Coverage,
    month: Month,
    today: date,
    needs_feed: bool = True,
) -> NotOpened | None:
    """Why this month opens no case whatever the numbers (rules 3 and 10); None if it may.

    `needs_feed`: whether any of the partner's standards is measured on orders.
    """
    age = coverage.age_days(today)
    if needs_feed and (age is None or age > policy.feed.max_age_days):
        return NotOpened.STALE_FEED
    if month in history.judged_months:
        return NotOpened.MONTH_ALREADY_JUDGED
    if month.first_day <= history.since(policy.review.judge_from):
        return NotOpened.MONTH_TOO_EARLY
    return None


def decide(assessment: Assessment) -> Next:
    """Rule 5: all warned criteria cured: reinstate; any failing: remove; else hold."""
    return {
        Verdict.PASSING: Next.REINSTATE,
        Verdict.BELOW: Next.REMOVE,
        Verdict.INSUFFICIENT: Next.HOLD,
    }[assessment.verdict]


def is_repeat(history: PartnerHistory, relapse_days: int, today: date) -> bool:
    """Rule 7: the last case closed at most `relapse_days` ago."""
    closed = history.last_case_closed_on
    return closed is not None and (today - closed).days <= relapse_days


def guard_looks(guard: Guard, acted: int) -> bool:
    """Whether one more partner is beyond what rule 13 always allows; `acted` as in
    `guard_holds`, which then decides."""
    return acted + 1 > guard.always_allow


def guard_holds(guard: Guard, acted: int, enrolled: int) -> bool:
    """Rule 13: whether one more partner would be too many.

    `acted`: other partners warned or removed in the last 7 days; `enrolled`: partners in a tier.
    """
    with_this = acted + 1
    if not guard_looks(guard, acted):
        return False
    return with_this > guard.max_partners or with_this > guard.max_share * enrolled


@dataclass(frozen=True)
class Reminder:
    """A reminder due `days` before the deadline, at the program's office hour."""

    days: int
    due_at: datetime


def reminders(
    calendar: ProgramCalendar, policy: Policy, deadline: date, period_days: int
) -> list[Reminder]:
    """The reminders of a period, earliest first; a short one has only those that fit into it."""
    return [
        Reminder(days, calendar.office_time(deadline - timedelta(days=days)))
        for days in policy.grace.reminders
        if days < period_days
    ]
