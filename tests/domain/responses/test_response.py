"""Which step an issue leads to: by what was answered before, and when."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.cases.case import NotOpened
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.policy.response_steps import ResponseStep
from partners.domain.policy.tiers import Criterion
from partners.domain.responses.response import Answer, Taken, about, answer, next_step
from partners.domain.time.calendar import Month

CHECK_IN, WARNING = ResponseStep.CHECK_IN, ResponseStep.WARNING
RATE, ORDERS = "cancellation_rate", "orders_per_month"
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
TODAY = date(2026, 12, 4)  # when November is judged
REMEMBERED = 180


def criterion(window: int = 1, response: tuple[ResponseStep, ...] | None = None) -> Criterion:
    steps = tuple(ResponseStep) if response is None else response
    return Criterion(metric=RATE, at_most=Decimal("0.05"), window_months=window, response=steps)


def check_in(
    month: Month = OCTOBER,
    on: date = date(2026, 11, 4),
    *,
    told: bool = True,
    withdrawn: bool = False,
) -> Taken:
    return Taken(RATE, CHECK_IN, month, on, told=told, withdrawn=withdrawn)


def step(
    *taken: Taken,
    window: int = 1,
    month: Month = NOVEMBER,
    today: date = TODAY,
    response: tuple[ResponseStep, ...] | None = None,
) -> ResponseStep | None:
    return next_step(criterion(window, response), taken, month, today, REMEMBERED)


def test_the_first_issue_is_answered_by_a_check_in() -> None:
    assert step() is CHECK_IN


def test_an_issue_that_comes_again_is_answered_by_a_warning() -> None:
    assert step(check_in()) is WARNING


def test_a_criterion_without_a_response_or_without_a_check_in_is_warned_at_once() -> None:
    plain = Criterion(metric=RATE, at_most=Decimal("0.05"))
    assert next_step(plain, (), NOVEMBER, TODAY, REMEMBERED) is WARNING
    assert step(response=(WARNING, ResponseStep.REMOVAL)) is WARNING


def test_rule_09_a_month_is_answered_once() -> None:
    assert step(check_in(NOVEMBER, TODAY)) is None


def test_the_same_days_never_count_for_two_steps() -> None:
    """Over three months, an October that was answered is in the next two windows as well."""
    assert step(check_in(), window=3) is None
    assert step(check_in(), window=3, month=Month(2026, 12), today=date(2027, 1, 4)) is None
    assert step(check_in(), window=3, month=Month(2027, 1), today=date(2027, 2, 4)) is WARNING


def test_no_warning_follows_a_check_in_that_has_not_gone_out() -> None:
    assert step(check_in(told=False)) is None


def test_a_month_that_was_over_when_the_partner_was_told_is_no_repeat() -> None:
    assert step(check_in(on=date(2026, 12, 2))) is None
    assert step(check_in(on=date(2026, 11, 30))) is None  # told on its last day
    assert step(check_in(on=date(2026, 11, 29))) is WARNING
    assert step(check_in(on=date(2026, 12, 2)), month=Month(2026, 12)) is WARNING


def test_after_the_time_that_is_remembered_it_begins_anew() -> None:
    on = date(2026, 11, 4)
    last = on + timedelta(days=REMEMBERED)
    assert step(check_in(), month=Month(2027, 4), today=last) is WARNING
    assert step(check_in(), month=Month(2027, 4), today=last + timedelta(days=1)) is CHECK_IN


def test_after_a_warning_a_repeat_is_warned_again() -> None:
    warned = Taken(RATE, WARNING, Month(2026, 8), date(2026, 9, 4))
    assert step(warned) is WARNING


def test_a_warning_answers_no_later_month() -> None:
    """Only a check-in stands for the months of its window; a warning is a case of its own."""
    warned = Taken(RATE, WARNING, OCTOBER, date(2026, 11, 4))
    assert step(warned, window=3) is WARNING


def test_a_check_in_that_was_withdrawn_leads_nowhere_but_its_month_was_answered() -> None:
    assert step(check_in(withdrawn=True)) is CHECK_IN
    assert step(check_in(NOVEMBER, TODAY, withdrawn=True)) is None


# ---- all of a partner's criteria together ----


def finding(metric: str, verdict: Verdict = Verdict.BELOW) -> Finding:
    return Finding(metric, Decimal(1), Decimal(2), True, 1, 10, 10, verdict)


STANDARDS = {
    ORDERS: Criterion(metric=ORDERS, at_least=Decimal(10)),
    RATE: criterion(),
    "address_accuracy": Criterion(
        metric="address_accuracy", at_least=Decimal("0.9"), response=tuple(ResponseStep)
    ),
}


def answered(*findings: Finding, taken: tuple[Taken, ...] = ()) -> Answer:
    return answer(STANDARDS, findings, taken, NOVEMBER, TODAY, REMEMBERED)


def test_check_ins_about_several_criteria_go_together() -> None:
    found = answered(finding(RATE), finding("address_accuracy"))
    assert found == Answer((), (RATE, "address_accuracy"))
    assert found.why_no_case is NotOpened.CHECK_IN


def test_rule_05_a_case_is_about_the_criteria_at_that_step_alone() -> None:
    findings = (finding(ORDERS), finding(RATE), finding("address_accuracy", Verdict.PASSING))
    found = answered(*findings)
    assert found == Answer((ORDERS,), ())
    assert found.why_no_case is None
    assert [f.metric for f in about(findings, found.warned)] == [ORDERS, "address_accuracy"]


def test_one_that_comes_again_is_warned_and_the_new_one_waits() -> None:
    found = answered(finding(RATE), finding("address_accuracy"), taken=(check_in(),))
    assert found == Answer((RATE,), ())


def test_what_was_answered_already_opens_no_case() -> None:
    found = answered(finding(RATE), taken=(check_in(NOVEMBER, TODAY),))
    assert found == Answer()
    assert found.why_no_case is NotOpened.CHECKED_IN


# ---- whatever happens ----

MONTHS = [Month(2026, 1).plus(n) for n in range(24)]


@given(
    bad=st.lists(st.booleans(), min_size=24, max_size=24),
    window=st.integers(1, 4),
    late=st.lists(st.integers(0, 40), min_size=24, max_size=24),
)
def test_no_warning_comes_before_a_check_in_lately(
    bad: list[bool], window: int, late: list[int]
) -> None:
    """Two years of months: each warning has a check-in of the remembered days before it, on months
    that its own window does not hold; no month leads to two steps."""
    taken: list[Taken] = []
    for month, is_bad, days in zip(MONTHS, bad, late, strict=True):
        if not is_bad:
            continue
        today = month.last_day + timedelta(days=4)
        for _ in range(2):  # a review that is repeated
            found = next_step(criterion(window), taken, month, today, REMEMBERED)
            if found is CHECK_IN:
                taken.append(Taken(RATE, CHECK_IN, month, today + timedelta(days=days)))
            elif found is WARNING:
                recent = [t for t in taken if (today - t.on).days <= REMEMBERED]
                assert recent
                assert all(month >= t.month.plus(window) for t in recent if t.step is CHECK_IN)
                assert all(t.on < month.last_day for t in recent if t.step is CHECK_IN)
                taken.append(Taken(RATE, WARNING, month, today))
                break
    assert len({(t.month, t.step) for t in taken}) == len(taken)


@pytest.mark.parametrize("steps", [tuple(ResponseStep), (WARNING, ResponseStep.REMOVAL)])
def test_the_lists_that_are_allowed(steps: tuple[ResponseStep, ...]) -> None:
    assert Criterion(at_most=Decimal(1), response=steps).response == steps
