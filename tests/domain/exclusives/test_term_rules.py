"""What is due about an exclusive, and when to look again: at midnight, over DST, at month ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from partners.domain.exclusives.exclusive_minimum import Agreed, Counts, Sold, Span, Warned
from partners.domain.exclusives.exclusive_term import (
    Arrival,
    Ending,
    Holder,
    NewsEvent,
    Term,
    TermStep,
)
from partners.domain.exclusives.term_moments import MomentKind, moments
from partners.domain.exclusives.term_rules import due, is_true
from partners.domain.judging.coverage import Coverage, DayRange
from partners.domain.offers.exclusive import ExclusiveStatus, Period, Renewal, Terms
from partners.domain.time.calendar import Month, ProgramCalendar

BERLIN = ProgramCalendar(ZoneInfo("Europe/Berlin"))
ALL = Coverage.of([DayRange(date(2034, 1, 1), date(2036, 12, 31))])
TERMS = Terms(date(2035, 4, 1), date(2035, 10, 31), minimum_orders=10, required_tier="gold")
APRIL = Span(Month(2035, 4), Month(2035, 4))


def at(local: str) -> datetime:
    """A moment by the clock of Berlin."""
    return datetime.fromisoformat(local).replace(tzinfo=BERLIN.zone).astimezone(UTC)


def term(now: str, sold: dict[date, Sold] | None = None, **facts: Any) -> Term:
    """An active exclusive at that moment; what matters to a test is for it to say."""
    known = facts.pop("coverage", ALL)
    return Term(
        **{
            "terms": TERMS,
            "status": ExclusiveStatus.ACTIVE,
            "now": at(now),
            "calendar": BERLIN,
            "settling_days": 3,
            "recovery_days": 30,
            "read_counts": lambda: Counts(sold or {}, known),
            "announced": True,
            **facts,
        }
    )


def warned(now: str, sold: dict[date, Sold] | None = None, **facts: Any) -> Term:
    """After a warning about April, accepted on 4 May."""
    return term(
        now,
        sold,
        **{
            "judged": frozenset({APRIL}),
            "warned": Warned(APRIL, (Agreed.ORDERS,)),
            "warned_at": at("2035-05-04T09:00"),
            "cure_until": date(2035, 6, 4),
            **facts,
        },
    )


# ---- beginning and end ----


@pytest.mark.parametrize(
    ("now", "step"),
    [("2035-03-31T23:59:59", None), ("2035-04-01T00:00", TermStep.ACTIVATE)],
)
def test_rule_23_it_begins_at_midnight_in_the_programs_zone(
    now: str, step: TermStep | None
) -> None:
    assert due(term(now, status=ExclusiveStatus.ANNOUNCED)) is step


@pytest.mark.parametrize(
    ("now", "step"),
    [("2035-10-31T23:59:59", None), ("2035-11-01T00:00", TermStep.END_TERM)],
)
def test_rule_23_it_ends_with_its_last_day(now: str, step: TermStep | None) -> None:
    """After the clocks went back on 28 October: the day is the zone's, not 24 hours of UTC."""
    everything = {"judged": frozenset(spans(TERMS)), "renewal_proposed": True}
    assert due(term(now, **everything)) is step


def spans(terms: Terms) -> list[Span]:
    return [Span(Month(2035, month), Month(2035, month)) for month in range(4, 11)]


def test_the_last_day_on_which_clocks_change_is_as_long_as_it_is() -> None:
    terms = replace(TERMS, first_day=date(2035, 3, 25), last_day=date(2035, 3, 25))
    on_that_day = term("2035-03-25T12:00", terms=terms, renewal_proposed=True)
    (last,) = [m for m in moments(on_that_day) if m.kind is MomentKind.LAST_DAY]
    assert last.at - BERLIN.start_of(date(2035, 3, 25)) == timedelta(hours=23)


def test_what_ends_it_goes_before_all_else() -> None:
    left = Holder(meets_tier=False, blocked=True, removed=True)
    assert due(warned("2035-06-08T10:00", holder=left)) is TermStep.END_REMOVED


