"""Figures in words: exact, and never kinder than the truth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.policy.policy import Criterion, Policy
from partners.mail.words import locales, wording

EN, DE = locales.locale_for("en"), locales.locale_for("de")
SP = locales.NBSP


@pytest.mark.parametrize(
    ("metric", "bound", "months", "words"),
    [
        ("orders_per_month", {"at_least": 10}, 1, "at least 10"),
        ("orders_per_month", {"at_least": 10}, 3, "at least 10, over 3 months"),
        ("revenue", {"at_least": 5000}, 1, "at least €5,000.00"),
        ("complaints", {"at_most": 2}, 1, "at most 2, over one month"),
        ("acceptance_rate", {"at_least": "0.9"}, 1, f"at least 90{SP}%, over one month"),
        ("response_hours", {"at_most": 4}, 3, "at most 4 hours, over 3 months"),
        ("tenure_months", {"at_least": 6}, 1, "at least 6 months"),
    ],
)
def test_a_standard_does_not_repeat_the_label_that_it_stands_beside(
    policy: Policy, metric: str, bound: dict[str, Any], months: int, words: str
) -> None:
    criterion = Criterion(metric=metric, window_months=months, **bound)
    assert wording.standard(criterion, policy, EN) == words


def test_a_negative_figure_has_a_real_minus_in_every_language() -> None:
    for name in ("en", "en-US", "de", "es", "sv"):
        locale = locales.locale_for(name)
        written = [
            locales.number(Decimal("-3.5"), locale),
            locales.percent(Decimal("-0.05"), locale),
            locales.money(Decimal("-60"), "USD", locale),
        ]
        assert all("\N{MINUS SIGN}" in words and "-" not in words for words in written), name


@pytest.mark.parametrize(
    ("metric", "actual", "required", "at_most", "words"),
    [
        ("orders_per_month", "6", "10", False, "4 more orders a month"),
        ("orders_per_month", "9", "10", False, "1 more order a month"),
        ("orders_per_month", "6.333333333333333333", "10", False, "3.7 more orders a month"),
        ("acceptance_rate", "0.84", "0.9", False, "6 more percentage points"),
        ("acceptance_rate", "0.89", "0.9", False, "1 more percentage point"),
        ("acceptance_rate", "0.8996", "0.9", False, "0.04 more percentage points"),
        ("cancellation_rate", "0.08", "0.05", True, "3 fewer percentage points"),
        ("rating", "4.2", "4.5", False, "0.3 stars higher"),
        ("rating", "3.5", "4.5", False, "1 star higher"),
        ("response_hours", "6", "4", True, "2 hours faster"),
        ("revenue", "4500.25", "5000", False, "€499.75 more a month"),
        ("average_order_value", "80", "100", False, "€20.00 more"),
        ("growth", "-0.05", "0.1", False, "15 more percentage points"),
        ("nps", "31", "40", False, "9 more"),
        ("training", "1", "3", False, "2 more"),
        ("orders_per_month", "12", "10", False, ""),
    ],
)
def test_the_gap_says_how_far_it_is_to_the_requirement(
    policy: Policy,
    finding: Any,
    metric: str,
    actual: str,
    required: str,
    at_most: bool,
    words: str,
) -> None:
    assert wording.gap(finding(metric, actual, required, at_most=at_most), policy, EN) == words


@pytest.mark.parametrize(
    ("metric", "actual", "required", "shown", "asked"),
    [
        ("orders_per_month", "1", "10", "1 order a month", "at least 10 orders a month"),
        ("acceptance_rate", "0.8996", "0.90", f"89.96{SP}%", f"at least 90{SP}%"),
        ("acceptance_rate", "0.899999999", "0.90", f"89.9999{SP}%", f"at least 90{SP}%"),
        ("acceptance_rate", "0.84615", "0.90", f"84.6{SP}%", f"at least 90{SP}%"),
        ("rating", "4.4996", "4.50", "4.4996 stars", "at least 4.5 stars"),
        ("revenue", "4999.996", "5000", "€4,999.99 a month", "at least €5,000.00 a month"),
        ("revenue", "1234.5", "5000", "€1,234.50 a month", "at least €5,000.00 a month"),
        ("rating", None, "4.5", "not measured", "at least 4.5 stars"),
    ],
)
def test_figures_are_shown_as_exactly_as_the_verdict_needs(
    policy: Policy, finding: Any, metric: str, actual: str, required: str, shown: str, asked: str
) -> None:
    found = finding(metric, actual, required)
    assert wording.measured(found, policy, EN) == shown
    assert wording.required(found, policy, EN) == asked


def test_at_most_is_said_as_such(policy: Policy, finding: Any) -> None:
    slow = finding("response_hours", "4.00001", "4", at_most=True)
    assert wording.required(slow, policy, EN) == "at most 4 hours"
    assert wording.measured(slow, policy, EN) == "4.0001 hours"  # not "4 hours"


def test_numbers_follow_the_reader_s_language(policy: Policy, finding: Any) -> None:
    assert wording.measured(finding("acceptance_rate", "0.8996", "0.9"), policy, DE) == (
        f"89,96{SP}%"
    )
    assert f"1.234,50{SP}€" in wording.measured(finding("revenue", "1234.5", "5000"), policy, DE)


@pytest.mark.parametrize(
    ("languages", "found"),
    [(("de", "en"), "de"), (("xx", "es"), "es"), (("", "??"), "en"), (("de-AT", "en"), "de_AT")],
)
def test_an_unknown_language_falls_back_to_the_program_s_then_to_english(
    languages: tuple[str, ...], found: str
) -> None:
    assert str(locales.locale_for(*languages)) == found


def test_too_small_a_sample_says_what_is_missing(policy: Policy, finding: Any) -> None:
    few = finding("acceptance_rate", "1", "0.9", sample=3)
    assert wording.gap(few, policy, EN) == "not judged yet: 3 of the 10 records needed"
    none = finding("acceptance_rate", None, "0.9", sample=0)
    assert wording.gap(none, policy, EN) == "no data to judge yet"


_SHARE = st.decimals(0, 1, places=12)
_NUMBER = st.decimals(0, 100000, places=9)
_METRICS = [
    ("acceptance_rate", _SHARE),
    ("orders_per_month", _NUMBER),
    ("rating", st.decimals(0, 5, places=9)),
    ("revenue", _NUMBER),
    ("response_hours", _NUMBER),
    ("nps", _NUMBER),
    ("growth", st.decimals(-1, 9, places=9)),
]


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """Any figure, often a hair's breadth from the requirement."""
    metric, values = draw(st.sampled_from(_METRICS))
    required = draw(values).quantize(Decimal("0.0001"))
    nearby = st.decimals("-0.01", "0.01", places=12).map(lambda d: required + d)
    actual = draw(st.one_of(values, nearby))
    at_least = draw(st.booleans())
    met = actual >= required if at_least else actual <= required
    verdict = Verdict.PASSING if met else Verdict.BELOW
    return Finding(metric, actual, required, at_least, 1, 40, 10, verdict)


