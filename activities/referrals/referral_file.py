"""Everything about one partner's referrals, gathered within one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from activities.refusing import known_partner, policy_in_force
from partners.calendars import calendar_of
from partners.domain.policy.policy import Policy
from partners.domain.policy.referral_policy import ReferralSection
from partners.domain.referrals.qualification import QualifierFacts, Stage, stage
from partners.domain.referrals.referral_window import Progress
from partners.domain.time.calendar import ProgramCalendar
from partners.store.referrals import qualifications, referral_money
from partners.store.referrals.qualifications import Success
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import QualificationRow


@dataclass
class ReferralFile:
    """Everything about one partner's referrals, within one transaction."""

    session: Session
    partner: PartnerRow
    version: int
    policy: Policy
    section: ReferralSection
    calendar: ProgramCalendar
    now: datetime
    row: QualificationRow
    facts: QualifierFacts
    found: list[Success]
    progress: Progress

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.now)

    @property
    def partner_id(self) -> str:
        return self.partner.partner_id

    @property
    def refers(self) -> bool:
        """Whether there are terms of referring; without any, there is only what was earned."""
        return self.policy.referral is not None

    @property
    def stage(self) -> Stage:
        return stage(self.facts, self.section) if self.refers else Stage.NOT_ON_IT

    @classmethod
    def of(cls, session: Session, partner_id: str, now: datetime) -> ReferralFile | None:
        """The partner's file; None where the policy has no terms of referring, and no incentive
        has paid the partner anything of which there is a statement."""
        partner = known_partner(session, partner_id)
        version, policy = policy_in_force(session, now)
        if policy.referral is None and not referral_money.has_incentives(session, partner_id):
            return None
        calendar = calendar_of(policy)
        row = qualifications.qualification(session, partner_id, now)
        today, section = calendar.day_of(now), policy.referral or ReferralSection()
        facts = qualifications.facts(session, partner, row, calendar, today)
        found = qualifications.successes(session, partner_id, section, partner.joined_on)
        progress = qualifications.progress_of(found, section, facts, today)
        return cls(
            session, partner, version, policy, section, calendar, now, row, facts, found, progress
        )

    def look_again(self) -> None:
        """Take in what this transaction has changed."""
        self.facts = qualifications.facts(
            self.session, self.partner, self.row, self.calendar, self.today
        )
