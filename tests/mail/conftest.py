"""A program with two judged tiers and a metric of its own, and notices about it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.policy.policy import Policy
from partners.mail.render import Renderer

TEMPLATES = Path(__file__).parents[2] / "templates"

POLICY: dict[str, Any] = {
    "program": {
        "name": "Partner Program",
        "provider": "Northwind",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "contact_name": "Northwind partner team",
        "contact_email": "partners@northwind.example",
        "contact_url": "https://partners.northwind.example/help",
    },
    "staff": {"emails": ["managers@northwind.example"]},
    "metrics": {
        "nps": {"label": "NPS"},
        "training": {"label": "Certified people", "unit": "count"},
    },
    "tracks": {
        "gold": {
            "label": "Gold",
            "steps": [
                {
                    "key": "call",
                    "kind": "onboarding",
                    "label": "Kick-off call",
                    "due_days": 7,
                    "text": "We call you",
                },
                {"key": "course", "label": "Sales course", "required": False, "due_days": 30},
                {"key": "visit", "label": "Visit", "required": False},
                {
                    "key": "exam",
                    "kind": "certification",
                    "label": "Product exam",
                    "expires_months": 12,
                    "certifies": "expertise",
                },
            ],
        }
    },
    "tiers": [
        {
            "key": "silver",
            "kind": "preferred",
            "benefits": ["5 % better prices", "Exclusive offers"],
            "enter": {
                "orders_per_month": {"at_least": 10},
                "acceptance_rate": {"at_least": "0.90", "window_months": 3},
            },
        },
        {
            "key": "gold",
            "kind": "preferred",
            "removal": "down",
            "track": "gold",
            "benefits": ["10 % better prices", "Account manager", "Exclusive offers"],
            "enter": {
                "orders_per_month": {"at_least": 50},
                "acceptance_rate": {"at_least": "0.95", "window_months": 3},
                "rating": {"at_least": "4.8", "window_months": 6},
                "revenue": {"at_least": 5000, "window_months": 3},
                "response_hours": {"at_most": 4},
                "tenure_months": {"at_least": 12},
            },
        },
    ],
}


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy.model_validate(POLICY)


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer(TEMPLATES)


def a_finding(
    metric: str,
    actual: str | Decimal | None,
    required: str | Decimal,
    *,
    at_most: bool = False,
    sample: int = 40,
    min_sample: int = 10,
) -> Finding:
    """A finding whose verdict follows from its numbers."""
    value = None if actual is None else Decimal(actual)
    limit = Decimal(required)
    if value is None or sample < min_sample:
        verdict = Verdict.INSUFFICIENT
    else:
        met = value <= limit if at_most else value >= limit
        verdict = Verdict.PASSING if met else Verdict.BELOW
    return Finding(metric, value, limit, not at_most, 1, sample, min_sample, verdict)


@pytest.fixture
def finding() -> Any:
    return a_finding
