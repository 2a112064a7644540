"""Decisions about a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.cases.case import (
    Next,
    NotOpened,
    PartnerHistory,
    decide,
    guard_holds,
    is_repeat,
    reminders,
    why_exempt,
    why_unjudged,
)
from partners.domain.judging.assessment import Assessment, Finding, Verdict
from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.overrides.override import Override
from partners.domain.policy.policy import Guard, Policy
from partners.domain.time.calendar import Month, ProgramCalendar

TODAY = date(2026, 10, 10)
SEPTEMBER = Month(2026, 9)
JOINED = date(2025, 1, 1)
FRESH = Coverage.of([DayRange(JOINED, TODAY - timedelta(days=1))])
BERLIN = ProgramCalendar(ZoneInfo("Europe/Berlin"))


def history(**dates: object) -> PartnerHistory:
    return PartnerHistory(**({"joined_on": JOINED, "tier_since": JOINED} | dates))  # type: ignore[arg-type]


def assessment(*verdicts: Verdict) -> Assessment:
    return Assessment(
        tuple(Finding("rating", None, Decimal(1), True, 1, 0, 5, verdict) for verdict in verdicts)
    )


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([Verdict.PASSING, Verdict.PASSING], Next.REINSTATE),
        ([Verdict.PASSING, Verdict.BELOW], Next.REMOVE),
        ([Verdict.INSUFFICIENT, Verdict.BELOW], Next.REMOVE),
        ([Verdict.PASSING, Verdict.INSUFFICIENT], Next.HOLD),
    ],
)
def test_rule_05_all_cured_reinstates_any_failing_removes_else_hold(
    verdicts: list[Verdict], expected: Next
) -> None:
    assert decide(assessment(*verdicts)) is expected


@given(st.lists(st.sampled_from([Verdict.PASSING, Verdict.INSUFFICIENT]), min_size=1))
def test_rule_02_insufficient_data_alone_never_removes(verdicts: list[Verdict]) -> None:
    assert decide(assessment(*verdicts)) is not Next.REMOVE


def test_a_fresh_feed_and_a_month_after_joining_may_be_judged(
    make_policy: Callable[..., Policy],
) -> None:
    assert why_unjudged(history(), make_policy(), FRESH, SEPTEMBER, TODAY) is None


@pytest.mark.parametrize("age", [0, 3, 4])
def test_rule_03_a_stale_feed_judges_nobody(make_policy: Callable[..., Policy], age: int) -> None:
    coverage = Coverage.of([DayRange(JOINED, TODAY - timedelta(days=1 + age))])
    why = why_unjudged(history(), make_policy(), coverage, SEPTEMBER, TODAY)
    assert why is (NotOpened.STALE_FEED if age > 3 else None)


def test_standards_that_no_order_is_measured_by_need_no_feed(
    make_policy: Callable[..., Policy],
) -> None:
    why = why_unjudged(history(), make_policy(), Coverage(), SEPTEMBER, TODAY, needs_feed=False)
    assert why is None


@dataclass(frozen=True)
class Place:
    tier: str | None = "preferred"
    left_on: date | None = None


@pytest.mark.parametrize(
    ("place", "overrides", "why"),
    [
        (Place(), (), None),
        (Place(), (Override.BLOCK,), NotOpened.BLOCKED),
        (Place(), (Override.WAIVER,), NotOpened.WAIVED),
        (Place(), (Override.PIN,), NotOpened.PINNED),
        (Place(), (Override.PIN, Override.WAIVER, Override.BLOCK), NotOpened.BLOCKED),
        (Place(tier=None), (), NotOpened.NOT_ENROLLED),
        (Place(tier=None, left_on=TODAY), (), NotOpened.OUT),
        (Place(tier="gone"), (), NotOpened.UNKNOWN_TIER),
        (Place(tier="public"), (), NotOpened.PUBLIC_TIER),
    ],
)
def test_who_is_not_judged_at_all_and_why(
    make_policy: Callable[..., Policy],
    place: Place,
    overrides: tuple[Override, ...],
    why: NotOpened | None,
) -> None:
    tiers = [{"key": "public", "kind": "public"}, {"key": "preferred", "kind": "preferred"}]
    assert why_exempt(place, make_policy(tiers=tiers), overrides) is why


def test_rule_03_without_a_feed_nobody_is_judged(make_policy: Callable[..., Policy]) -> None:
    why = why_unjudged(history(), make_policy(), Coverage(), SEPTEMBER, TODAY)
    assert why is NotOpened.STALE_FEED


@pytest.mark.parametrize(
    "fact", ["joined_on", "tier_since", "last_case_closed_on", "last_waiver_ended_on"]
)
@pytest.mark.parametrize(("day", "judged"), [(31, True), (1, False), (20, False)])
def test_rule_10_a_month_must_begin_after(
    make_policy: Callable[..., Policy], fact: str, day: int, judged: bool
) -> None:
    when = date(2026, 8, 31) if day == 31 else date(2026, 9, day)
    why = why_unjudged(history(**{fact: when}), make_policy(), FRESH, SEPTEMBER, TODAY)
    assert (why is None) is judged
    assert why in (None, NotOpened.MONTH_TOO_EARLY)


def test_rule_10_once_per_partner_and_month(make_policy: Callable[..., Policy]) -> None:
    judged = history(judged_months=frozenset({SEPTEMBER}))
    why = why_unjudged(judged, make_policy(), FRESH, SEPTEMBER, TODAY)
    assert why is NotOpened.MONTH_ALREADY_JUDGED


def test_rule_10_judge_from_names_the_first_day_that_counts(
    make_policy: Callable[..., Policy],
) -> None:
    from_september = make_policy(review={"judge_from": "2026-09-01"})
    from_october = make_policy(review={"judge_from": "2026-10-01"})
    assert why_unjudged(history(), from_september, FRESH, SEPTEMBER, TODAY) is None
    why = why_unjudged(history(), from_october, FRESH, SEPTEMBER, TODAY)
    assert why is NotOpened.MONTH_TOO_EARLY


@pytest.mark.parametrize(("days", "repeat"), [(0, True), (90, True), (91, False)])
def test_rule_07_a_relapse_soon_after_a_case_is_a_repeat(days: int, repeat: bool) -> None:
    closed = history(last_case_closed_on=TODAY - timedelta(days=days))
    assert is_repeat(closed, 90, TODAY) is repeat


def test_rule_07_a_first_case_is_no_repeat() -> None:
    assert not is_repeat(history(), 90, TODAY)


@pytest.mark.parametrize(
    ("acted", "enrolled", "holds"),
    [
        (4, 10, False),  # five are always allowed
        (5, 10, True),  # 6 of 10 is more than a tenth
        (5, 60, False),  # 6 of 60 is a tenth
        (49, 10_000, False),
        (50, 10_000, True),
    ],
)
def test_rule_13_the_guard_counts_this_partner_too(acted: int, enrolled: int, holds: bool) -> None:
    assert guard_holds(Guard(), acted, enrolled) is holds


@given(st.integers(0, 200), st.integers(0, 5000))
def test_rule_13_a_guard_that_holds_goes_on_holding(acted: int, enrolled: int) -> None:
    if guard_holds(Guard(), acted, enrolled):
        assert guard_holds(Guard(), acted + 1, enrolled)


def test_rule_12_reminders_come_in_the_morning_earliest_first(
    make_policy: Callable[..., Policy],
) -> None:
    found = reminders(BERLIN, make_policy(), date(2026, 10, 30), period_days=45)
    assert [(r.days, r.due_at) for r in found] == [
        (14, datetime(2026, 10, 16, 7, tzinfo=UTC)),  # summer time
        (3, datetime(2026, 10, 27, 8, tzinfo=UTC)),  # the clocks went back on the 25th
    ]


@pytest.mark.parametrize(("period", "days"), [(14, [3]), (15, [14, 3]), (3, [])])
def test_rule_12_a_short_period_has_only_the_reminders_that_fit_into_it(
    make_policy: Callable[..., Policy], period: int, days: list[int]
) -> None:
    found = reminders(BERLIN, make_policy(), date(2026, 10, 30), period_days=period)
    assert [r.days for r in found] == days
