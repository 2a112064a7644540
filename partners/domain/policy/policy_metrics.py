"""Which metrics a policy's criteria may name: the built-in ones and its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from partners.domain.policy.metrics import BUILT_IN, Metric, Unit, fed_metric
from partners.domain.policy.policy_errors import Wrong
from partners.domain.policy.texts import LabelTexts, Worded, without
from partners.domain.policy.tiers import Tier, impossible


class FedMetric(Worded):
    """A metric of your own, fed as monthly values with `partners import metrics`."""

    label: str = Field(min_length=1)
    unit: Unit = Unit.NUMBER
    texts: dict[str, LabelTexts] = {}  # noqa: RUF012 (pydantic copies it)

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "texts")


def find_metric(name: str, fed: Mapping[str, FedMetric]) -> Metric | None:
    if name in fed:
        return fed_metric(name, fed[name].label, fed[name].unit)
    return BUILT_IN.get(name)


def _unknown_metric(name: str, fed: Mapping[str, FedMetric]) -> str:
    """What to say of a criterion for a metric that is neither built in nor fed."""
    known = [*BUILT_IN, *fed]
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? The metrics are " if near else "use one of "
    return f"unknown metric; {hint}{', '.join(known)}, or define [metrics.{name}]"


def misjudged(tiers: Sequence[Tier], fed: Mapping[str, FedMetric] | None) -> Iterator[Wrong]:
    """Criteria that no metric can meet; `fed` is None if the metrics are themselves wrong."""
    for number, tier in enumerate(tiers):
        for table, standards in (("enter", tier.enter), ("keep", tier.keep or {})):
            for name, criterion in standards.items():
                metric = find_metric(name, fed or {})
                if metric is not None:
                    for at, value, message in impossible(metric, criterion):
                        yield Wrong((number, table, name, *at), value, message)
                elif fed is not None:
                    yield Wrong((number, table, name), name, _unknown_metric(name, fed))
