"""What every partner may count on, whatever the policy: days of grace, and days to appeal."""

from __future__ import annotations

from pydantic import Field

from partners.domain.policy.texts import Section

SHORTEST_GRACE, LONGEST_GRACE = 30, 60
"""Days from the warning to the deadline. A person goes beyond them only by saying so (rule 12)."""


class AppealsSection(Section):
    """How long after a removal a partner may appeal."""

    days: int = Field(30, ge=1, le=366)
