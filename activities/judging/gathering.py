"""Gathering what a decision about a case needs, and holding it against the rules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy.orm import Session

from activities.together import Together
from partners.calendars import calendar_of
from partners.domain.judging.assessment import (
    Assessment,
    Finding,
    MonthlyFacts,
    Verdict,
    assess_cure,
    assess_months,
)
from partners.domain.judging.coverage import Coverage
from partners.domain.policy.policy import Criterion, Policy, Tier
from partners.domain.time.calendar import Month, ProgramCalendar
from partners.store.cases.cases import locked_case, partner_and_policy
from partners.store.judging import facts
from partners.store.judging.trailing import TrailingPage
from partners.store.overrides import overrides
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.findings import from_json
from partners.store.tables.program_tables import PartnerRow


@dataclass(frozen=True)
class Matter(ABC):
    """One partner's criteria that are below, with everything that judging them needs, read in one
    transaction: those of a case, or those about which there is none."""

    session: Session
    partner: PartnerRow
    policy: Policy
    calendar: ProgramCalendar
    now: datetime  # program time
    known: Coverage | None = field(default=None, kw_only=True)  # where read with others'

    @property
    @abstractmethod
    def tier_key(self) -> str:
        """The tier whose standards count."""

    @property
    @abstractmethod
    def month(self) -> Month:
        """The last of the months on which it was found."""

    @property
    @abstractmethod
    def since(self) -> date:
        """From when on the partner's months count."""

    @property
    @abstractmethod
    def opened_on(self) -> date:
        """The day on which the case was opened, or would be."""

    @property
    @abstractmethod
    def warned_on(self) -> date:
        """The day of the warning, or on which it would go out."""

    @property
    @abstractmethod
    def warned(self) -> list[Criterion]:
        """The criteria that a warning names; only they decide (rule 5)."""

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.now)

    @cached_property
    def coverage(self) -> Coverage:
        """The days of which everything is known about the partner."""
        return self.known or facts.coverage_of(self.session, self.partner.partner_id)

    @property
    def program_coverage(self) -> Coverage:
        """The days that the feed covers, whatever was rejected of the partner's rows."""
        return facts.coverage(self.session)

    @property
    def tier(self) -> Tier:
        tier = self.policy.tier(self.tier_key)
        assert tier is not None, f"the policy has lost {self.tier_key}"
        return tier

    @property
    def needs_feed(self) -> bool:
        """Whether any warned criterion is measured on orders."""
        return self.policy.needs_feed(self.warned)

    def newest_day(self) -> date | None:
        """The newest day before today of which everything is known; None for an empty feed."""
        return self._newest_until(self.today - timedelta(days=1))

    def _newest_until(self, day: date) -> date | None:
        return self.coverage.newest_day_until(day) if self.needs_feed else day

    def assess_cure(self, as_of: date, page: TrailingPage | None = None) -> Assessment:
        """Hold the warned criteria against the days that end with `as_of` (rule 4).

        `page`: reads them for several partners at once.
        """
        page = page or self._trailing_page()
        partner_id = self.partner.partner_id
        if page is not None:
            trailing = page.facts_of(partner_id, self.warned_on)
        else:
            trailing = facts.trailing_facts(
                self.session, partner_id, self.policy, self.calendar.zone, self.warned_on
            )
        return assess_cure(self.policy, self.warned, trailing, as_of)

    def _trailing_page(self) -> TrailingPage | None:
        """The trailing days of several partners, where they are read together."""
        return None

    def assess_opening(self) -> Assessment:
        """Judge the warned criteria again on the months on which they were found, with what is
        known now (rule 19)."""
        last = self.month
        return assess_months(self.policy, self.warned, self._monthly(last), last, last.last_day)

    def _monthly(self, last: Month) -> MonthlyFacts:
        partner_id = self.partner.partner_id
        since = {partner_id: self.since}
        return facts.monthly_facts(self.session, [partner_id], self.policy, last, since)[partner_id]

    def was_below(self) -> bool:
        """Rule 19: whether the partner was below as of the warning, after all corrections."""
        return self.assess_opening().verdict is Verdict.BELOW


