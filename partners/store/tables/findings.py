"""Findings as JSON and back: what every decision stores (rule 15)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from partners.domain.judging.assessment import Finding, Verdict


def to_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One object a finding; numbers as text, so that they stay exact."""
    return [
        {
            "metric": f.metric,
            "actual": None if f.actual is None else str(f.actual),
            "required": str(f.required),
            "at_least": f.at_least,
            "window_months": f.window_months,
            "sample": f.sample,
            "min_sample": f.min_sample,
            "verdict": f.verdict.value,
        }
        for f in findings
    ]


def from_json(objects: Iterable[dict[str, Any]]) -> tuple[Finding, ...]:
    """The findings that `to_json` wrote."""
    return tuple(
        Finding(
            metric=o["metric"],
            actual=None if o["actual"] is None else Decimal(o["actual"]),
            required=Decimal(o["required"]),
            at_least=o["at_least"],
            window_months=o["window_months"],
            sample=o["sample"],
            min_sample=o["min_sample"],
            verdict=Verdict(o["verdict"]),
        )
        for o in objects
    )
