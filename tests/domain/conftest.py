"""Builders for the domain's tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from partners.domain.policy.policy import Policy

MakePolicy = Callable[..., Policy]


@pytest.fixture(scope="session")
def make_policy() -> MakePolicy:
    """Build a policy of one tier: `make_policy(enter={…}, keep={…}, grace={…}, …)`."""

    def make(
        enter: dict[str, Any] | None = None, keep: dict[str, Any] | None = None, **sections: Any
    ) -> Policy:
        tier: dict[str, Any] = {"key": "preferred", "kind": "preferred", "enter": enter or {}}
        if keep is not None:
            tier["keep"] = keep
        data: dict[str, Any] = {
            "program": {
                "name": "Program",
                "provider": "Provider",
                "time_zone": "UTC",
                "contact_email": "partners@example.com",
            },
            "staff": {"emails": ["staff@example.com"]},
            "tiers": [tier],
        }
        for name, section in sections.items():
            data[name] = data[name] | section if isinstance(data.get(name), dict) else section
        return Policy.model_validate(data)

    return make
