"""Who has earned the next tier: one page of partners at a time, for reviews and dry runs."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.assessment import assess_months
from partners.domain.calendar import Month
from partners.domain.ladder import (
    LadderFacts,
    NotPromoted,
    Promotion,
    Why,
    next_tier,
    promotion,
    why_no_step,
    why_not_considered,
)
from partners.domain.policy import Policy
from partners.store.facts import monthly_facts
from partners.store.ladder_facts import ladder_facts
from partners.store.tables import PartnerRow


def judge_ladder(
    session: Session,
    policy: Policy,
    partner_ids: Sequence[str],
    month: Month,
    today: date,
    below: Container[str] = (),
) -> dict[str, Promotion | NotPromoted]:
    """Which of these partners have earned the next tier, and why the others have not.

    For any partner, enrolled or not; unknown ones are left out. Reads at most seven queries a
    page, and one where nobody can rise. `month`: the newest whole month that counts (rule 4).
    `below`: partners whom the same review found below their own tier's standards; they get a case.
    """
    row = PartnerRow
    tiers = session.execute(
        select(row.partner_id, row.tier).where(row.partner_id.in_(partner_ids))
    ).all()
    verdicts: dict[str, Promotion | NotPromoted] = {
        partner_id: no_step
        for partner_id, tier in tiers
        if (no_step := why_no_step(policy, tier)) is not None
    }
    may_rise = [partner_id for partner_id, _ in tiers if partner_id not in verdicts]
    if not may_rise:
        return verdicts
    to_measure: dict[str, LadderFacts] = {}
    for partner_id, facts in ladder_facts(session, may_rise, calendar_of(policy), today).items():
        if partner_id in below:
            verdicts[partner_id] = NotPromoted(Why.BELOW_OWN)
        elif refusal := why_not_considered(policy, facts, today):
            verdicts[partner_id] = refusal
        else:
            to_measure[partner_id] = facts
    return verdicts | _measured(session, policy, to_measure, month, today)


def _measured(
    session: Session, policy: Policy, people: dict[str, LadderFacts], month: Month, today: date
) -> dict[str, Promotion | NotPromoted]:
    """Hold the partners against the enter standards of their next tier, on whole months.

    Months before they joined do not count; those before they entered their tier do, for nothing
    is held against them here.
    """
    since: dict[str, date | None] = {i: facts.joined_on for i, facts in people.items()}
    known = monthly_facts(session, list(people), policy, month, since)
    verdicts: dict[str, Promotion | NotPromoted] = {}
    for partner_id, facts in people.items():
        tier = next_tier(policy, facts.tier)
        assert tier is not None
        assessment = assess_months(policy, tier.enter.values(), known[partner_id], month, today)
        verdicts[partner_id] = promotion(policy, facts, assessment, today)
    return verdicts