def test_rule_23_a_renewal_is_proposed_60_days_before_the_last_day_at_the_office_hour() -> None:
    judged = frozenset(spans(TERMS))
    assert due(term("2035-09-01T08:59", judged=judged)) is None
    assert due(term("2035-09-01T09:00", judged=judged)) is TermStep.PROPOSE_RENEWAL
    assert due(term("2035-09-01T09:00", judged=judged, renewed=True)) is None
    none = replace(TERMS, renewal=Renewal.NONE)
    assert due(term("2035-09-01T09:00", judged=judged, terms=none)) is None


def test_a_person_s_end_is_told_once_and_that_of_a_renewal_never() -> None:
    over = term("2035-05-01T10:00", status=ExclusiveStatus.ENDED)
    assert due(over) is TermStep.TELL_END
    assert due(replace(over, end_noted=True)) is None
    assert due(replace(over, ending=Ending.RENEWED)) is None
    assert due(replace(over, announced=False)) is None


# ---- periods ----


@pytest.mark.parametrize(
    ("now", "step"),
    [("2035-05-04T08:59", None), ("2035-05-04T09:00", TermStep.REVIEW)],
)
def test_rule_04_a_month_is_judged_once_it_has_settled(now: str, step: TermStep | None) -> None:
    assert due(term(now)) is step


def test_rule_23_a_missed_period_accuses_if_no_warning_runs_and_it_began_after_one() -> None:
    now = term("2035-05-04T09:00")
    assert now.review is not None
    assert now.accuses(*now.review)
    assert not replace(now, judge_from=date(2035, 4, 2)).accuses(*now.review)
    assert not replace(now, warned=Warned(APRIL, ())).accuses(*now.review)


def test_nobody_is_warned_who_could_not_make_up_for_it_before_the_last_day() -> None:
    terms = replace(TERMS, last_day=date(2035, 6, 2), cure_days=30)
    now = term("2035-05-04T09:00", terms=terms)
    assert now.review is not None
    assert not now.accuses(*now.review)


def test_rule_03_an_unknown_period_waits_until_the_next_has_settled_and_accuses_nobody() -> None:
    known = Coverage.of([DayRange(date(2034, 1, 1), date(2035, 4, 20))])
    waits = term("2035-05-20T10:00", coverage=known)
    assert due(waits) is None
    assert waits.waits_for_feed
    assert [m.day for m in moments(waits) if m.kind is MomentKind.FEED] == [date(2035, 5, 21)]
    later = term("2035-06-04T09:00", coverage=known)
    assert later.review is not None
    span, found = later.review
    assert (span, found.verdict.value) == (APRIL, "unknown")
    assert not later.accuses(span, found)


def test_an_exclusive_without_a_minimum_is_judged_too_and_met() -> None:
    now = term("2035-05-04T09:00", terms=replace(TERMS, minimum_orders=0, period=Period.MONTHLY))
    assert now.review is not None
    assert now.review[1].verdict.value == "met"


# ---- warnings ----


def test_rule_01_without_an_accepted_warning_no_days_run() -> None:
    unheard = warned("2035-08-01T10:00", warned_at=None, cure_until=None)
    assert due(replace(unheard, judged=frozenset(spans(TERMS)))) is None


def test_rule_01_a_warning_that_came_back_stops_the_days() -> None:
    assert due(warned("2035-06-08T10:00", arrival=Arrival.CAME_BACK)) is TermStep.STOP_CLOCK


def test_a_warning_that_reached_nobody_goes_out_again_once_there_is_an_address() -> None:
    unheard = warned("2035-05-06T10:00", warned_at=None, cure_until=None)
    assert due(replace(unheard, arrival=Arrival.NOBODY)) is None
    assert due(replace(unheard, arrival=Arrival.AGAIN)) is TermStep.WARN_AGAIN
    blocked = Holder(blocked=True)
    status = ExclusiveStatus.SUSPENDED
    assert due(replace(unheard, arrival=Arrival.AGAIN, holder=blocked, status=status)) is None


@pytest.mark.parametrize(
    ("now", "step"),
    [("2035-06-08T08:59", None), ("2035-06-08T09:00", TermStep.LOSE_MISSED)],
)
def test_rule_08_it_is_decided_when_the_last_day_to_cure_has_settled(
    now: str, step: TermStep | None
) -> None:
    judged = frozenset(spans(TERMS))
    assert due(warned(now, judged=judged)) is step


