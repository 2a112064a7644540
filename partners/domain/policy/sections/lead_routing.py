"""The policy's `[referral.routing]`: who works the lead that a partner refers."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from partners.domain.policy.entering import Approval
from partners.domain.policy.policy_errors import Wrong, raise_any, wrong
from partners.domain.policy.program_section import Email
from partners.domain.policy.sections.fields import Key
from partners.domain.policy.texts import Section, without


class Way(StrEnum):
    """How the seller of a lead is found."""

    AREA = "area"  # who holds the exclusive at the lead's place; then who has an offer there
    SERVICE = "service"  # who has sold the lead's service lately
    TIER = "tier"  # whoever is in the highest tier


class LeadRouting(Section):
    """Through which ways a lead finds its seller, in their order; last are the provider's sales."""

    ways: tuple[Way, ...] = tuple(Way)
    approval: Approval = Approval.AUTO  # "staff": a person hands each lead over
    tiers: tuple[Key, ...] = ()  # whose partners get leads; none: all that are not public
    sales_email: Email
    leads_url: str | None = Field(None, pattern="^https://")  # where a seller finds a lead
    untouched_days: int = Field(10, ge=1, le=366)  # unanswered so long, it goes to the next
    reminder_days: int = Field(5, ge=0, le=365, validate_default=True)  # reminded after; 0: never
    lately_days: int = Field(90, ge=1, le=1096)  # what counts as lately, of leads, sales, demotions

    @property
    def by_itself(self) -> bool:
        """Whether nobody has to hand a lead over."""
        return self.approval is Approval.AUTO

    @field_validator("ways", "tiers")
    @classmethod
    def _each_once(cls, named: tuple[str, ...]) -> tuple[str, ...]:
        raise_any(
            [
                Wrong((at,), str(name), "is named already; name each once")
                for at, name in enumerate(named)
                if name in named[:at]
            ]
        )
        return named

    @field_validator("reminder_days")
    @classmethod
    def _before_the_end(cls, days: int, info: ValidationInfo) -> int:
        if days >= info.data.get("untouched_days", days + 1):
            raise wrong("reminds when the lead has gone on; write less than untouched_days")
        return days

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "leads_url", "tiers")


def unknown_tiers(routing: LeadRouting | None, keys: Sequence[str]) -> list[Wrong]:
    """Tiers that get leads and are none of the policy's."""
    named = routing.tiers if routing is not None else ()
    message = f"there is no such tier; write one of {', '.join(keys)}"
    return [
        Wrong(("routing", "tiers", at), key, message)
        for at, key in enumerate(named)
        if key not in keys
    ]
