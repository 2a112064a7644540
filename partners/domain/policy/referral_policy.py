"""The policy's `[referral]`: what a referral partner is promised, and what makes one a reseller."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from partners.domain.policy.entering import Approval
from partners.domain.policy.policy_errors import Wrong, raise_any, wrong
from partners.domain.policy.sections.lead_routing import LeadRouting, unknown_tiers
from partners.domain.policy.texts import Section, without
from partners.domain.policy.tiers import Key, Number, Tier

READY_STEPS = ("training", "certification", "contract", "first_offer")


class Counts(StrEnum):
    """What counts as a success. Either way it counts from the day of the purchase."""

    PURCHASE = "purchase"  # as soon as it is known, until it is refunded
    KEPT = "kept"  # once its holding period is over without a refund


class AfterRefund(StrEnum):
    """What a refund does to who qualified with it. A tier once given is never taken by it."""

    KEEP = "keep"  # nothing but the money is lost; staff are told
    WITHDRAW = "withdraw"  # … and a promotion that still waits for staff is withdrawn


class Compensation(Section):
    """What a successful referral pays: a fixed bounty, or a share of the purchase."""

    bounty: Number | None = Field(None, gt=0)
    share: Number | None = None
    cap: Number | None = Field(None, gt=0)  # the most that a share pays for one referral

    @field_validator("share")
    @classmethod
    def _at_most_all(cls, share: Decimal | None) -> Decimal | None:
        if share is not None and not 0 < share <= 1:
            raise wrong("a share is above 0 and at most 1 (10 % is 0.10); write one in that range")
        return share

    @field_validator("cap")
    @classmethod
    def _caps_a_share(cls, cap: Decimal | None, info: ValidationInfo) -> Decimal | None:
        if cap is not None and info.data.get("bounty") is not None:
            raise wrong("only a share has a cap; delete it")
        return cap

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.bounty is None) == (self.share is None):
            raise wrong("a referral pays in one way; write bounty or share, not both")
        return self


class ReferralSection(Section):
    """The terms of referring. What a referral pays is pinned when it is accepted."""

    successes: int = Field(5, ge=1, le=1000)
    window_days: int = Field(90, ge=1, le=1096)
    counts: Counts = Counts.PURCHASE
    minimum_amount: Number = Field(Decimal(0), ge=0)  # a smaller purchase is no success
    maximum_amount: Number = Field(Decimal(1_000_000), gt=0)  # a larger one is a typing mistake
    compensation: Compensation | None = None
    holding_days: int = Field(30, ge=0, le=366)
    entry_tier: Key | None = None  # None: the lowest tier that is not public
    approval: Approval = Approval.STAFF
    retry_days: int = Field(30, ge=0, le=1096)  # from a decline to the next proposal
    tries: int = Field(3, ge=1, le=100)  # so often a partner is proposed to staff
    after_refund: AfterRefund = AfterRefund.KEEP
    nudge_days: int = Field(45, ge=1, le=1096)  # silent for so long: a friendly word
    checklist: tuple[Key, ...] = READY_STEPS
    routing: LeadRouting | None = None  # None: whoever works a lead is not followed here

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "routing")

    @field_validator("maximum_amount")
    @classmethod
    def _room(cls, most: Decimal, info: ValidationInfo) -> Decimal:
        if most <= info.data.get("minimum_amount", 0):
            raise wrong("leaves no amount that counts; write more than minimum_amount")
        return most

    @field_validator("checklist")
    @classmethod
    def _each_once(cls, steps: tuple[str, ...]) -> tuple[str, ...]:
        raise_any(
            [
                Wrong((at,), step, "stands in the checklist already; name each step once")
                for at, step in enumerate(steps)
                if step in steps[:at]
            ]
        )
        return steps


def no_entry(section: ReferralSection, tiers: Sequence[Tier], default: Tier | None) -> list[Wrong]:
    """What is wrong with the tier into which partners qualify, and with those that get leads.
    `default` is the ladder's own."""
    if section.entry_tier is None and default is None:
        message = "every tier is public, so there is none to qualify for; name one as entry_tier"
        return [Wrong(("entry_tier",), "none", message)]
    keys = [tier.key for tier in tiers]
    if section.entry_tier is not None and section.entry_tier not in keys:
        message = f"there is no such tier; write one of {', '.join(keys)}"
        return [Wrong(("entry_tier",), section.entry_tier, message)]
    return unknown_tiers(section.routing, keys)
