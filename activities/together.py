"""What is known of several partners, read for all of them once one is asked about.

So a page of messages or cases costs a few queries, and each is judged by the same code as one
alone (`CaseFile`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from partners.domain.judging.assessment import MonthlyFacts
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.judging import facts
from partners.store.judging.trailing import TrailingPage
from partners.store.overrides import overrides


class Together:
    """Valid while the session is open. Policies are known by their versions."""

    def __init__(self, session: Session, partner_ids: Sequence[str]) -> None:
        self._session, self._ids = session, sorted(set(partner_ids))
        self._monthly: dict[tuple[int, Month], Mapping[str, MonthlyFacts]] = {}
        self._trailing: dict[int, TrailingPage] = {}
        self._held: dict[date, Mapping[str, set[str]]] = {}

    def monthly(self, version: int, policy: Policy, last: Month) -> Mapping[str, MonthlyFacts]:
        """As `facts.monthly_facts`, without a limit to any partner's months."""
        if (version, last) not in self._monthly:
            found = facts.monthly_facts(self._session, self._ids, policy, last, {})
            self._monthly[version, last] = found
        return self._monthly[version, last]

    def trailing(self, version: int, policy: Policy, zone: ZoneInfo) -> TrailingPage:
        if version not in self._trailing:
            keeps = (c for tier in policy.tiers for c in tier.keep_standards.values())
            columns = {name for c in keeps for name in policy.metric(c.metric).columns}
            self._trailing[version] = TrailingPage(self._session, policy, zone, self._ids, columns)
        return self._trailing[version]

    def held(self, partner_id: str, day: date) -> set[str]:
        """As `overrides.kinds_in_force`."""
        if day not in self._held:
            self._held[day] = overrides.kinds_of(self._session, self._ids, day)
        return self._held[day].get(partner_id, set())
