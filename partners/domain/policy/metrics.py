"""What each metric measures, computed from totals over a window (docs/rules.md, "Metrics").

A metric's formula never changes under its name (rule 6): a new formula is a new name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple


class Unit(StrEnum):
    """How a metric's value is read: decides its range, its default sample and its wording."""

    COUNT = "count"  # orders a month
    RATE = "rate"  # a share from 0 to 1
    RATING = "rating"  # stars from 0 to 5
    HOURS = "hours"
    MONEY = "money"  # the program's currency
    MONTHS = "months"
    NUMBER = "number"  # anything else a user feeds


DEFAULT_MIN_SAMPLE: Mapping[Unit, int] = {
    Unit.COUNT: 1,
    Unit.RATE: 10,
    Unit.RATING: 5,
    Unit.HOURS: 10,
    Unit.MONEY: 1,
    Unit.MONTHS: 0,
    Unit.NUMBER: 1,
}
"""Rule 2. For counts and money the sample is the number of covered months, else of orders."""


class Totals(NamedTuple):
    """Sums over some days of one partner's orders; every figure is an exact integer.

    `placed` (and the customer columns) count in the month of `placed_at`, everything else in that
    of `outcome_at`. Orders excluded as the provider's own fault appear in `placed` only.
    A named tuple, as are `Observation` and `Measure`: a review makes some hundred thousand of
    each, and frozen dataclasses take three times as long to make.
    """

    placed: int = 0  # orders of any status
    accepted: int = 0  # accepted or later: accepted, completed, failed
    rejected: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    value_cents: int = 0  # of completed orders that state a value
    value_count: int = 0
    rating_milli: int = 0  # sum of ratings, in thousandths of a star
    rating_count: int = 0
    address_ok: int = 0
    address_count: int = 0
    response_seconds: int = 0
    response_count: int = 0
    customer_orders: int = 0  # orders that name a customer
    repeat_orders: int = 0  # … who had placed an earlier order with this partner

    def __add__(self, other: Totals) -> Totals:  # type: ignore[override]  # adds, not appends
        return Totals(*(one + more for one, more in zip(self, other, strict=True)))


TOTAL_NAMES: tuple[str, ...] = Totals._fields


@dataclass(frozen=True, slots=True)
class FedValue:
    """A monthly value that the user feeds by name, with the sample it rests on (blank: 1)."""

    value: Decimal
    sample: int = 1


class Observation(NamedTuple):
    """What is known about one partner over one criterion's window.

    `months` is the covered length in months: 0 when the feed covers nothing of it (rule 3).
    `earlier` and `later` are the halves of the window, wanted by growth alone; None if a half is
    not wholly covered. For complaints, which this program keeps itself, every month is covered.
    """

    totals: Totals = Totals()
    months: Decimal = Decimal(0)
    earlier: Totals | None = None
    later: Totals | None = None
    fed: FedValue | None = None
    tenure_months: int | None = None
    complaints: int | None = None


class Measure(NamedTuple):
    """A metric's value, None where nothing was measured, and the sample it rests on."""

    actual: Decimal | None
    sample: int


@dataclass(frozen=True, slots=True)
class Metric:
    """A named number: its words, its unit, and how to compute it from an observation."""

    name: str
    label: str
    unit: Unit
    measure: Callable[[Observation], Measure]
    columns: tuple[str, ...] = ()
    """The columns of `Totals` that it reads; none for tenure and for what the user feeds."""


def _ratio(part: int, whole: int, scale: int = 1) -> Measure:
    return Measure(Decimal(part) / (whole * scale) if whole else None, whole)


def _per_month(amount: int, seen: Observation, scale: int = 1) -> Measure:
    if not seen.months:
        return Measure(None, 0)
    return Measure(Decimal(amount) / scale / seen.months, int(seen.months) or 1)


def _acceptance(seen: Observation) -> Measure:
    return _ratio(seen.totals.accepted, seen.totals.accepted + seen.totals.rejected)


def _concluded(totals: Totals) -> int:
    return totals.completed + totals.failed + totals.cancelled


