"""A tier's `[tiers.offers]`: what it takes off base prices, and how early it sees new offers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from partners.domain.policy.policy_errors import wrong
from partners.domain.policy.sections.fields import Number
from partners.domain.policy.texts import Section, without


class OfferTerms(Section):
    """What every offer costs less, and how many days earlier it opens, for the partners of a tier.

    A price or a window that an offer has for the tier goes before it.
    """

    discount: Number | None = None
    early_access_days: int = Field(0, ge=0, le=366)

    @field_validator("discount")
    @classmethod
    def _a_part(cls, discount: Decimal | None) -> Decimal | None:
        if discount is not None and not 0 < discount < 1:
            raise wrong("a discount is above 0 and below 1 (10 % is 0.10); write one in that range")
        return discount

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "discount", "early_access_days")
