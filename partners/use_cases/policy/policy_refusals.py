"""Why a policy cannot be published as things stand: nobody and no amount is left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from partners.domain.number_words import number_of
from partners.domain.policy.policy import Policy
from partners.errors import Refusal
from partners.store.policy import renames
from partners.store.policy.renames import Lost
from partners.store.referrals import currencies


@dataclass(eq=False)
class EffectInThePast(Refusal):
    """A policy is in force from today on at the earliest."""

    says = "{day} is in the past; name a day from {today} on"

    day: date
    today: date


@dataclass(eq=False)
class NoticeTooShort(Refusal):
    """Partners are told of stricter standards some days before."""

    tiers: tuple[str, ...]
    notice_days: int
    earliest: date

    def __str__(self) -> str:
        return (
            f"standards get stricter for partners in {', '.join(self.tiers)}, who are told "
            f"{number_of(self.notice_days, 'day')} before (program.notice_days); from "
            f"{self.earliest} on it may be in force"
        )


@dataclass(eq=False)
class DiscountNoticeTooShort(Refusal):
    """Partners are told of smaller discounts some days before: what they pay rises (rule 21)."""

    tiers: tuple[str, ...]
    notice_days: int
    earliest: date

    def __str__(self) -> str:
        return (
            f"offers get dearer for partners in {', '.join(self.tiers)}, who are told "
            f"{number_of(self.notice_days, 'day')} before (program.notice_days); from "
            f"{self.earliest} on it may be in force"
        )


@dataclass(eq=False)
class RenamesAtOnce(Refusal):
    """A tier that is renamed takes its partners along on the day of publishing."""

    tiers: tuple[str, ...]
    today: date

    def __str__(self) -> str:
        return (
            f"{', '.join(self.tiers)}: a tier that is renamed takes its partners along at once, "
            f"so it is published for {self.today}, with standards that are no stricter; publish "
            "what gets stricter afterwards"
        )


@dataclass(eq=False)
class PublishedMeanwhile(Refusal):
    """What was shown is not what would happen any more."""

    says = "somebody else published a policy meanwhile; publish again to see what now"


@dataclass(eq=False)
class TiersLost(Refusal):
    """Rule 11: nobody is left in a tier that is no more, nor demoted into one."""

    lost: tuple[Lost, ...]

    def __str__(self) -> str:
        lines = [
            f"{lost.key}: this policy has no such tier; in it: "
            f"{number_of(lost.partners, 'partner')}"
            + (f"; leading to it: {number_of(lost.cases, 'open case')}" if lost.cases else "")
            for lost in self.lost
        ]
        return "\n".join(lines) + (
            "\nSay where they go: renamed_from in the tier that takes them (see program.toml), or "
            "keep the tier"
        )


@dataclass(eq=False)
class CurrencyDiffers(Refusal):
    """Amounts are never converted."""

    currency: str
    problems: tuple[str | currencies.OpenAmounts, ...]

    def __str__(self) -> str:
        first = (
            f"amounts are never converted, and {self.currency} is another currency than some are "
            "in:"
        )
        return "\n".join([first, *map(str, self.problems)])


def refuse_unfit(session: Session, new: Policy, effective_from: date) -> None:
    """Raises TiersLost or CurrencyDiffers."""
    if lost := renames.lost(session, new):
        raise TiersLost(tuple(lost))
    if problems := tuple(currencies.why_not(session, new, effective_from)):
        raise CurrencyDiffers(new.program.currency, problems)
