"""What a new policy changes: for whom standards get stricter, and every other setting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from partners.domain.policy.policy import Criterion, Policy, Tier


@dataclass(frozen=True)
class CriterionChange:
    """One criterion before and after; None where it is not asked."""

    metric: str
    old: Criterion | None
    new: Criterion | None

    @property
    def tightens(self) -> bool:
        """Whether a partner could pass before and fail after.

        Another window or another sample may do so too: it counts as stricter.
        """
        if self.old is None or self.new is None:
            return self.old is None
        if self.new.is_stricter_than(self.old):
            return True
        return (self.old.window_months, self.old.min_sample) != (
            self.new.window_months,
            self.new.min_sample,
        )


@dataclass(frozen=True)
class SettingChange:
    """One setting before and after, as text; `–` where it is absent."""

    key: str
    old: str
    new: str


def standards_changes(
    old: Policy, new: Policy, key: str, table: str = "keep"
) -> tuple[CriterionChange, ...]:
    """What changes for partners in a tier, in the new policy's order, then what is dropped.

    `table`: keep or enter. A tier that a version does not have asks nothing; one that the new
    policy renames is compared under both its names.
    """
    before = _standards(old, old.tier(key) or _former(old, new.tier(key)), table)
    successor = new.successor(key)
    after = _standards(new, new.tier(successor) if successor else None, table)
    names = [*after, *(name for name in before if name not in after)]
    changes = (CriterionChange(name, before.get(name), after.get(name)) for name in names)
    return tuple(change for change in changes if change.old != change.new)


def _former(old: Policy, tier: Tier | None) -> Tier | None:
    """What a tier of the new policy was in the old one, under its earlier name."""
    names = tier.renamed_from if tier is not None else ()
    return next((found for name in names if (found := old.tier(name)) is not None), None)


def _standards(policy: Policy, tier: Tier | None, table: str) -> dict[str, Criterion]:
    """Criteria with their samples written out, so that a default equals the same number.

    Without their responses: what answers an issue is no standard.
    """
    if tier is None:
        return {}
    criteria = tier.keep_standards if table == "keep" else tier.enter
    return {
        name: c.model_copy(update={"min_sample": policy.min_sample(c), "response": None})
        for name, c in criteria.items()
    }


def tightened(old: Policy, new: Policy) -> list[str]:
    """The tiers of the old policy whose partners must keep stricter standards, or others."""
    keys = [tier.key for tier in old.tiers]
    return [
        key for key in keys if any(change.tightens for change in standards_changes(old, new, key))
    ]


@dataclass(frozen=True)
class DiscountChange:
    """A share off base prices that gets smaller: 0.10, then 0.05; None: none at all."""

    old: Decimal
    new: Decimal | None


def dearer(old: Policy, new: Policy, key: str) -> DiscountChange | None:
    """Whether offers get dearer for partners in a tier, for its discount gets smaller.

    A tier of the new policy that it renames is compared under both its names.
    """
    before = old.tier(key) or _former(old, new.tier(key))
    successor = new.successor(key)
    after = new.tier(successor) if successor else None
    was = before.offers.discount if before else None
    will = after.offers.discount if after else None
    return DiscountChange(was, will) if was and was > (will or 0) else None


def settings_changes(old: Policy, new: Policy) -> list[SettingChange]:
    """Every setting that changes, apart from the criteria of tiers: `grace.days`: 45, then 30."""
    before, after = dict(_flat(_plain(old))), dict(_flat(_plain(new)))
    keys = [*after, *(key for key in before if key not in after)]
    return [
        SettingChange(key, before.get(key, "–"), after.get(key, "–"))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def _plain(policy: Policy) -> dict[str, Any]:
    """A policy as data: tiers by key without their criteria, and the ladder's order beside; steps
    of tracks likewise."""
    data = policy.model_dump(mode="json")
    tiers = data.pop("tiers")
    criteria = ("enter", "keep", "key")
    data["tiers"] = {
        t["key"]: {k: v for k, v in t.items() if k not in criteria} | {"keep": _responses(t)}
        for t in tiers
    }
    data["ladder, lowest first"] = [t["key"] for t in tiers]
    for track in data.get("tracks", {}).values():
        steps = track.pop("steps")
        track["steps"] = {s["key"]: {k: v for k, v in s.items() if k != "key"} for s in steps}
        track["steps, in order"] = [s["key"] for s in steps]
    return data


def _responses(tier: dict[str, Any]) -> dict[str, Any]:
    """Of the criteria to keep that have one, the response."""
    standards = tier["keep"] or {}
    return {
        name: {"response": criterion["response"]}
        for name, criterion in standards.items()
        if criterion["response"]
    }


def _flat(data: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _written(value)


def _written(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)
