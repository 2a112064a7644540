"""Partners held against the standards of their tier, now or as of a day. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.judging.assessment import Assessment
from partners.domain.judging.coverage import Coverage
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.errors import Refusal
from partners.store.judging import facts, window_sums
from partners.store.judging.aside import in_halves
from partners.store.judging.judging import Judge
from partners.store.judging.window_sums import Enrolled
from partners.store.people.near_partners import did_you_mean, near_partners
from partners.store.policy import policies
from partners.use_cases.acting import Step, Viewer
from partners.use_cases.refusals import DayAhead


@dataclass(eq=False)
class UnknownPartners(Refusal):
    """Of the partners who are named, these do not exist."""

    partner_ids: tuple[str, ...]
    near: tuple[str, ...] = ()  # ids that read like one of them

    def __str__(self) -> str:
        return f"unknown partner {', '.join(self.partner_ids)}{did_you_mean(self.near)}"


@dataclass(frozen=True)
class Held:
    """One partner's assessment; None, with the reason, for a partner who cannot be judged."""

    partner_id: str
    tier: str | None
    assessment: Assessment | None
    reason: str = ""


@dataclass(frozen=True)
class Basis:
    """What assessments rest on."""

    policy: Policy
    version: int
    last: Month
    day: date
    coverage: Coverage


@dataclass(frozen=True)
class Assessments:
    """By partner's id, judged a page at a time while they are asked for."""

    basis: Basis
    partners: Iterator[Held]


@contextmanager
def assess(
    by: Viewer, named: Collection[str] = (), as_of: date | None = None
) -> Iterator[Assessments]:
    """The partners who are named, or all in a tier, on the newest settled month: all as of one
    moment, which lasts as long as the block."""
    with by.database.snapshot() as session:
        now = by.now()
        version, policy = policies.required(session, now)
        calendar = calendar_of(policy)
        today = calendar.day_of(now)
        if (day := as_of or today) > today:
            raise DayAhead("assessment", day, today)
        last = calendar.newest_settled_month(day, policy.feed.settling_days)
        basis = Basis(policy, version, last, day, facts.coverage(session))
        judge = Judge.of(session, policy, last, day)
        found = window_sums.named_partners(session, named) if named else []
        unknown = set(named) - {partner.partner_id for partner in found}
        total = len(found) or window_sums.count_enrolled(session)
        with by.program.progress("judging partners", total) as step:
            yield Assessments(basis, _judged(session, judge, found, sorted(unknown), step))


def _judged(
    session: Session, judge: Judge, named: list[Enrolled], unknown: Sequence[str], step: Step
) -> Iterator[Held]:
    if unknown:
        near = (alike for wanted in unknown for alike in near_partners(session, wanted))
        raise UnknownPartners(tuple(unknown), tuple(dict.fromkeys(near)))
    pages = ([one] for one in named) if named else window_sums.all_pages(session)
    keys = {tier.key for tier in judge.policy.tiers}
    for page in pages:
        in_tiers = [one for one in page if one.tier in keys]
        done, aside = in_halves(in_tiers, lambda some: judge.assessments(session, some))
        known = {who: assessment for some in done for who, assessment in some.items()}
        why = {who: f"cannot be judged: {reason}" for who, reason in aside}
        for one in page:
            assessment = known.get(one.partner_id)
            reason = "" if assessment else why.get(one.partner_id) or _why_not(one)
            yield Held(one.partner_id, one.tier, assessment, reason)
            step()


def _why_not(one: Enrolled) -> str:
    return f"the policy has no tier {one.tier!r}" if one.tier else "not enrolled in a tier"
