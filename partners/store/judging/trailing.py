"""What happened over trailing days, for several partners at once.

Whoever is the first to ask for some days has them read for everybody, in one query; the others
find them read. So a page of cases, most of which are judged on the same days, costs a few queries,
and each is still judged by the same code as one alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from partners.domain.judging.assessment import TrailingFacts
from partners.domain.judging.coverage import Coverage
from partners.domain.policy.metrics import Totals
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.store.judging import facts, unknown_days
from partners.store.judging.totals import trailing_totals_of
from partners.store.responses import complaints

Days = tuple[date, date]
T = TypeVar("T")


@dataclass
class TrailingPage:
    """Partners whose trailing days are read together; valid while the session is open.

    `columns`: the columns of `Totals` that any of them is judged on.
    """

    session: Session
    policy: Policy
    zone: ZoneInfo
    partner_ids: Sequence[str]
    columns: Collection[str]
    _totals: dict[Days, Mapping[str, Totals]] = field(default_factory=dict)
    _complaints: dict[Days, Mapping[str, int]] = field(default_factory=dict)
    _fed: dict[Month, dict[str, facts.FedMonths]] = field(default_factory=dict)

    def facts_of(self, partner_id: str, fed_after: date) -> TrailingFacts:
        """As `facts.trailing_facts`."""
        fed = self._fed_from(Month.of(fed_after)).get(partner_id, {})
        return TrailingFacts(
            totals_between=lambda *days: self._totals_of(days).get(partner_id, Totals()),
            coverage=self._coverage.without(self._unknown.get(partner_id, ())),
            fed={key: value for key, value in fed.items() if key[1].last_day > fed_after},
            complaints_between=lambda *days: self._complaints_of(days).get(partner_id, 0),
        )

    @cached_property
    def _coverage(self) -> Coverage:
        return facts.coverage(self.session)

    @cached_property
    def _unknown(self) -> unknown_days.UnknownDays:
        return unknown_days.of_partners(self.session, self.partner_ids)

    def _totals_of(self, days: Days) -> Mapping[str, Totals]:
        return _once(
            self._totals,
            days,
            lambda: trailing_totals_of(
                self.session, self.partner_ids, *days, self.zone, self.columns
            ),
        )

    def _complaints_of(self, days: Days) -> Mapping[str, int]:
        return _once(
            self._complaints,
            days,
            lambda: complaints.between_of(self.session, self.partner_ids, *days),
        )

    def _fed_from(self, month: Month) -> dict[str, facts.FedMonths]:
        return _once(
            self._fed,
            month,
            lambda: defaultdict(
                dict, facts.fed_of(self.session, self.partner_ids, self.policy, month)
            ),
        )


K = TypeVar("K")


def _once(known: dict[K, T], key: K, read: Callable[[], T]) -> T:
    if key not in known:
        known[key] = read()
    return known[key]
