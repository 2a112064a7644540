"""Why a lead is not given to somebody, not taken or not declined."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class NoLeadRouting(Refusal):
    """The policy does not say how leads are handed over."""

    says = (
        "the policy has no [referral.routing] table, so leads are not handed over; add one "
        "(program.toml shows it) and publish it"
    )


@dataclass(eq=False)
class LeadIsOver(Refusal):
    """Nobody can work the lead of a referral that stands so."""

    says = "referral {referral_id} is {state}: there is no lead to work"

    referral_id: str
    state: str


@dataclass(eq=False)
class NoLeads(Refusal):
    """A partner who may not have the lead."""

    says = "{partner_id} gets no such lead: {why}"

    partner_id: str
    why: str


@dataclass(eq=False)
class LeadIsTheirs(Refusal):
    """The lead is with them already."""

    says = "the lead of {referral_id} is with {whom} already"

    referral_id: str
    whom: str


@dataclass(eq=False)
class NobodyAsked(Refusal):
    """The lead is with nobody who could take or decline it."""

    says = "nobody has been asked to work the lead of {referral_id}"

    referral_id: str


@dataclass(eq=False)
class LeadIsTaken(Refusal):
    """The lead is taken by whoever has it."""

    says = "the lead of {referral_id} is taken by {whom} already"

    referral_id: str
    whom: str


@dataclass(eq=False)
class SalesKeepIt(Refusal):
    """The provider's sales are the last in line: there is nobody after them."""

    says = "the lead of {referral_id} is with sales, the last in line"

    referral_id: str
