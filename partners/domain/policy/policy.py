"""The policy: the whole `program.toml` as validated data. Every setting, its default, its rule.

A message of a validator says what is wrong and what to do; `partners.policy_file` adds the file,
the key path and the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from partners.domain.policy.entering import (
    EnrolmentSection,
    PromotionSection,
    Quality,
    misrequired,
    quality,
)
from partners.domain.policy.fairness_limits import LONGEST_GRACE, SHORTEST_GRACE, AppealsSection
from partners.domain.policy.look import LookSection
from partners.domain.policy.metrics import BUILT_IN, DEFAULT_MIN_SAMPLE, WITHOUT_ORDERS, Metric
from partners.domain.policy.policy_errors import Wrong, raise_any, wrong
from partners.domain.policy.policy_metrics import FedMetric, find_metric, misjudged
from partners.domain.policy.program_section import Email, Program
from partners.domain.policy.referral_policy import ReferralSection, no_entry
from partners.domain.policy.response_policy import ComplaintSection, ResponseSection, misanswered
from partners.domain.policy.sections.fields import KEY
from partners.domain.policy.texts import Section, Worded, lacking, without
from partners.domain.policy.tiers import (
    Criterion,
    Key,
    Removal,
    Standards,
    Tier,
    TierKind,
    misplaced,
)

__all__ = [
    "KEY",
    "Criterion",
    "FedMetric",
    "Grace",
    "Guard",
    "Policy",
    "Program",
    "Removal",
    "Standards",
    "Tier",
    "TierKind",
]


class Staff(Section):
    emails: tuple[Email, ...] = Field(min_length=1)


class Feed(Section):
    settling_days: int = Field(3, ge=0, le=31)
    max_age_days: int = Field(3, ge=0)
    feed_wait_days: int = Field(7, ge=0, le=60)


class Grace(Section):
    days: int = 45
    reminders: tuple[int, ...] = (14, 3)
    recovery_days: int = Field(30, ge=1, le=366)
    recovery_hold_days: int = Field(14, ge=0, le=60)
    final_notice_days: int = Field(14, ge=1, le=60)
    relapse_days: int = Field(90, ge=0)
    staff_reminder_days: int = Field(7, ge=1)

    @field_validator("days")
    @classmethod
    def _fair(cls, days: int) -> int:
        if not SHORTEST_GRACE <= days <= LONGEST_GRACE:
            raise wrong(
                f"a grace period lasts {SHORTEST_GRACE} to {LONGEST_GRACE} days; choose a number "
                "in that range"
            )
        return days

    @field_validator("reminders")
    @classmethod
    def _inside_grace(cls, reminders: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        grace = info.data.get("days")
        latest = (grace or 60) - 1
        raise_any(
            [
                Wrong(
                    (position,),
                    days,
                    f"a reminder comes within the grace period; choose 1 to {latest} days before "
                    "the deadline, or a longer grace",
                )
                for position, days in enumerate(reminders)
                if not 1 <= days <= latest
            ]
        )
        if len(set(reminders)) != len(reminders):
            raise wrong("names a day twice; list each reminder once")
        return tuple(sorted(reminders, reverse=True))


class Review(Section):
    judge_from: date | None = None  # months that began before it open no case (rule 10)


class Ladder(Section):
    min_days_between_changes: int = Field(30, ge=0)
    reentry_days: int = Field(90, ge=0)

    @property
    def return_days(self) -> int:
        """From leaving the program to the first day of a return: no change comes sooner either."""
        return max(self.reentry_days, self.min_days_between_changes)


class Guard(Section):
    """Rule 13: how many partners may be warned or removed in 7 days without a person."""

    max_partners: int = Field(50, ge=1)
    max_share: Decimal = Field(Decimal("0.10"), gt=0, le=1)
    always_allow: int = Field(
        5, ge=0, validate_default=True
    )  # so that the share does not stop a small program

    @field_validator("always_allow")
    @classmethod
    def _below_max(cls, always_allow: int, info: ValidationInfo) -> int:
        if always_allow > info.data.get("max_partners", always_allow):
            raise wrong("always_allow is more than max_partners; lower it, or write a lower one")
        return always_allow


def lowest_earned(tiers: Iterable[Tier]) -> Tier | None:
    """The lowest tier that is not public: a public one is open to all, so it is not earned."""
    return next((tier for tier in tiers if tier.kind is not TierKind.PUBLIC), None)


class Policy(Section):
    """The whole program, validated. Tiers stand lowest first."""

    program: Program
    staff: Staff
    feed: Feed = Feed()
    grace: Grace = Grace()
    review: Review = Review()
    ladder: Ladder = Ladder()
    guard: Guard = Guard()
    appeals: AppealsSection = AppealsSection()
    promotion: PromotionSection = PromotionSection()
    enrolment: EnrolmentSection = EnrolmentSection()
    qualities: dict[Key, Quality] = {}  # noqa: RUF012
    metrics: dict[Key, FedMetric] = {}  # noqa: RUF012 (pydantic copies it)
    response: ResponseSection = ResponseSection()
    complaints: ComplaintSection = ComplaintSection()
    tiers: tuple[Tier, ...] = Field((), validate_default=True)
    referral: ReferralSection | None = None  # None: nobody refers
    look: LookSection = LookSection()

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), "look")

    @field_validator("metrics")
    @classmethod
    def _own_names(cls, metrics: dict[str, FedMetric]) -> dict[str, FedMetric]:
        taken = [
            Wrong((name,), name, "is a built-in metric; choose another name for your own")
            for name in metrics
            if name in BUILT_IN
        ]
        raise_any(taken)
        return metrics

    @field_validator("tiers")
    @classmethod
    def _check_tiers(cls, tiers: tuple[Tier, ...], info: ValidationInfo) -> tuple[Tier, ...]:
        if not tiers:
            raise wrong("the ladder is empty; add at least one [[tiers]] table")
        raise_any(
            [
                *misplaced(tiers),
                *misjudged(tiers, info.data.get("metrics")),
                *misrequired(tiers, info.data.get("qualities")),
                *misanswered(tiers, info.data.get("response")),
            ]
        )
        return tiers

    @field_validator("referral")
    @classmethod
    def _check_entry(
        cls, referral: ReferralSection | None, info: ValidationInfo
    ) -> ReferralSection | None:
        if referral is not None and (tiers := info.data.get("tiers")):
            raise_any(no_entry(referral, tiers, lowest_earned(tiers)))
        return referral

    def metric_or_none(self, name: str) -> Metric | None:
        return find_metric(name, self.metrics)

    def metric(self, name: str) -> Metric:
        """A metric by name. Raises KeyError for a name no validated criterion can have."""
        found = self.metric_or_none(name)
        if found is None:
            raise KeyError(name)
        return found

    def quality(self, name: str) -> Quality | None:
        """A qualitative criterion: the policy's own or a ready one; None for an unknown name."""
        return quality(name, self.qualities)

    def keep_standards(self, key: str | None) -> tuple[Criterion, ...]:
        """What a partner in that tier must go on meeting; nothing for none or an unknown tier."""
        tier = self.tier(key) if key is not None else None
        return tuple(tier.keep_standards.values()) if tier else ()

    def needs_feed(self, criteria: Iterable[Criterion]) -> bool:
        """Whether any of these is measured on the order feed."""
        return any(c.metric in BUILT_IN and c.metric not in WITHOUT_ORDERS for c in criteria)

    def min_sample(self, criterion: Criterion) -> int:
        if criterion.min_sample is not None:
            return criterion.min_sample
        return DEFAULT_MIN_SAMPLE[self.metric(criterion.metric).unit]

    def tier(self, key: str) -> Tier | None:
        """A tier by key; None when this version of the policy has no such tier."""
        return next((tier for tier in self.tiers if tier.key == key), None)

    def successor(self, key: str) -> str | None:
        """Where the partners of a tier of the version before are: in it, or in the one that it was
        renamed to; None where neither is here."""
        if self.tier(key) is not None:
            return key
        return next((tier.key for tier in self.tiers if key in tier.renamed_from), None)

    @property
    def addresses(self) -> Iterator[tuple[str, str]]:
        """Every e-mail address, after its key path."""
        yield "program.contact_email", self.program.contact_email
        for language, words in self.program.texts.items():
            if words.contact_email is not None:
                yield f"program.texts.{language}.contact_email", words.contact_email
        for number, email in enumerate(self.staff.emails):
            yield f"staff.emails[{number}]", email

    @property
    def text_languages(self) -> set[str]:
        """The languages for which any table has texts."""
        labels = (*self.metrics.values(), *self.qualities.values())
        tables: Iterable[Worded] = (self.program, *self.tiers, *labels)
        return {language for table in tables for language in table.languages}

    def unsaid_in(self, language: str) -> list[str]:
        """What e-mails in that language say in the policy's own: `benefits of Gold`."""
        if language[:2] == self.program.language[:2]:
            return []
        tiers = [(tier.label, tier, "benefits") for tier in self.tiers]
        return lacking([("the program", self.program, "contact_name"), *tiers], language)

    @property
    def entry_tier(self) -> Tier | None:
        """Where who qualifies by referrals enters; None if nobody can."""
        named = self.referral and self.referral.entry_tier
        return self.tier(named) if named else lowest_earned(self.tiers)

    def tier_below(self, key: str) -> Tier | None:
        """Where a removal leads: the next lower tier, or None for out of the program."""
        keys = [tier.key for tier in self.tiers]
        at = keys.index(key)
        if self.tiers[at].removal is Removal.OUT or at == 0:
            return None
        return self.tiers[at - 1]