@given(found=findings())
def test_a_displayed_figure_never_looks_met_when_it_is_below_nor_the_reverse(
    policy: Policy, found: Finding
) -> None:
    words = wording.Words(found.metric, policy, EN)
    shown, required = words.shown(found), words.points(found.required)
    looks_met = shown >= required if found.at_least else shown <= required
    assert looks_met == (found.verdict is Verdict.PASSING)
    written = wording.measured(found, policy, EN)
    asked = wording.required(found, policy, EN).removeprefix("at least ").removeprefix("at most ")
    if found.verdict is Verdict.BELOW:
        assert written != asked
        assert wording.gap(found, policy, EN)


def test_a_summary_names_the_failing_figures_only(policy: Policy, finding: Any) -> None:
    orders = finding("orders_per_month", "6", "10")
    acceptance = finding("acceptance_rate", "0.85", "0.9")
    rating = finding("rating", "4.9", "4.5")
    assert wording.summary([orders, rating], policy) == "6 orders a month, 10 required"
    assert wording.summary([acceptance], policy) == "acceptance 85 %, 90 % required"
    assert wording.summary([orders, acceptance], policy) == (
        "6 orders a month (10 required), acceptance 85 % (90 % required)"
    )
    assert wording.summary([rating], policy) == "rating 4.9 stars, 4.5 stars required"
    late = finding("response_hours", "6", "4", at_most=True)
    assert wording.summary([late], policy) == "response time 6 hours, at most 4 hours allowed"
    unknown = finding("nps", None, "4")
    assert wording.summary([unknown], policy) == "NPS not measured, 4 required"
    assert wording.summary([], policy) == ""


@pytest.mark.parametrize("label", ["Schulungen für Großkunden", "ü" * 300])
def test_a_summary_fits_into_200_bytes(policy: Policy, finding: Any, label: str) -> None:
    names = [f"own{number}" for number in range(9)]
    content = policy.model_dump() | {"metrics": {name: {"label": label} for name in names}}
    text = wording.summary([finding(n, "1", "3") for n in names], Policy.model_validate(content))
    assert 0 < len(text.encode()) <= wording.SUMMARY_BYTES