@dataclass(frozen=True)
class Uncased(Matter):
    """Findings about which there is no case: of a check-in, or of what a dry run would warn of."""

    findings: tuple[Finding, ...]
    last: Month
    counted_from: date

    @property
    def tier_key(self) -> str:
        return self.partner.tier or ""

    @property
    def month(self) -> Month:
        return self.last

    @property
    def since(self) -> date:
        return self.counted_from

    @property
    def opened_on(self) -> date:
        return self.today

    @property
    def warned_on(self) -> date:
        return self.today

    @property
    def warned(self) -> list[Criterion]:
        below = [f.metric for f in self.findings if f.verdict is Verdict.BELOW]
        return [self.tier.keep_standards[metric] for metric in below]


@dataclass(frozen=True)
class CaseFile(Matter):
    """One case with everything a decision about it needs."""

    case: CaseRow
    others: Together | None = field(default=None, kw_only=True)  # with whom the rest is read

    @classmethod
    def of(cls, session: Session, case_id: str, now: datetime) -> CaseFile:
        """Read and lock the case. Its policy is the pinned one (rule 6)."""
        return cls._of(session, locked_case(session, case_id), now)

    @classmethod
    def unlocked(cls, session: Session, case_id: str, now: datetime) -> CaseFile:
        """Read the case for those who only look: nobody waits for them."""
        return cls._of(session, session.get_one(CaseRow, case_id), now)

    @classmethod
    def _of(cls, session: Session, case: CaseRow, now: datetime) -> CaseFile:
        partner, sha256 = partner_and_policy(session, case)
        policy = policies.loaded(session, case.policy_version, sha256)
        return cls(session, partner, policy, calendar_of(policy), now, case)

    def lock_partner(self) -> None:
        """Lock the partner after the case, and read them anew: whoever compares a tier and then
        changes it needs both."""
        locked_partner(self.session, self.case.partner_id)

    @property
    def tier_key(self) -> str:
        return self.case.tier

    @property
    def month(self) -> Month:
        return Month.from_number(self.case.month)

    @property
    def since(self) -> date:
        return self.case.since

    @property
    def opened_on(self) -> date:
        return self.calendar.day_of(self.case.opened_at)

    @property
    def warned_on(self) -> date:
        return self.calendar.day_of(self.case.warned_at or self.case.opened_at)

    @property
    def warned(self) -> list[Criterion]:
        findings, criteria = self._warned
        if findings is not self.case.findings:  # a step has replaced them
            del self.__dict__["_warned"]
            _, criteria = self._warned
        return criteria

    @cached_property
    def _warned(self) -> tuple[object, list[Criterion]]:
        """Decoded once, for every judgement asks several times; with the findings it is of."""
        findings = self.case.findings
        below = [f["metric"] for f in findings if f["verdict"] == Verdict.BELOW]
        return findings, [self.tier.keep_standards[metric] for metric in below]

    @property
    def newest_findings(self) -> tuple[Finding, ...]:
        """Of the newest assessment: trailing if there was one, else those that opened the case."""
        return from_json(self.case.latest or self.case.findings)

    def cure_day(self) -> date | None:
        """The newest covered day that counts for a cure: the deadline is the last (rule 8)."""
        newest, deadline = self.newest_day(), self.case.deadline
        if newest is None or deadline is None or newest <= deadline:
            return newest
        return self._newest_until(deadline)

    def _trailing_page(self) -> TrailingPage | None:
        if self.others is None:
            return None
        return self.others.trailing(self.case.policy_version, self.policy, self.calendar.zone)

    def _monthly(self, last: Month) -> MonthlyFacts:
        if self.others is None:
            return super()._monthly(last)
        found = self.others.monthly(self.case.policy_version, self.policy, last)
        return replace(found[self.case.partner_id], since=self.since)

    def overridden(self) -> set[str]:
        """What people have said about the partner that holds today."""
        partner_id = self.case.partner_id
        if self.others is not None:
            return self.others.held(partner_id, self.today)
        return overrides.kinds_in_force(self.session, partner_id, self.today)
