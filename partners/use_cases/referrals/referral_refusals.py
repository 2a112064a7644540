"""Why a report about a referral is not taken in, and why a payout is not exported or marked."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class UnknownReferral(Refusal):
    """No referral has this id."""

    referral_id: str

    def __str__(self) -> str:
        return f"unknown referral {self.referral_id!r}"


@dataclass(eq=False)
class ReferralExists(Refusal):
    """A new referral has the id of another."""

    referral_id: str

    def __str__(self) -> str:
        return f"there is a referral {self.referral_id!r} already"


@dataclass(eq=False)
class ReferralIsDuplicate(Refusal):
    """Another referral of the lead counts."""

    referral_id: str
    lead_ref: str
    why: str

    def __str__(self) -> str:
        return (
            f"{self.referral_id} is a duplicate: {self.why}. It counts if the other referral of "
            "the lead is rejected or lost"
        )


@dataclass(eq=False)
class ReferralIsRejected(Refusal):
    """The referral was rejected, and does not count before it is accepted."""

    referral_id: str
    why: str

    def __str__(self) -> str:
        return (
            f"{self.referral_id} is rejected: {self.why}; if it counts after all, accept it first"
        )


@dataclass(eq=False)
class ReportRefused(Refusal):
    """What is reported of the referral does not hold: its amount, its day, its currency."""

    referral_id: str
    why: str

    def __str__(self) -> str:
        return f"{self.referral_id}: {self.why}"


@dataclass(eq=False)
class ReportOutOfOrder(Refusal):
    """A referral that stands so cannot stand as reported next."""

    referral_id: str
    stands: str
    reported: str
    why: str

    def __str__(self) -> str:
        return f"{self.referral_id}: {self.why}"


@dataclass(eq=False)
class RejectedWithoutReason(Refusal):
    """The partner is told why a referral is rejected, and nobody says it."""

    def __str__(self) -> str:
        return "say why, for the partner is told"


@dataclass(eq=False)
class BadBatchName(Refusal):
    """A batch of payouts cannot have this name."""

    name: str

    def __str__(self) -> str:
        return f"the batch's name is not 1 to 64 characters without a slash: {self.name!r}"


@dataclass(eq=False)
class NoPayoutsNamed(Refusal):
    """Neither payouts nor a batch are named, or both."""

    def __str__(self) -> str:
        return "name payouts, or a batch"


@dataclass(eq=False)
class UnknownBatch(Refusal):
    """No payouts were exported under this name."""

    batch: str

    def __str__(self) -> str:
        return f"there is no batch {self.batch!r}"
