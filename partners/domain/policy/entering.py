"""The policy's settings of who may enter a tier, and how: approval, launch group, qualities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property

from pydantic import Field, field_validator

from partners.domain.policy.policy_errors import Wrong, raise_any
from partners.domain.policy.tiers import Key, Section, Tier


class Approval(StrEnum):
    """Who promotes a partner that meets the enter standards of the next tier."""

    AUTO = "auto"  # the monthly review
    STAFF = "staff"  # a person decides


class PromotionSection(Section):
    approval: Approval = Approval.STAFF


class EnrolmentSection(Section):
    """Starting small: partners outside a launch group are judged, but nothing is done to them."""

    launch_group: tuple[Key, ...] = ()  # empty: everybody

    @field_validator("launch_group")
    @classmethod
    def _each_once(cls, group: tuple[str, ...]) -> tuple[str, ...]:
        raise_any(
            [
                Wrong((at,), name, "stands in the launch group already; name each partner once")
                for at, name in enumerate(group)
                if name in group[:at]
            ]
        )
        return group

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.launch_group)

    def includes(self, partner_id: str) -> bool:
        """Whether the program acts upon this partner."""
        return not self._names or partner_id in self._names


class Quality(Section):
    """A qualitative criterion: no number measures it, a named reviewer appraises it."""

    label: str = Field(min_length=1)
    expires_months: int = Field(12, ge=1, le=120)


READY_QUALITIES: Mapping[str, Quality] = {
    "expertise": Quality(label="Expertise"),
    "coverage": Quality(label="Market coverage"),
    "segments": Quality(label="Customer segments"),
    "brand_alignment": Quality(label="Brand alignment"),
    "communication": Quality(label="Communication"),
}
"""Known without a table of their own; `[qualities.expertise]` gives one other words or months."""


def quality(name: str, own: Mapping[str, Quality]) -> Quality | None:
    """A qualitative criterion by name; the policy's own table goes before a ready one."""
    return own.get(name) or READY_QUALITIES.get(name)


def unknown_quality(name: str, own: Mapping[str, Quality]) -> str:
    """What to say of a name that is no qualitative criterion."""
    known = list(dict.fromkeys([*READY_QUALITIES, *own]))
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? The qualities are " if near else "use one of "
    return f"unknown quality; {hint}{', '.join(known)}, or define [qualities.{name}]"


def misrequired(tiers: Sequence[Tier], own: Mapping[str, Quality] | None) -> Iterator[Wrong]:
    """Qualities that tiers require and that do not exist, or that one names twice.

    `own` is None if the qualities are themselves wrong.
    """
    for number, tier in enumerate(tiers):
        for at, name in enumerate(tier.requires):
            if name in tier.requires[:at]:
                message = "is required already; name each quality once"
                yield Wrong((number, "requires", at), name, message)
            elif own is not None and quality(name, own) is None:
                yield Wrong((number, "requires", at), name, unknown_quality(name, own))
