"""What a notice says, before it is put into words: the only input of the templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from partners.domain.cases.case import HoldReason, Outcome
from partners.domain.cases.commands import CommandKind
from partners.domain.inbox.inbox import InboxItem
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.notices import Rendered as Rendered
from partners.domain.policy.policy import Policy, Tier
from partners.domain.policy.policy_change import CriterionChange, DiscountChange
from partners.domain.time.calendar import Month
from partners.mail.exclusive_notice import ExclusiveFacts
from partners.mail.offer_notice import OffersChange, PriceNews
from partners.mail.referral_notice import LeadFacts, ReferralFacts
from partners.mail.track_notice import TrackFacts


@dataclass(frozen=True)
class PolicyChange:
    """What a new policy, the notice's, changes for one tier, or for whom as staff are told."""

    version: int
    previous: Policy  # in force until then; labels and units of old criteria come from it
    effective_from: date
    criteria: tuple[CriterionChange, ...] = ()  # of the partner's tier
    replaces: date | None = None  # when a change that was announced would have applied
    discount: DiscountChange | None = None  # of the partner's tier, where it gets smaller
    discount_stays: bool = False  # only a discount was announced to change, and does not
    has_case: bool = False  # a grace period is running, by the standards of its warning
    in_case: bool = False  # a person moved the running case to the new policy
    told: int = 0  # to staff: how many partners were told
    untold: tuple[str, ...] = ()  # to staff: partners who could not be told


@dataclass(frozen=True)
class StepUp:
    """How a partner came to the notice's tier, when it is a new one."""

    old_tier: Tier | None = None  # None: enters the program
    returns: bool = False  # was moved out of the program before
    by_hand: bool = False  # a person's decision; no figures stand behind it


@dataclass(frozen=True)
class CheckedIn:
    """What a warning is the repeat of: the last check-in about any of its criteria, and which."""

    on: date
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class CommandFacts:
    """What a person decided about a partner, apart from any review or deadline."""

    what: CommandKind
    in_case: bool = False  # a case was open
    until: date | None = None  # the last day of a pause or an override
    offers: tuple[str, ...] = ()  # blocked: only these
    clock_stopped: bool = False  # appeal: the case waits for its answer


@dataclass(frozen=True)
class AuditTier:
    """How the partners of one tier did in an audit."""

    tier: Tier
    verdicts: Mapping[Verdict, int]

    @property
    def judged(self) -> int:
        return sum(self.verdicts.values())


@dataclass(frozen=True)
class AuditedPartner:
    """A partner whom an audit found below the standards of their tier."""

    partner_id: str
    tier: Tier
    findings: tuple[Finding, ...]
    has_case: bool


@dataclass(frozen=True)
class Audit:
    """What a quarterly audit found. `below` may name fewer partners than the tiers count."""

    period: str  # 2026-Q3
    month: Month  # the newest whole month judged
    tiers: tuple[AuditTier, ...]
    below: tuple[AuditedPartner, ...]


@dataclass(frozen=True)
class Footer:
    """What stands at the foot of a message, from the settings; blank where there is none.

    `postal_address` belongs in every message. `preferences_url` leads a partner to the choice of
    optional topics. `unsubscribe_url` is there for optional mail only, and there it must be shown:
    it ends this topic, after one confirmation.
    """

    postal_address: str = ""
    preferences_url: str = ""
    unsubscribe_url: str = ""


@dataclass(frozen=True)
class Notice:
    """One notice about one case. Fields that a kind does not need are None or empty.

    `policy` is the version that the case pins; the program's name, contact, zone, currency and
    the metrics' labels and units come from it.
    """

    kind: NoticeKind
    policy: Policy
    tier: Tier  # the tier that the case is about
    partner_id: str
    partner_name: str
    language: str  # a locale such as en or de
    findings: tuple[Finding, ...] = ()  # the measured criteria; `warned` names those below
    warned: tuple[str, ...] = ()  # metrics that the warning named
    repeat: bool = False  # a relapse soon after the last case: the wording is firmer (rule 7)
    today: date | None = None  # the program's day on which it is rendered
    deadline: date | None = None
    decision_day: date | None = None
    grace_days: int | None = None  # length of the period that this notice starts
    outcome: Outcome | None = None  # removal: demoted or removed
    new_tier: Tier | None = None  # removal, demoted: where the partner is now
    reentry_on: date | None = None  # removal: the first day on which re-entry is possible
    appeal_until: date | None = None  # removal: the last day on which an appeal is possible
    hold_reason: HoldReason | None = None  # on_hold
    hold_detail: str = ""  # on_hold: what is known, e.g. the refused reason or guard's count
    waiting_since: date | None = None  # on_hold: the day on which the hold began
    guard_list: tuple[str, ...] = ()  # on_hold by the guard: partner ids of the last 7 days;
    # guard: those whom the review would warn
    review_id: str = ""  # guard: the review that waits
    change: PolicyChange | None = None  # standards_changed, policy_published
    by_person: CommandFacts | None = None  # extended, paused … ; removal by a person
    step: StepUp | None = None  # welcome, promoted
    checked_in: CheckedIn | None = None  # warning: it was preceded by a check-in
    referral: ReferralFacts | None = None  # whatever is about referrals
    track: TrackFacts | None = None  # track_reminder, track_lapsed; of a step up: what awaits
    lead: LeadFacts | None = None  # lead_assigned, lead_sales
    exclusive: ExclusiveFacts | None = None  # whatever is about an exclusive
    offers_change: OffersChange | None = None  # what opens and closes for the partner with it
    price: PriceNews | None = None  # price_change, prices_told
    audit: Audit | None = None  # audit
    inbox: tuple[InboxItem, ...] = ()  # inbox_digest: in the order to look at them
    time_zone: str | None = None  # the partner's, where it is not the program's
    footer: Footer = Footer()

    @property
    def below(self) -> tuple[Finding, ...]:
        """The findings that still fail."""
        return tuple(f for f in self.findings if f.verdict is Verdict.BELOW)
