"""Why a person's command is refused, where there is a way on that each face names in its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from partners.errors import Refusal


@dataclass(eq=False)
class GoesBeyondPolicy(Refusal):
    """The rules do not allow it; a person may do it all the same, if they say so."""

    says = "refused: {why}"

    why: str


@dataclass(eq=False)
class NoLastDay(Refusal):
    """A waiver without a day on which it ends."""

    says = "refused: a waiver needs its last day"


@dataclass(eq=False)
class PartnerIsBlocked(Refusal):
    """A block forbids every change of tier, by whomever (rules 10 and 16)."""

    says = "refused: blocked"

    partner_id: str


@dataclass(eq=False)
class TierIsPinned(Refusal):
    """A pin forbids every change of tier, by whomever (rules 10 and 16)."""

    says = "refused: a person has pinned the tier"

    partner_id: str


@dataclass(eq=False)
class NoRemoval(Refusal):
    """Nothing took a tier away that could be given back."""

    says = "refused: there is no removal to take back"

    partner_id: str


@dataclass(eq=False)
class AppealTooLate(Refusal):
    """A removal can be appealed against for so many days."""

    says = (
        "refused: the removal of {removed_on} could be appealed against until {last_day} "
        "(appeals.days)"
    )

    removed_on: date
    last_day: date


@dataclass(eq=False)
class AppealWaits(Refusal):
    """The case goes on once the appeal is answered."""

    says = "refused: an appeal waits for an answer"

    partner_id: str


@dataclass(eq=False)
class CaseChanged(Refusal):
    """The case is not any more what the person saw (rule 17)."""

    says = "refused: the case has changed meanwhile ({step} by {by})"

    partner_id: str
    step: str
    by: str
