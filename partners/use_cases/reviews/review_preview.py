"""What a review would do now. Needs no Temporal, writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from activities.reviews.dry_run import DryRun, Planned
from partners.calendars import calendar_of
from partners.domain.judging.assessment import Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy, TierKind
from partners.domain.reviews.review import (
    Period,
    PeriodError,
    ReviewKind,
    ReviewStatus,
    Would,
    is_stale,
    parse_period,
    period_on,
)
from partners.mail.render import Renderer
from partners.store.judging import facts
from partners.store.judging.judging import ALL_KINDS
from partners.store.mail import outbox
from partners.store.policy import policies
from partners.store.tables.review_tables import ReviewRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied
from partners.use_cases.mail.switches import Stopped
from partners.use_cases.reviews.review_refusals import UnfitPeriod

AUDITED = frozenset({TierKind.PREFERRED, TierKind.STRATEGIC})


@dataclass
class Preview:
    """What it would do, and what would keep it from doing so."""

    version: int
    was_reviewed: bool
    stopped: list[Stopped]
    stale_since: str | None  # the newest day of a feed too old to judge by, or `none`
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)  # while the plan is read
    why_held: str = ""  # by the guard, until a person approves; while the plan is read
    plan: Iterator[Planned] = field(default_factory=lambda: iter(()))


@contextmanager
def preview_review(by: Viewer, period: Period, renderer: Renderer | None) -> Iterator[Preview]:
    """Who would be warned, promoted, removed; in this block. `renderer`: None: without mails."""
    now = by.now()
    with by.database.read() as session:
        version, policy = policies.required(session, now)
        known = session.get(ReviewRow, period.review_id)
        preview = Preview(
            version,
            known is not None and known.status == ReviewStatus.DONE,
            _stopped(session, period),
            _stale_since(session, policy, calendar_of(policy).day_of(now)),
        )
        kinds = AUDITED if period.kind is ReviewKind.QUARTERLY else ALL_KINDS
        with by.program.progress("looking through partners and cases", None) as step:
            run = DryRun(session, renderer, policy, period.month, now, kinds, step)
            preview.verdicts = run.verdicts
            preview.plan = _plan(run, period.kind, preview)
            yield preview


def _plan(run: DryRun, kind: ReviewKind, preview: Preview) -> Iterator[Planned]:
    """Everything in order. An audit only judges; a stale feed judges nobody (rule 3)."""
    audits, fresh, warned = kind is ReviewKind.QUARTERLY, preview.stale_since is None, []
    for one in run.warnings() if fresh else ():
        if one.action is Would.WARN:
            warned.append(one.partner_id)
        if not audits or one.action is Would.SET_ASIDE:
            yield one
    if audits:
        return
    preview.why_held = run.guard_would_hold(warned) or ""
    if fresh and kind is ReviewKind.MONTHLY:
        yield from run.promotions()
    yield from run.decisions()


def _stale_since(session: Session, policy: Policy, day: date) -> str | None:
    criteria = [c for tier in policy.tiers for c in tier.keep_standards.values()]
    coverage = facts.coverage(session)
    if not policy.needs_feed(criteria):
        return None
    if not is_stale(coverage.age_days(day), policy.feed.max_age_days):
        return None
    return str(coverage.newest_day_until(day) or "none")


def _stopped(session: Session, period: Period) -> list[Stopped]:
    switches = (
        outbox.review_stopped(session, period.kind),
        outbox.stopped(session, NoticeKind.WARNING),
    )
    return [copied(Stopped, switch) for switch in switches if switch is not None]


def period_of(by: Viewer, kind: ReviewKind, text: str | None) -> Period:
    """The period that is meant; None: the newest. Raises UnfitPeriod."""
    now = by.now()
    with by.database.read() as session:
        _, policy = policies.required(session, now)
    today, settling = calendar_of(policy).day_of(now), policy.feed.settling_days
    try:
        if text:
            return parse_period(kind, text, today, settling)
        return period_on(kind, today, settling)
    except PeriodError as error:
        raise UnfitPeriod(str(error)) from error
