"""Where a partner stands in the program, as the outside may see it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from partners.domain.cases.case import CaseStatus


class Standing(StrEnum):
    NOT_ENROLLED = "not_enrolled"  # in no tier yet
    GOOD = "good"
    IN_GRACE = "in_grace"
    ON_HOLD = "on_hold"  # a case waits for a person
    OUT = "out"
    BLOCKED = "blocked"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


class Place(NamedTuple):
    """A partner's tier and standing at a moment."""

    tier: str | None
    standing: Standing


class Change(NamedTuple):
    """A partner's place before and after. `before` is None for one who has just been imported."""

    partner_id: str
    before: Place | None
    after: Place

    @property
    def event_types(self) -> tuple[str, ...]:
        """What the outside is told: one event for each thing that changed."""
        before = self.before or Place(None, Standing.NOT_ENROLLED)
        types = ["partner.tier_changed"] if before.tier != self.after.tier else []
        if Standing.BLOCKED in (before.standing, self.after.standing):
            blocked = self.after.standing is Standing.BLOCKED
            if before.standing is not self.after.standing:
                types.append("partner.blocked" if blocked else "partner.unblocked")
        elif before.standing is not self.after.standing:
            types.append("partner.standing_changed")
        return tuple(types)


def standing_of(
    tier: str | None,
    left_on: date | None,
    *,
    blocked: bool,
    case_status: str | None = None,
    warned: bool = False,
) -> Standing:
    """The standing of a partner; `case_status` and `warned` are those of the open case.

    A partner whose warning nobody has accepted yet is in good standing: no clock runs.
    """
    if blocked:
        return Standing.BLOCKED
    if case_status == CaseStatus.ON_HOLD:
        return Standing.ON_HOLD
    open_still = case_status in (CaseStatus.OPENED, CaseStatus.IN_GRACE, CaseStatus.DECIDING)
    if open_still and warned:
        return Standing.IN_GRACE
    if tier is None:
        return Standing.OUT if left_on else Standing.NOT_ENROLLED
    return Standing.GOOD