def test_rule_08_orders_of_the_last_day_to_cure_count() -> None:
    judged = frozenset(spans(TERMS))
    in_time = warned("2035-06-08T09:00", {date(2035, 6, 4): Sold(10)}, judged=judged)
    too_late = warned("2035-06-08T09:00", {date(2035, 6, 5): Sold(10)}, judged=judged)
    assert due(in_time) is TermStep.CURE
    assert due(too_late) is TermStep.LOSE_MISSED


def test_rule_03_a_feed_that_ends_before_the_last_day_to_cure_loses_nobody_anything() -> None:
    known = Coverage.of([DayRange(date(2034, 1, 1), date(2035, 6, 3))])
    now = warned("2035-06-08T09:00", judged=frozenset(spans(TERMS)), coverage=known)
    assert due(now) is None
    assert now.waits_for_feed


def test_rule_19_a_period_that_was_not_missed_after_all_ends_its_warning() -> None:
    assert due(warned("2035-05-10T10:00", {date(2035, 4, 30): Sold(10)})) is TermStep.CURE


def test_orders_before_the_warning_alone_cure_nobody_on_the_day_of_the_warning() -> None:
    """The day of the warning itself is over only at midnight."""
    assert due(warned("2035-05-04T12:00", {date(2035, 5, 4): Sold(10)})) is None
    assert due(warned("2035-05-05T00:00", {date(2035, 5, 4): Sold(10)})) is TermStep.CURE


# ---- the holder ----

LOW = Holder(meets_tier=False)


def test_rule_23_a_lost_tier_is_at_risk_and_lost_only_after_a_notice_that_was_accepted() -> None:
    judged = frozenset(spans(TERMS))
    assert due(term("2035-05-10T10:00", holder=LOW, judged=judged)) is TermStep.PUT_AT_RISK
    risk = term("2035-06-10T00:00", holder=LOW, judged=judged, at_risk_until=date(2035, 6, 9))
    assert due(risk) is None
    told = replace(risk, risk_told_at=at("2035-05-10T10:00"))
    assert due(told) is TermStep.LOSE_TIER
    assert due(replace(told, now=at("2035-06-09T23:59:59"))) is None
    assert due(replace(told, holder=Holder())) is TermStep.CLEAR_RISK


def test_rule_23_a_block_suspends_whatever_else_is_due_and_its_end_restores() -> None:
    blocked = Holder(blocked=True, blocked_until=date(2035, 5, 20))
    assert due(term("2035-05-04T09:00", holder=blocked)) is TermStep.SUSPEND
    suspended = term("2035-05-04T09:00", holder=blocked, status=ExclusiveStatus.SUSPENDED)
    assert due(suspended) is None
    (until,) = [m for m in moments(suspended) if m.kind is MomentKind.BLOCKED]
    assert until.at == at("2035-05-21T00:00")
    assert due(replace(suspended, holder=Holder())) is TermStep.RESTORE


@pytest.mark.parametrize("holder", [Holder(blocked=True), Holder(removed=True)])
def test_rule_14_nobody_is_warned_who_is_blocked_or_has_left(holder: Holder) -> None:
    assert is_true(warned("2035-05-05T10:00"), NewsEvent.MISSED)
    assert not is_true(warned("2035-05-05T10:00", holder=holder), NewsEvent.MISSED)


def test_rule_14_an_offer_that_has_begun_meanwhile_is_not_announced() -> None:
    announced = term("2035-03-01T10:00", status=ExclusiveStatus.ANNOUNCED)
    assert is_true(announced, NewsEvent.OFFERED)
    assert not is_true(term("2035-04-01T10:00"), NewsEvent.OFFERED)


def test_the_term_is_the_first_moment_ahead_and_stays_it() -> None:
    """One bar for the whole term: it is wanted first, at every look, under the same words."""
    looks = [term(f"2035-0{month}-10T10:00") for month in (4, 5, 6)]
    assert {moments(look)[0] for look in looks} == {moments(looks[0])[0]}
    assert moments(looks[0])[0].kind is MomentKind.LAST_DAY
