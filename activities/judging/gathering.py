"""Gathering what a decision about a case needs, and holding it against the rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy.orm import Session

from activities.together import Together
from partners.calendars import calendar_of
from partners.domain.judging.assessment import (
    Assessment,
    Finding,
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
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.findings import from_json
from partners.store.tables.program_tables import PartnerRow


@dataclass(frozen=True)
class CaseFile:
    """One case with everything a decision about it needs, read in one transaction."""

    session: Session
    case: CaseRow
    partner: PartnerRow
    policy: Policy
    calendar: ProgramCalendar
    now: datetime  # program time
    known: Coverage | None = None  # of the partner, where it was read together with others'
    others: Together | None = None  # with whom the rest is read

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
        return cls(session, case, partner, policy, calendar_of(policy), now)

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.now)

    @cached_property
    def coverage(self) -> Coverage:
        """The days of which everything is known about the partner."""
        return self.known or facts.coverage_of(self.session, self.case.partner_id)

    @property
    def program_coverage(self) -> Coverage:
        """The days that the feed covers, whatever was rejected of the partner's rows."""
        return facts.coverage(self.session)

    @property
    def tier(self) -> Tier:
        tier = self.policy.tier(self.case.tier)
        assert tier is not None, f"policy {self.case.policy_version} has lost {self.case.tier}"
        return tier

    @property
    def warned(self) -> list[Criterion]:
        """The criteria that the warning names; only they decide (rule 5)."""
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

    @property
    def needs_feed(self) -> bool:
        """Whether any warned criterion is measured on orders."""
        return self.policy.needs_feed(self.warned)

    def newest_day(self) -> date | None:
        """The newest day before today of which everything is known; None for an empty feed."""
        return self._newest_until(self.today - timedelta(days=1))

    def cure_day(self) -> date | None:
        """The newest covered day that counts for a cure: the deadline is the last (rule 8)."""
        newest, deadline = self.newest_day(), self.case.deadline
        if newest is None or deadline is None or newest <= deadline:
            return newest
        return self._newest_until(deadline)

    def _newest_until(self, day: date) -> date | None:
        return self.coverage.newest_day_until(day) if self.needs_feed else day

    def assess_cure(self, as_of: date, page: TrailingPage | None = None) -> Assessment:
        """Hold the warned criteria against the days that end with `as_of` (rule 4).

        `page`: reads them for several partners at once.
        """
        warned_on = self.calendar.day_of(self.case.warned_at or self.case.opened_at)
        partner_id = self.case.partner_id
        if page is None and self.others is not None:
            version, zone = self.case.policy_version, self.calendar.zone
            page = self.others.trailing(version, self.policy, zone)
        if page is not None:
            trailing = page.facts_of(partner_id, warned_on)
        else:
            trailing = facts.trailing_facts(
                self.session, partner_id, self.policy, self.calendar.zone, warned_on
            )
        return assess_cure(self.policy, self.warned, trailing, as_of)

    def assess_opening(self) -> Assessment:
        """Judge the warned criteria again on the months that opened the case, with what is known
        now (rule 19)."""
        last = Month.from_number(self.case.month)
        partner_id, since = self.case.partner_id, self.case.since
        if self.others is not None:
            found = self.others.monthly(self.case.policy_version, self.policy, last)
            monthly = replace(found[partner_id], since=since)
        else:
            monthly = facts.monthly_facts(
                self.session, [partner_id], self.policy, last, {partner_id: since}
            )[partner_id]
        return assess_months(self.policy, self.warned, monthly, last, last.last_day)

    def overridden(self) -> set[str]:
        """What people have said about the partner that holds today."""
        partner_id = self.case.partner_id
        if self.others is not None:
            return self.others.held(partner_id, self.today)
        return overrides.kinds_in_force(self.session, partner_id, self.today)

    def was_below(self) -> bool:
        """Rule 19: whether the partner was below as of the warning, after all corrections."""
        return self.assess_opening().verdict is Verdict.BELOW
