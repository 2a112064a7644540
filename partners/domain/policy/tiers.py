"""Tiers and their standards, as the policy states them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from partners.domain.policy.metrics import BUILT_IN, COMPLAINTS, Metric, Unit
from partners.domain.policy.policy_errors import Wrong, raise_any, wrong
from partners.domain.policy.response_steps import Response, ResponseStep
from partners.domain.policy.sections.fields import Key as Key
from partners.domain.policy.sections.fields import Number as Number
from partners.domain.policy.sections.incentive_policy import IncentiveSection
from partners.domain.policy.sections.offer_terms import OfferTerms
from partners.domain.policy.texts import Section, TierTexts, Worded, miscounted, without


def _listed(keys: Any) -> Any:
    """One key may stand alone: `renamed_from = "silver"`."""
    return (keys,) if isinstance(keys, str) else keys


FormerKeys = Annotated[tuple[Key, ...], BeforeValidator(_listed)]


class TierKind(StrEnum):
    PUBLIC = "public"
    PREFERRED = "preferred"
    STRATEGIC = "strategic"


class Removal(StrEnum):
    """Where a removal leads: one tier down (good standing there) or out of the program."""

    DOWN = "down"
    OUT = "out"


class Criterion(Section):
    """One metric, at least or at most a value, over a window of whole months."""

    metric: str = ""  # the key under which the criterion stands
    at_least: Number | None = None
    at_most: Number | None = None
    window_months: int = Field(1, ge=1, le=36)
    min_sample: int | None = Field(None, ge=0)  # default by the metric's unit (rule 2)
    response: Response | None = None  # of a keep standard: what answers an issue; None: a warning

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise wrong("a criterion has one bound; write at_least or at_most, not both")
        return self

    @property
    def bound(self) -> str:
        """The key that holds the required value: `at_least` or `at_most`."""
        return "at_least" if self.at_least is not None else "at_most"

    @property
    def required(self) -> Decimal:
        if self.at_least is not None:
            return self.at_least
        assert self.at_most is not None  # it has one of the two
        return self.at_most

    @property
    def checks_in_first(self) -> bool:
        """Whether an issue is answered by a check-in before it leads to a case."""
        return ResponseStep.CHECK_IN in (self.response or ())

    def is_stricter_than(self, other: Criterion) -> bool:
        """Whether it asks for more; a bound to the other side asks for something else, too."""
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


def _too_strict(keep: Standards, enter: Standards | None) -> Iterator[Wrong]:
    """Keep criteria that a partner who just entered could fail (rule 11)."""
    for name, criterion in keep.items():
        if name == "tenure_months":
            yield Wrong(
                (name,),
                criterion.required,
                "tenure is an enter standard only, for effort cannot cure being new; "
                "delete tenure_months from keep (rule 11)",
            )
        elif name in BUILT_IN and any(impossible(BUILT_IN[name], criterion)):
            continue  # said of the criterion itself, in clearer words
        elif enter is not None and name not in enter:
            yield Wrong(
                (name,),
                criterion.required,
                f"keep is stricter than enter, which does not ask for {name}; "
                "add it to enter or delete it from keep",
            )
        elif enter is not None and criterion.is_stricter_than(enter[name]):
            yield Wrong(
                (name, criterion.bound),
                criterion.required,
                f"keep is stricter than enter ({enter[name].bound} {enter[name].required}), so a "
                "partner could enter and be warned at once; loosen keep or tighten enter",
            )


class Tier(Worded):
    """A rung of the ladder: what it asks and what it gives."""

    key: Key
    name: str = ""
    kind: TierKind
    removal: Removal = Removal.OUT
    renamed_from: FormerKeys = ()  # tiers of earlier versions whose partners come to this one
    benefits: tuple[str, ...] = ()
    texts: dict[str, TierTexts] = {}  # noqa: RUF012 (pydantic copies it)
    requires: tuple[Key, ...] = ()  # qualities that enter asks for, appraised as met
    track: Key | None = None  # the steps that await who enters; None: none
    enter: Standards = {}  # noqa: RUF012
    keep: Standards | None = None  # None: enter without tenure; a table is complete
    incentive: IncentiveSection | None = None  # None: completed orders pay nothing
    offers: OfferTerms = OfferTerms()

    @field_validator("texts")
    @classmethod
    def _count_benefits(
        cls, texts: dict[str, TierTexts], info: ValidationInfo
    ) -> dict[str, TierTexts]:
        if (benefits := info.data.get("benefits")) is not None:
            raise_any(list(miscounted(texts, benefits)))
        return texts

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
            raise wrong("a public tier has no keep standards; delete the keep table (rule 11)")
        raise_any(list(_too_strict(keep, info.data.get("enter"))))
        return keep

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "renamed_from", "texts", "track", "offers", "incentive")

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

    @property
    def keep_responds(self) -> bool:
        """Whether any standard to keep is answered by a check-in before a warning."""
        return any(c.checks_in_first for c in self.keep_standards.values())


def misplaced(tiers: Sequence[Tier]) -> Iterator[Wrong]:
    """Tiers that do not make a ladder."""
    keys = [tier.key for tier in tiers]
    for number, key in enumerate(keys):
        if key in keys[:number]:
            yield Wrong(
                (number, "key"),
                key,
                f"tiers[{keys.index(key)}] has this key already; give each tier a key of its own",
            )
    yield from _misnamed(tiers)
    if tiers[0].removal is Removal.DOWN and tiers[0].kind is not TierKind.PUBLIC:
        yield Wrong((0, "removal"), "down", 'nothing is below the lowest tier; write "out"')


def _misnamed(tiers: Sequence[Tier]) -> Iterator[Wrong]:
    """Former names that do not say where partners go."""
    keys = [tier.key for tier in tiers]
    named: list[str] = []
    for number, tier in enumerate(tiers):
        for key in tier.renamed_from:
            if key in keys:
                why = f"{key} is a tier of this policy; rename it, or delete it from renamed_from"
                yield Wrong((number, "renamed_from"), key, why)
            elif key in named:
                why = f"{key} stands in renamed_from twice; its partners go to one tier, name one"
                yield Wrong((number, "renamed_from"), key, why)
            named.append(key)


def holes(tiers: Sequence[Tier]) -> Iterator[Wrong]:
    """Rungs that nobody can climb past: those above could never be earned.

    Asked of files only, so that a version that was accepted once can always be read again.
    """
    for number, tier in enumerate(tiers):
        below, above = tiers[:number], tiers[number + 1 :]
        if tier.kind is TierKind.PUBLIC and any(t.kind is not TierKind.PUBLIC for t in below):
            yield Wrong(
                (number, "kind"),
                tier.kind.value,
                "a public tier is open to all, so it cannot stand above one that is earned; "
                "move it to the bottom of the ladder",
            )
        elif tier.kind is not TierKind.PUBLIC and not (tier.enter or tier.requires) and above:
            yield Wrong(
                (number,),
                tier.key,
                f"nobody can earn {tier.key}, so nobody can rise past it to {above[0].key}; "
                "give it an enter table, or make it the highest tier",
            )


_RANGES: dict[Unit, tuple[int | None, int | None, str]] = {
    Unit.RATE: (0, 1, "a rate is a share from 0 to 1 (90 % is 0.90); write one in that range"),
    Unit.RATING: (0, 5, "a rating is from 0 to 5 stars; write one in that range"),
    Unit.COUNT: (0, None, "a count is not negative; write 0 or more"),
    Unit.HOURS: (0, None, "hours are not negative; write 0 or more"),
    Unit.MONTHS: (0, None, "months are not negative; write 0 or more"),
}
_PER_MONTH = ("orders_per_month", "revenue", COMPLAINTS)  # their sample is covered months


def impossible(metric: Metric, criterion: Criterion) -> Iterator[Wrong]:
    """What a criterion asks of a metric that the metric can never give."""
    low, high, message = _RANGES.get(metric.unit, (None, None, ""))
    required = criterion.required
    if (low is not None and required < low) or (high is not None and required > high):
        yield Wrong((criterion.bound,), required, message)
    if metric.name == COMPLAINTS and criterion.at_least is not None:
        yield Wrong(("at_least",), required, "complaints are to be few; write at_most instead")
    if metric.name == "growth" and criterion.window_months % 2:
        yield Wrong(
            ("window_months",),
            criterion.window_months,
            "growth compares the two halves of its window; write an even number",
        )
    if metric.name in _PER_MONTH and (criterion.min_sample or 0) > criterion.window_months:
        yield Wrong(
            ("min_sample",),
            criterion.min_sample,
            f"the sample of {metric.name} is months, never more than the window's "
            f"{criterion.window_months}; write that or less",
        )
