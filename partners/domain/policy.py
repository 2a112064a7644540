"""The policy: the whole `program.toml` as validated data. Every setting, its default, its rule.

A message of a validator says what is wrong and what to do; `partners.policy_file` adds the file,
the key path and the value.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from partners.domain.metrics import BUILT_IN, DEFAULT_MIN_SAMPLE, Metric, Unit, fed_metric

KEY = r"^[A-Za-z0-9._-]{1,64}$"
Key = Annotated[str, StringConstraints(pattern=KEY)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$")]


def wrong(message: str) -> PydanticCustomError:
    """A validation error in our own words (braces are not placeholders)."""
    return PydanticCustomError("policy", message.replace("{", "{{").replace("}", "}}"))


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise wrong("is not an IANA time zone; write one such as Europe/Berlin or UTC")
    return name


TimeZone = Annotated[str, AfterValidator(_zone)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TierKind(StrEnum):
    PUBLIC = "public"
    PREFERRED = "preferred"
    STRATEGIC = "strategic"


class Removal(StrEnum):
    """Where a removal leads: one tier down (good standing there) or out of the program."""

    DOWN = "down"
    OUT = "out"


class Criterion(_Section):
    """One metric, at least or at most a value, over a window of whole months."""

    metric: str = ""  # the key under which the criterion stands
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    window_months: int = Field(1, ge=1, le=36)
    min_sample: int | None = Field(None, ge=0)  # default by the metric's unit (rule 2)

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise wrong("needs exactly one of at_least and at_most")
        return self

    @property
    def required(self) -> Decimal:
        return self.at_least if self.at_least is not None else self.at_most or Decimal(0)

    def is_met_by(self, actual: Decimal) -> bool:
        if self.at_least is not None:
            return actual >= self.at_least
        return actual <= self.required

    def is_stricter_than(self, other: Criterion) -> bool:
        if self.at_least is not None and other.at_least is not None:
            return self.at_least > other.at_least
        if self.at_most is not None and other.at_most is not None:
            return self.at_most < other.at_most
        return True


Standards = dict[str, Criterion]
"""Criteria by metric name, in the policy's order."""


def _named(standards: Standards | None) -> Standards | None:
    if standards is None:
        return None
    return {name: c.model_copy(update={"metric": name}) for name, c in standards.items()}


class Tier(_Section):
    """A rung of the ladder: what it asks and what it gives."""

    key: Key
    name: str = ""
    kind: TierKind
    removal: Removal = Removal.OUT
    benefits: tuple[str, ...] = ()
    enter: Standards = {}
    keep: Standards | None = None  # None: enter without tenure; a table is complete

    @field_validator("enter", "keep")
    @classmethod
    def _name_criteria(cls, standards: Standards | None) -> Standards | None:
        return _named(standards)

    @field_validator("keep")
    @classmethod
    def _check_keep(cls, keep: Standards | None, info: ValidationInfo) -> Standards | None:
        if keep is None:
            return None
        if info.data.get("kind") is TierKind.PUBLIC and keep:
            raise wrong("a public tier has no keep standards; delete the table (rule 11)")
        if "tenure_months" in keep:
            raise wrong(
                "tenure_months is an enter standard only, for effort cannot cure being new; "
                "delete it from keep (rule 11)"
            )
        enter: Standards = info.data.get("enter") or {}
        for name, criterion in keep.items():
            if name not in enter:
                raise wrong(
                    f"{name} is kept but not asked for on entry, so keep is stricter than enter; "
                    "add it to enter or delete it from keep"
                )
            if criterion.is_stricter_than(enter[name]):
                raise wrong(
                    f"{name} is stricter than in enter ({criterion.required} against "
                    f"{enter[name].required}); a partner could enter and be warned at once: "
                    "loosen keep or tighten enter"
                )
        return keep

    @property
    def label(self) -> str:
        return self.name or self.key.capitalize()

    @property
    def keep_standards(self) -> Standards:
        """What a partner must go on meeting; empty for a public tier."""
        if self.kind is TierKind.PUBLIC:
            return {}
        if self.keep is not None:
            return self.keep
        return {name: c for name, c in self.enter.items() if name != "tenure_months"}


