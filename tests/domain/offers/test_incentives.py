"""What a period pays, and for which tier a month counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from partners.domain.offers.incentives.incentives import (
    Figures,
    Plan,
    Terms,
    TierMove,
    is_blocked,
    span_of,
    tier_of_month,
)
from partners.domain.policy.sections.incentive_policy import IncentivePeriod, IncentiveSection
from partners.domain.time.calendar import Month

OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)


def terms(decimals: int = 2, **section: Any) -> Terms:
    return Terms(1, IncentiveSection.model_validate(section), "USD", decimals)


@pytest.mark.parametrize(
    ("section", "figures", "due"),
    [
        ({"share": "0.02"}, (3, 12_345), "2.47"),
        ({"share": "0.5"}, (1, 1), "0.01"),  # half a cent is rounded up
        ({"share": "0.02"}, (0, 0), "0.00"),
        ({"share": "0.02"}, (1, -500), "0.00"),
        ({"per_order": "1.5"}, (3, 12_345), "4.50"),
        ({"per_order": 5, "at_least": 4}, (3, 0), "0"),
        ({"share": "0.1", "cap": 10}, (3, 100_000), "10.00"),
        ({"share": "0.01", "measure": "value", "at_least": 500}, (1, 49_999), "0"),
        ({"share": "0.01", "measure": "value", "at_least": 500}, (1, 50_000), "5.00"),
        ({"share": "0.01", "steps": [{"at_least": 3, "share": "0.1"}]}, (3, 10_000), "10.00"),
    ],
)
def test_what_a_period_pays(section: dict[str, Any], figures: tuple[int, int], due: str) -> None:
    assert terms(**section).due(Figures(*figures)) == Decimal(due)


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert str(terms(0, share="0.02").due(Figures(1, 12_345))) == "2"
    assert str(terms(3, share="0.02").due(Figures(1, 12_345))) == "2.469"


def test_a_period_is_held_from_its_last_day_on() -> None:
    held = terms(share="0.02", period="quarterly", holding_days=30)
    assert held.payable_on(span_of(IncentivePeriod.QUARTERLY, NOVEMBER)) == date(2027, 1, 30)


@pytest.mark.parametrize(
    ("month", "period", "name"),
    [
        (NOVEMBER, IncentivePeriod.MONTHLY, "2026-11"),
        (OCTOBER, IncentivePeriod.QUARTERLY, "2026-Q4"),
        (Month(2026, 3), IncentivePeriod.QUARTERLY, "2026-Q1"),
    ],
)
def test_periods_have_names(month: Month, period: IncentivePeriod, name: str) -> None:
    span = span_of(period, month)
    assert span.name == name
    assert month in span.months


def moved(day: str, before: str | None, after: str | None) -> TierMove:
    return TierMove(date.fromisoformat(day), before, after)


@pytest.mark.parametrize(
    ("now", "moves", "tier"),
    [
        ("gold", [], "gold"),
        (None, [], None),
        ("gold", [moved("2026-11-30", "silver", "gold")], "gold"),  # the tier on the last day
        ("gold", [moved("2026-12-01", "silver", "gold")], "silver"),
        ("gold", [moved("2026-11-10", None, "gold")], "gold"),  # entered during the month
        (None, [moved("2026-11-10", "gold", None)], "gold"),  # left during the month
        (None, [moved("2026-11-01", "gold", None)], "gold"),
        ("gold", [moved("2026-12-10", None, "gold")], None),  # began without a tier
        (
            "silver",
            [moved("2026-11-05", "gold", None), moved("2026-12-05", None, "silver")],
            "gold",
        ),
    ],
)
def test_a_month_counts_for_the_tier_of_its_last_day(
    now: str | None, moves: list[TierMove], tier: str | None
) -> None:
    assert tier_of_month(NOVEMBER, now, moves) == tier


@pytest.mark.parametrize(
    ("first", "last", "blocked"),
    [
        ("2026-10-31", None, True),
        ("2026-10-31", "2026-11-01", True),
        ("2026-10-31", "2026-10-31", False),
        ("2026-11-01", None, False),  # the month had begun
    ],
)
def test_a_month_that_begins_under_a_block_counts_for_none(
    first: str, last: str | None, blocked: bool
) -> None:
    ends = last and date.fromisoformat(last)
    assert is_blocked(NOVEMBER, [(date.fromisoformat(first), ends or None)]) is blocked


QUARTERLY = terms(share="0.02", period="quarterly")
QUARTER = dict.fromkeys((OCTOBER, NOVEMBER, DECEMBER), QUARTERLY)


def test_a_quarter_adds_up_the_months_of_each_tier() -> None:
    plan = Plan(DECEMBER, {"gold": (QUARTER,), "silver": (QUARTER,)})
    tiers = {OCTOBER: "silver", NOVEMBER: "gold", DECEMBER: "gold"}
    known = {OCTOBER: Figures(1, 100), NOVEMBER: Figures(2, 200), DECEMBER: Figures(4, 400)}
    found = {share.tier: share for share, _ in plan.shares(tiers, known)}
    assert found["silver"].figures == Figures(1, 100)
    assert found["gold"].figures == Figures(6, 600)
    assert found["gold"].months == (NOVEMBER, DECEMBER)
    assert found["gold"].span.name == "2026-Q4"


def test_rule_03_a_period_of_which_a_month_is_not_known_waits() -> None:
    plan = Plan(DECEMBER, {"gold": (QUARTER,), "silver": (QUARTER,)})
    tiers = {OCTOBER: "silver", NOVEMBER: "gold", DECEMBER: "gold"}
    found = {s.tier: s.figures for s, _ in plan.shares(tiers, {}, unknown=[NOVEMBER])}
    assert found == {"silver": Figures(), "gold": None}


def test_the_terms_are_those_of_the_first_month_that_counts() -> None:
    later = terms(share="0.5", period="quarterly")
    months = {OCTOBER: QUARTERLY, NOVEMBER: QUARTERLY, DECEMBER: later}
    plan = Plan(DECEMBER, {"gold": (months,)})
    whole = [t for _, t in plan.shares(dict.fromkeys(months, "gold"), {})]
    rose = [t for _, t in plan.shares({DECEMBER: "gold"}, {})]
    assert (whole, rose) == ([QUARTERLY], [later])


def test_what_is_released_and_when() -> None:
    monthly = {DECEMBER: terms(share="0.02", holding_days=0)}
    plan = Plan(DECEMBER, {"gold": (QUARTER, monthly), "silver": (QUARTER,)})
    assert plan.releases == [date(2026, 12, 31), date(2027, 1, 30)]
