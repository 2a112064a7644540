"""Progressive response, as the policy states it: what is a repeat, and serious complaints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from pydantic import field_validator

from partners.domain.policy.policy_errors import Wrong, wrong
from partners.domain.policy.texts import Section
from partners.domain.policy.tiers import Tier

LEAST, MOST = 62, 1096
MONTH_DAYS = 31
"""A month's issue is known about so many days after the last month's was."""


class ResponseSection(Section):
    """How long a step is remembered."""

    repeat_within_days: int = 180  # an issue again so soon after a step gets the next one

    @field_validator("repeat_within_days")
    @classmethod
    def _long_enough(cls, days: int) -> int:
        if not LEAST <= days <= MOST:
            raise wrong(
                "with fewer days nothing would ever be a repeat, for months are judged a month "
                f"apart, and with more it would hardly be forgotten; choose {LEAST} to {MOST} days"
            )
        return days


class OnSerious(StrEnum):
    """What a serious complaint brings about."""

    STAFF = "staff"  # waits for a person
    BLOCK = "block"  # the partner is blocked at once


class ComplaintSection(Section):
    serious: OnSerious = OnSerious.STAFF


def misanswered(tiers: Sequence[Tier], section: ResponseSection | None) -> Iterator[Wrong]:
    """Responses where they cannot work; `section` is None if it is itself wrong."""
    for number, tier in enumerate(tiers):
        for name, criterion in tier.enter.items():
            if criterion.response is not None:
                yield Wrong(
                    (number, "enter", name, "response"),
                    list(criterion.response),
                    "a response is to what a partner must keep; move it to the same criterion in "
                    "a keep table, which then lists everything to keep",
                )
        for name, criterion in (tier.keep or {}).items():
            needed = (criterion.window_months + 1) * MONTH_DAYS
            if section is None or not criterion.checks_in_first:
                continue
            if section.repeat_within_days < needed:
                yield Wrong(
                    (number, "keep", name, "window_months"),
                    criterion.window_months,
                    "a repeat stands on a whole new window, which comes later than "
                    f"response.repeat_within_days ({section.repeat_within_days}); shorten the "
                    f"window, or remember steps for {needed} days",
                )
