"""Why a person's command is refused, where there is a way on that each face names in its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from partners.errors import Refusal


@dataclass(eq=False)
class GoesBeyondPolicy(Refusal):
    """The rules do not allow it; a person may do it all the same, if they say so."""

    why: str

    def __str__(self) -> str:
        return f"refused: {self.why}"


@dataclass(eq=False)
class NoLastDay(Refusal):
    """A waiver without a day on which it ends."""

    def __str__(self) -> str:
        return "refused: a waiver needs its last day"


@dataclass(eq=False)
class PartnerIsBlocked(Refusal):
    """A block forbids every change of tier, by whomever (rules 10 and 16)."""

    partner_id: str

    def __str__(self) -> str:
        return "refused: blocked"


@dataclass(eq=False)
class TierIsPinned(Refusal):
    """A pin forbids every change of tier, by whomever (rules 10 and 16)."""

    partner_id: str

    def __str__(self) -> str:
        return "refused: a person has pinned the tier"


@dataclass(eq=False)
class NoRemoval(Refusal):
    """Nothing took a tier away that could be given back."""

    partner_id: str

    def __str__(self) -> str:
        return "refused: there is no removal to take back"


@dataclass(eq=False)
class AppealTooLate(Refusal):
    """A removal can be appealed against for so many days."""

    removed_on: date
    last_day: date

    def __str__(self) -> str:
        return (
            f"refused: the removal of {self.removed_on} could be appealed against until "
            f"{self.last_day} (appeals.days)"
        )


@dataclass(eq=False)
class AppealWaits(Refusal):
    """The case goes on once the appeal is answered."""

    partner_id: str

    def __str__(self) -> str:
        return "refused: an appeal waits for an answer"


@dataclass(eq=False)
class CaseChanged(Refusal):
    """The case is not any more what the person saw (rule 17)."""

    partner_id: str
    step: str
    by: str

    def __str__(self) -> str:
        return f"refused: the case has changed meanwhile ({self.step} by {self.by})"