def _growth(seen: Observation) -> Measure:
    if seen.earlier is None or seen.later is None or not seen.earlier.placed:
        return Measure(None, 0)
    before = seen.earlier.placed
    return Measure(Decimal(seen.later.placed) / before - 1, before)


def _tenure(seen: Observation) -> Measure:
    months = seen.tenure_months
    return Measure(None if months is None else Decimal(months), months or 0)


def _complaints(seen: Observation) -> Measure:
    if seen.complaints is None or not seen.months:
        return Measure(None, 0)
    return Measure(Decimal(seen.complaints), int(seen.months) or 1)


def _fed(seen: Observation) -> Measure:
    return Measure(seen.fed.value, seen.fed.sample) if seen.fed else Measure(None, 0)


def fed_metric(name: str, label: str, unit: Unit) -> Metric:
    """A metric that the user feeds as monthly values under a name of their own."""
    return Metric(name, label, unit, _fed)


BUILT_IN: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        # mean over the window; a covered month without orders is 0
        Metric(
            "orders_per_month",
            "Orders per month",
            Unit.COUNT,
            lambda seen: _per_month(seen.totals.placed, seen),
            ("placed",),
        ),
        # accepted or later ÷ (that + rejected)
        Metric(
            "acceptance_rate", "Acceptance rate", Unit.RATE, _acceptance, ("accepted", "rejected")
        ),
        # completed ÷ (completed + failed + cancelled)
        Metric(
            "completion_rate",
            "Completion rate",
            Unit.RATE,
            lambda seen: _ratio(seen.totals.completed, _concluded(seen.totals)),
            ("completed", "failed", "cancelled"),
        ),
        # cancelled ÷ (completed + failed + cancelled)
        Metric(
            "cancellation_rate",
            "Cancellation rate",
            Unit.RATE,
            lambda seen: _ratio(seen.totals.cancelled, _concluded(seen.totals)),
            ("completed", "failed", "cancelled"),
        ),
        # mean of the ratings given, 0 to 5
        Metric(
            "rating",
            "Rating",
            Unit.RATING,
            lambda seen: _ratio(seen.totals.rating_milli, seen.totals.rating_count, 1000),
            ("rating_milli", "rating_count"),
        ),
        # orders with the right address ÷ orders where that is known
        Metric(
            "address_accuracy",
            "Address accuracy",
            Unit.RATE,
            lambda seen: _ratio(seen.totals.address_ok, seen.totals.address_count),
            ("address_ok", "address_count"),
        ),
        # mean hours until the partner answered
        Metric(
            "response_hours",
            "Response time",
            Unit.HOURS,
            lambda seen: _ratio(seen.totals.response_seconds, seen.totals.response_count, 3600),
            ("response_seconds", "response_count"),
        ),
        # mean value of completed orders
        Metric(
            "average_order_value",
            "Average order value",
            Unit.MONEY,
            lambda seen: _ratio(seen.totals.value_cents, seen.totals.value_count, 100),
            ("value_cents", "value_count"),
        ),
        # value of completed orders, mean per month of the window
        Metric(
            "revenue",
            "Revenue per month",
            Unit.MONEY,
            lambda seen: _per_month(seen.totals.value_cents, seen, 100),
            ("value_cents",),
        ),
        # orders placed in the later half of the window ÷ those in the earlier half − 1
        Metric("growth", "Growth in orders", Unit.NUMBER, _growth, ("placed",)),
        # orders of customers who had ordered from this partner before ÷ orders naming a customer
        Metric(
            "repeat_rate",
            "Repeat customers",
            Unit.RATE,
            lambda seen: _ratio(seen.totals.repeat_orders, seen.totals.customer_orders),
            ("repeat_orders", "customer_orders"),
        ),
        # full months since joined_on
        Metric("tenure_months", "Tenure", Unit.MONTHS, _tenure),
        # complaints received and not withdrawn, over the whole window
        Metric("complaints", "Complaints", Unit.COUNT, _complaints),
    )
}
TENURE, COMPLAINTS = "tenure_months", "complaints"
WITHOUT_ORDERS = frozenset({TENURE, COMPLAINTS})
"""Built-in metrics for which the order feed does not matter."""
