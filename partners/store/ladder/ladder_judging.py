"""Who has earned the next tier: for reviews and dry runs, a page of partners at a time. Reads only.

As in `judging`, what all partners share is worked out once, and the database adds the months up.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.judging.aside import Aside
from partners.domain.judging.assessment import Assessment, Rule, assess_months
from partners.domain.judging.coverage import Coverage
from partners.domain.judging.windows import Reader, Windows
from partners.domain.ladder.ladder import (
    LadderFacts,
    NotPromoted,
    Promotion,
    Why,
    next_tier,
    promotion,
    why_no_step,
    why_not_considered,
)
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.judging import facts, unknown_days, window_sums
from partners.store.judging.aside import in_halves
from partners.store.judging.window_sums import Enrolled
from partners.store.ladder.ladder_facts import ladder_facts

Verdict = Promotion | NotPromoted


@dataclass
class LadderJudge:
    """One month's enter standards, worked out once.

    `month`: the newest whole month that counts (rule 4). Months before a partner joined do not
    count; those before they entered their tier do, for nothing is held against them here.
    """

    policy: Policy
    coverage: Coverage
    month: Month
    today: date
    calendar: ProgramCalendar = field(init=False)
    windows: Windows = field(init=False)
    readers: dict[str, Reader] = field(init=False)

    def __post_init__(self) -> None:
        self.calendar = calendar_of(self.policy)
        enter = {tier.key: list(tier.enter.values()) for tier in self.policy.tiers}
        criteria = [criterion for of_tier in enter.values() for criterion in of_tier]
        self.windows = Windows(self.policy, criteria, self.coverage, self.month)
        self.readers = {
            key: self.windows.reader([Rule.of(self.policy, c) for c in of_tier])
            for key, of_tier in enter.items()
        }

    @classmethod
    def of(cls, session: Session, policy: Policy, month: Month, today: date) -> LadderJudge:
        return cls(policy, facts.coverage(session), month, today)

    def judge_page(
        self, session: Session, page: Sequence[Enrolled], below: Container[str] = ()
    ) -> tuple[dict[str, Verdict], list[Aside]]:
        """As `judge`; and who could not be judged, so that the others are."""
        found, aside = in_halves(page, lambda some: self.judge(session, some, below))
        return {i: verdict for some in found for i, verdict in some.items()}, aside

    def judge(
        self, session: Session, page: Sequence[Enrolled], below: Container[str] = ()
    ) -> dict[str, Verdict]:
        """Which partners of a page have earned the next tier, and why the others have not.

        `page` is sorted by id, as `partners_page(everybody=True)` gives it. `below`: partners
        whom the same review found below their own tier's standards; they get a case. Reads
        nothing where nobody can rise.
        """
        steps = {p.partner_id: why_no_step(self.policy, p.tier) for p in page}
        verdicts: dict[str, Verdict] = {i: v for i, v in steps.items() if v is not None}
        may_rise = [p for p in page if p.partner_id not in verdicts]
        if not may_rise:
            return verdicts
        ids = [p.partner_id for p in may_rise]
        free: dict[str, LadderFacts] = {}
        for partner_id, known in ladder_facts(session, ids, self.calendar, self.today).items():
            if partner_id in below:
                verdicts[partner_id] = NotPromoted(Why.BELOW_OWN)
            elif refusal := why_not_considered(self.policy, known, self.today):
                verdicts[partner_id] = refusal
            else:
                free[partner_id] = known
        assessments = self._assess(session, [p for p in may_rise if p.partner_id in free])
        for partner_id, known in free.items():
            verdicts[partner_id] = promotion(
                self.policy, known, assessments[partner_id], self.today
            )
        return verdicts

    def _assess(self, session: Session, people: list[Enrolled]) -> dict[str, Assessment]:
        """Hold partners against the enter standards of their next tier."""
        if not people:
            return {}
        unknown = unknown_days.of_range(session, people[0].partner_id, people[-1].partner_id)
        first = self.windows.first.first_day
        alone = [p for p in people if p.joined_on >= first or p.partner_id in unknown]
        assessments = self._assess_alone(session, alone) if alone else {}
        if len(alone) == len(people):
            return assessments
        summed = window_sums.summed_facts(session, people, self.windows)
        for partner in people:
            if partner.partner_id not in assessments:
                reader = self.readers[self._next(partner)]
                found = reader.assess(summed[partner.partner_id], self.today)
                assessments[partner.partner_id] = found
        return assessments

    def _assess_alone(self, session: Session, alone: list[Enrolled]) -> dict[str, Assessment]:
        """Those who joined within the windows, or have days that are not known: month by month."""
        since: dict[str, date | None] = {p.partner_id: p.joined_on for p in alone}
        known = facts.monthly_facts(session, list(since), self.policy, self.month, since)
        assessments = {}
        for partner in alone:
            tier = self.policy.tier(self._next(partner))
            assert tier is not None
            assessments[partner.partner_id] = assess_months(
                self.policy,
                tier.enter.values(),
                known[partner.partner_id],
                self.month,
                self.today,
            )
        return assessments

    def _next(self, partner: Enrolled) -> str:
        tier = next_tier(self.policy, partner.tier)
        assert tier is not None
        return tier.key
