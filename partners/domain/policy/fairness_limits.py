"""What every partner may count on, whatever the policy: days of grace, and days to appeal."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from partners.domain.policy.policy_errors import Wrong, raise_any, wrong
from partners.domain.policy.texts import Section

SHORTEST_GRACE, LONGEST_GRACE = 30, 60
"""Days from the warning to the deadline. A person goes beyond them only by saying so (rule 12)."""


class AppealsSection(Section):
    """How long after a removal a partner may appeal."""

    days: int = Field(30, ge=1, le=366)


class Grace(Section):
    """From the accepted warning to the decision: how long, and what comes meanwhile."""

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
