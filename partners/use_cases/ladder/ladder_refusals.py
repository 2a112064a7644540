"""Why a partner is not promoted, and why a step of a track is not done."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class CaseDecidesTier(Refusal):
    """While a case is open, its outcome decides the tier."""

    says = "a case is open for {partner_id} ({case_id}), and its outcome decides the tier"

    partner_id: str
    case_id: str


@dataclass(eq=False)
class NoCandidate(Refusal):
    """The partner waits for no decision about a promotion."""

    says = "{partner_id} is no candidate that waits"

    partner_id: str


@dataclass(eq=False)
class UnknownTier(Refusal):
    """The policy in force has no tier of this key."""

    tier: str
    tiers: tuple[str, ...]

    def __str__(self) -> str:
        return f"the policy has no tier {self.tier!r}; its tiers are {', '.join(self.tiers)}"


@dataclass(eq=False)
class AlreadyInTier(Refusal):
    """The partner is in the tier that is asked for."""

    says = "{partner_id} is in {tier} already"

    partner_id: str
    tier: str


@dataclass(eq=False)
class TierBelow(Refusal):
    """The tier that is asked for is below the partner's."""

    says = (
        "{partner_id} is in {in_tier}, which is above {tier}; partners are added to a higher "
        "tier only"
    )

    partner_id: str
    in_tier: str
    tier: str


@dataclass(eq=False)
class PromotionUnderWay(Refusal):
    """Another promotion of the partner is not finished yet."""

    says = "a promotion of {partner_id} to {to_tier} is under way"

    partner_id: str
    to_tier: str


@dataclass(eq=False)
class NoPromotionNow(Refusal):
    """As things stand, the partner cannot enter the tier."""

    partner_id: str
    tier: str
    by_hand: bool
    why: str

    def __str__(self) -> str:
        verb = "added" if self.by_hand else "promoted"
        return f"{self.partner_id} cannot be {verb} to {self.tier} now: {self.why}"


@dataclass(eq=False)
class PromotionWithdrawn(Refusal):
    """Between the decision and its being carried out something changed."""

    says = "{partner_id} was not promoted: {why}"

    partner_id: str
    why: str


@dataclass(eq=False)
class PromotionNotStarted(Refusal):
    """The promotion is approved and recorded; to carry it out, approve it again."""

    says = "it is approved and recorded, but the workflow did not start ({why})"

    partner_id: str
    why: str


@dataclass(eq=False)
class PromotionNotTaken(Refusal):
    """The promotion is approved and recorded, and waits for a worker to carry it out."""

    says = (
        "it is approved and recorded, but no worker has taken it within {seconds:.0f} seconds; "
        "it is carried out as soon as one runs"
    )

    partner_id: str
    seconds: float


@dataclass(eq=False)
class NoChecklist(Refusal):
    """The partner has no enablement track."""

    says = (
        "{partner_id} has no checklist; it begins when a referral partner has qualified and "
        "entered a tier"
    )

    partner_id: str


@dataclass(eq=False)
class NoTrack(Refusal):
    """The partner's tier names no track, and nothing is known of them in any other."""

    says = "{partner_id} has no track"

    partner_id: str


@dataclass(eq=False)
class StepInTracks(Refusal):
    """More than one track has a step of this key, and it is not said which is meant."""

    step: str
    tracks: tuple[str, ...]

    def __str__(self) -> str:
        return f"several tracks have a step {self.step!r}: {', '.join(self.tracks)}"


@dataclass(eq=False)
class StepIsFed(Refusal):
    """An import says that this step is done; a person may confirm it, but not merely say so."""

    says = "{step} of {track} is done when an import says so, or a person confirms it"

    partner_id: str
    track: str
    step: str


@dataclass(eq=False)
class StepNotDone(Refusal):
    """There is nothing to take back."""

    says = "{step} of {track} is not done, and nothing waits for confirmation"

    partner_id: str
    track: str
    step: str


@dataclass(eq=False)
class UnknownStep(Refusal):
    """The partner's checklist or track has no such step."""

    step: str
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return f"there is no step {self.step!r}; the steps are {', '.join(self.steps)}"