class Program(_Section):
    name: str = Field(min_length=1)
    provider: str = Field(min_length=1)
    time_zone: TimeZone
    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    language: str = Field("en", pattern="^[a-z]{2}(-[A-Z]{2})?$")
    contact_name: str = "Partner team"
    contact_email: Email
    contact_url: str | None = Field(None, pattern="^https://")
    office_hour: int = Field(9, ge=0, le=20)
    holiday_calendar: str | None = Field(None, pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")
    holidays: tuple[date, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Staff(_Section):
    emails: tuple[Email, ...] = Field(min_length=1)


class Feed(_Section):
    settling_days: int = Field(3, ge=0, le=31)
    max_age_days: int = Field(3, ge=0)
    feed_wait_days: int = Field(7, ge=0, le=60)


class Grace(_Section):
    days: int = 45
    reminders: tuple[int, ...] = (14, 3)
    recovery_days: int = Field(30, ge=1, le=366)
    recovery_hold_days: int = Field(14, ge=0, le=60)
    final_notice_days: int = Field(14, ge=1, le=60)
    relapse_days: int = Field(90, ge=0)
    staff_reminder_days: int = Field(7, ge=1)

    @field_validator("days")
    @classmethod
    def _fair(cls, days: int) -> int:
        if not 30 <= days <= 60:
            raise wrong("a grace period lasts 30 to 60 days; choose a number in that range")
        return days

    @field_validator("reminders")
    @classmethod
    def _inside_grace(cls, reminders: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        grace = info.data.get("days")
        for days in reminders:
            if days < 1 or (grace is not None and days >= grace):
                raise wrong(
                    f"a reminder {days} days before the deadline lies outside the grace period of "
                    f"{grace} days; choose 1 to {(grace or 60) - 1}"
                )
        if len(set(reminders)) != len(reminders):
            raise wrong("names a day twice; list each reminder once")
        return tuple(sorted(reminders, reverse=True))


class Review(_Section):
    judge_from: date | None = None  # months that began before it open no case (rule 10)


class Ladder(_Section):
    min_days_between_changes: int = Field(30, ge=0)
    reentry_days: int = Field(90, ge=0)


class Guard(_Section):
    """Rule 13: how many partners may be warned or removed in 7 days without a person."""

    max_partners: int = Field(50, ge=1)
    max_share: Decimal = Field(Decimal("0.10"), gt=0, le=1)
    always_allow: int = Field(5, ge=0)  # so that the share does not stop a small program

    @field_validator("always_allow")
    @classmethod
    def _below_max(cls, always_allow: int, info: ValidationInfo) -> int:
        if always_allow > info.data.get("max_partners", always_allow):
            raise wrong("is more than max_partners; lower it")
        return always_allow


class FedMetric(_Section):
    """A metric of your own, fed as monthly values with `partners import metrics`."""

    label: str = Field(min_length=1)
    unit: Unit = Unit.NUMBER


class Policy(_Section):
    """The whole program, validated. Tiers stand lowest first."""

    program: Program
    staff: Staff
    feed: Feed = Feed()
    grace: Grace = Grace()
    review: Review = Review()
    ladder: Ladder = Ladder()
    guard: Guard = Guard()
    metrics: dict[Key, FedMetric] = {}
    tiers: tuple[Tier, ...]

    @field_validator("metrics")
    @classmethod
    def _own_names(cls, metrics: dict[str, FedMetric]) -> dict[str, FedMetric]:
        for name in metrics:
            if name in BUILT_IN:
                raise wrong(f"{name} is a built-in metric; choose another name for your own")
        return metrics

    @field_validator("tiers")
    @classmethod
    def _check_tiers(cls, tiers: tuple[Tier, ...], info: ValidationInfo) -> tuple[Tier, ...]:
        if not tiers:
            raise wrong("the ladder is empty; add at least one [[tiers]] table")
        keys = [tier.key for tier in tiers]
        for key in keys:
            if keys.count(key) > 1:
                raise wrong(f"the key {key!r} names two tiers; give each tier a key of its own")
        if tiers[0].removal is Removal.DOWN and tiers[0].kind is not TierKind.PUBLIC:
            raise wrong(f'nothing is below {keys[0]!r}, the lowest tier; set its removal to "out"')
        return tiers

    @model_validator(mode="after")
    def _check_criteria(self) -> Self:
        for number, tier in enumerate(self.tiers):
            for table, standards in (("enter", tier.enter), ("keep", tier.keep or {})):
                for name, criterion in standards.items():
                    self._check_criterion(f"tiers[{number}].{table}.{name}", criterion)
        return self

    def _check_criterion(self, path: str, criterion: Criterion) -> None:
        metric = self.metric_or_none(criterion.metric)
        if metric is None:
            known = ", ".join([*BUILT_IN, *self.metrics])
            raise wrong(
                f"{path}: unknown metric {criterion.metric!r}; use one of {known}, "
                f"or define [metrics.{criterion.metric}]"
            )
        required = criterion.required
        if metric.unit is Unit.RATE and not 0 <= required <= 1:
            raise wrong(f"{path}: a rate is a share from 0 to 1, not {required}; 90 % is 0.90")
        if metric.unit is Unit.RATING and not 0 <= required <= 5:
            raise wrong(f"{path}: a rating is from 0 to 5, not {required}")
        if metric.name == "growth" and criterion.window_months % 2:
            raise wrong(f"{path}: growth compares two halves; window_months must be even")

    def metric_or_none(self, name: str) -> Metric | None:
        if name in self.metrics:
            return fed_metric(name, self.metrics[name].label, self.metrics[name].unit)
        return BUILT_IN.get(name)

    def metric(self, name: str) -> Metric:
        """A metric by name. Raises KeyError for a name no validated criterion can have."""
        found = self.metric_or_none(name)
        if found is None:
            raise KeyError(name)
        return found

    def min_sample(self, criterion: Criterion) -> int:
        if criterion.min_sample is not None:
            return criterion.min_sample
        return DEFAULT_MIN_SAMPLE[self.metric(criterion.metric).unit]

    def tier(self, key: str) -> Tier | None:
        """A tier by key; None when this version of the policy has no such tier."""
        return next((tier for tier in self.tiers if tier.key == key), None)

    def tier_below(self, key: str) -> Tier | None:
        """Where a removal leads: the next lower tier, or None for out of the program."""
        keys = [tier.key for tier in self.tiers]
        at = keys.index(key)
        if self.tiers[at].removal is Removal.OUT or at == 0:
            return None
        return self.tiers[at - 1]
