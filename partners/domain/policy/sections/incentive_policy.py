"""A tier's `[tiers.incentive]`: what completed orders pay back to the partners in it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from partners.domain.policy.policy_errors import Wrong, raise_any, wrong
from partners.domain.policy.sections.fields import Number
from partners.domain.policy.texts import Section, without

ONE_WAY = "an incentive pays in one way; write share or per_order, not both"


class IncentivePeriod(StrEnum):
    """Over what completed orders are added up, and what a cap is of."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class Measure(StrEnum):
    """What thresholds are counted in."""

    ORDERS = "orders"
    VALUE = "value"


class Pays(Section):
    """What is paid: a share of the value of completed orders, or an amount for each of them."""

    share: Number | None = None
    per_order: Number | None = Field(None, gt=0)

    @field_validator("share")
    @classmethod
    def _at_most_all(cls, share: Decimal | None) -> Decimal | None:
        if share is not None and not 0 < share <= 1:
            raise wrong("a share is above 0 and at most 1 (2 % is 0.02); write one in that range")
        return share

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.share is None) == (self.per_order is None):
            raise wrong(ONE_WAY)
        return self

    @property
    def way(self) -> str:
        """The key that says what is paid."""
        return "share" if self.share is not None else "per_order"

    @property
    def rate(self) -> Decimal:
        rate = self.share if self.share is not None else self.per_order
        assert rate is not None  # it has one of the two
        return rate


class IncentiveStep(Pays):
    """What the whole period pays instead, once so much is reached."""

    at_least: Number = Field(gt=0)

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "share", "per_order")


class IncentiveSection(Pays):
    """The terms of a tier's incentive. Each period is paid by those in force when it began."""

    period: IncentivePeriod = IncentivePeriod.MONTHLY
    measure: Measure = Measure.ORDERS
    at_least: Number = Field(Decimal(0), ge=0)  # less in a period pays nothing
    steps: tuple[IncentiveStep, ...] = ()  # lowest first
    cap: Number | None = Field(None, gt=0)  # the most that a period pays
    holding_days: int = Field(30, ge=0, le=366)  # from the period's end, for returns

    @field_validator("steps")
    @classmethod
    def _rising(
        cls, steps: tuple[IncentiveStep, ...], info: ValidationInfo
    ) -> tuple[IncentiveStep, ...]:
        raise_any(list(_misstepped(steps, info.data)))
        return steps

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "share", "per_order", "steps", "cap")

    def paid_at(self, measured: Decimal) -> Pays | None:
        """The highest step that is reached; None below the threshold."""
        if measured < self.at_least:
            return None
        reached = [step for step in self.steps if step.at_least <= measured]
        return reached[-1] if reached else self


def _misstepped(steps: tuple[IncentiveStep, ...], data: dict[str, Any]) -> list[Wrong]:
    """Steps out of order, in another way than the incentive itself, or that pay less."""
    way = "share" if data.get("share") is not None else "per_order"
    below, pays = data.get("at_least", Decimal(0)), data.get(way)
    problems = []
    for number, step in enumerate(steps):
        if step.at_least <= below:
            why = f"is no step up from {below}; list steps from the lowest, each above at_least"
            problems.append(Wrong((number, "at_least"), step.at_least, why))
        if step.way != way:
            why = f"the incentive pays by {way}, and so do its steps; write {way}"
            problems.append(Wrong((number, step.way), step.rate, why))
        elif pays is not None and step.rate <= pays:
            why = f"pays no more than the step below ({pays}); write more, or delete the step"
            problems.append(Wrong((number, way), step.rate, why))
        else:
            pays = step.rate
        below = step.at_least
    return problems
