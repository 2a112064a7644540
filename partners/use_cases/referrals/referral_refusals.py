"""Why a report about a referral is not taken in, and why a payout is not exported or marked."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class UnknownReferral(Refusal):
    """No referral has this id."""

    says = "unknown referral {referral_id!r}"

    referral_id: str


@dataclass(eq=False)
class ReferralExists(Refusal):
    """A new referral has the id of another."""

    says = "there is a referral {referral_id!r} already"

    referral_id: str


@dataclass(eq=False)
class ReferralIsDuplicate(Refusal):
    """Another referral of the lead counts."""

    says = (
        "{referral_id} is a duplicate: {why}. It counts if the other referral of the lead is "
        "rejected or lost"
    )

    referral_id: str
    lead_ref: str
    why: str


@dataclass(eq=False)
class ReferralIsRejected(Refusal):
    """The referral was rejected, and does not count before it is accepted."""

    says = "{referral_id} is rejected: {why}; if it counts after all, accept it first"

    referral_id: str
    why: str


@dataclass(eq=False)
class ReportRefused(Refusal):
    """What is reported of the referral does not hold: its amount, its day, its currency."""

    says = "{referral_id}: {why}"

    referral_id: str
    why: str


@dataclass(eq=False)
class ReportOutOfOrder(Refusal):
    """A referral that stands so cannot stand as reported next."""

    says = "{referral_id}: {why}"

    referral_id: str
    stands: str
    reported: str
    why: str


@dataclass(eq=False)
class RejectedWithoutReason(Refusal):
    """The partner is told why a referral is rejected, and nobody says it."""

    says = "say why, for the partner is told"


@dataclass(eq=False)
class BadBatchName(Refusal):
    """A batch of payouts cannot have this name."""

    says = "the batch's name is not 1 to 64 characters without a slash: {name!r}"

    name: str


@dataclass(eq=False)
class NoPayoutsNamed(Refusal):
    """Neither payouts nor a batch are named, or both."""

    says = "name payouts, or a batch"


@dataclass(eq=False)
class UnknownBatch(Refusal):
    """No payouts were exported under this name."""

    says = "there is no batch {batch!r}"

    batch: str
