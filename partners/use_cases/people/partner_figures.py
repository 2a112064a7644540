"""How a partner does: the newest figures, the services they prefer, and what they refer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.judging.assessment import Finding
from partners.domain.offers.service_mix import ServiceMix
from partners.domain.policy.policy import Policy
from partners.domain.referrals.compensation import Balance
from partners.domain.referrals.qualification import Stage, stage
from partners.domain.time.calendar import Month
from partners.store.offers.service_mix import service_mix
from partners.store.policy import policies
from partners.store.referrals import qualifications, referral_money
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import QualificationRow
from partners.use_cases.acting import Viewer
from partners.use_cases.judging.assessing import assess

MIX_MONTHS = 12
"""How many months the services that a partner prefers are counted over, with the running one."""


@dataclass(frozen=True)
class Figures:
    """The newest settled month, held against the policy in force; or why there is nothing."""

    month: str
    policy: Policy
    findings: tuple[Finding, ...]
    verdict: str
    why_none: str = ""


@dataclass(frozen=True)
class Referring:
    """How far a partner who refers is, and what they have earned, by currency."""

    stage: Stage
    count: int
    needed: int
    window_days: int
    act_by: date | None  # the last day on which the oldest purchase counts
    open: int  # referrals that may still lead to a purchase
    money: dict[str, Balance]

    @classmethod
    def of(cls, session: Session, partner: PartnerRow, now: datetime) -> Referring | None:
        """None for who has never referred, or where the policy has no terms of referring."""
        in_force = policies.in_force_at(session, now)
        row = session.get(QualificationRow, partner.partner_id)
        if row is None or in_force is None or in_force[1].referral is None:
            return None
        section, calendar = in_force[1].referral, calendar_of(in_force[1])
        today = calendar.day_of(now)
        facts = qualifications.facts(session, partner, row, calendar, today)
        bought = qualifications.successes(session, partner.partner_id, section, partner.joined_on)
        progress = qualifications.progress_of(bought, section, facts, today)
        money = referral_money.balances(session, partner.partner_id)
        return cls(
            stage(facts, section),
            progress.count,
            progress.needed,
            section.window_days,
            progress.act_by,
            qualifications.open_referrals(session, partner.partner_id),
            {currency: balance for (_, currency), balance in sorted(money.items())},
        )


def figures(by: Viewer, partner_id: str) -> Figures | None:
    """As `partners assess` has them; None before the first policy."""
    with by.database.read() as session:
        if policies.in_force_at(session, by.now()) is None:
            return None
    with assess(by, [partner_id]) as found:
        (held,) = found.partners
        month, policy = str(found.basis.last), found.basis.policy
    if held.assessment is None:
        return Figures(month, policy, (), "", held.reason)
    return Figures(month, policy, held.assessment.findings, held.assessment.verdict)


def preferred_services(session: Session, partner_id: str, now: datetime) -> ServiceMix | None:
    """Of the last months' orders; None before the first policy, and without any order in them."""
    in_force = policies.in_force_at(session, now)
    if in_force is None:
        return None
    last = Month.of(calendar_of(in_force[1]).day_of(now))
    found = service_mix(session, partner_id, last.plus(1 - MIX_MONTHS), last)
    return found if found.placed else None
