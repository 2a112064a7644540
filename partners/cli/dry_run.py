"""`partners review --dry-run`: what a review would do now. Needs no Temporal, writes nothing."""

from __future__ import annotations

from datetime import date

from rich.table import Table
from sqlalchemy.orm import Session

from activities.dry_run import DryRun, Planned
from partners.calendars import calendar_of
from partners.cli import common
from partners.domain.notices import NoticeKind
from partners.domain.policy import Policy, TierKind
from partners.domain.review import Period, ReviewKind, ReviewStatus, is_stale
from partners.mail.render import Renderer
from partners.settings import load_settings
from partners.store import facts, outbox
from partners.store.database import Database
from partners.store.judging import ALL_KINDS
from partners.store.review_tables import ReviewRow

AUDITED = frozenset({TierKind.PREFERRED, TierKind.STRATEGIC})


def dry_run(database: Database, period: Period, mails: bool) -> None:
    """Print who would be warned, promoted, removed, with the subjects or texts of the mails."""
    now = common.program_now(database)
    with database.read() as session:
        version, policy = common.policy_in_force(session, now)
        today = calendar_of(policy).day_of(now)
        common.out.print(
            f"Dry run of {period.review_id}, on months until {period.month}, by policy version "
            f"{version}. Nothing is written and nobody is told.",
            markup=False,
        )
        _warn_of_switches(session, period)
        kinds = AUDITED if period.kind is ReviewKind.QUARTERLY else ALL_KINDS
        renderer = Renderer(load_settings().templates)
        run = DryRun(session, renderer, version, policy, period.month, now, kinds)
        fresh = not _is_stale(session, policy, today)
        _print(_plan(run, period.kind, fresh), mails)
    if fresh:
        verdicts = ", ".join(f"{number} {verdict}" for verdict, number in run.verdicts.items())
        common.out.print(f"Judged: {verdicts}.")


def _plan(run: DryRun, kind: ReviewKind, fresh: bool) -> list[Planned]:
    """Everything in order. An audit only judges; a stale feed judges nobody (rule 3)."""
    warnings = list(run.warnings()) if fresh else []
    if kind is ReviewKind.QUARTERLY:
        return []
    warned = [one.partner_id for one in warnings if one.action == "warn"]
    if why := run.guard_would_hold(warned):
        common.warn(f"the guard would hold this until a person approves: {why}")
    promoted = list(run.promotions()) if fresh and kind is ReviewKind.MONTHLY else []
    return [*warnings, *promoted, *run.decisions()]


def _is_stale(session: Session, policy: Policy, day: date) -> bool:
    """Whether the feed is too old for a review; says so."""
    criteria = [c for tier in policy.tiers for c in tier.keep_standards.values()]
    coverage = facts.coverage(session)
    if not policy.needs_feed(criteria):
        return False
    if not is_stale(coverage.age_days(day), policy.feed.max_age_days):
        return False
    newest = coverage.newest_day_until(day) or "none"
    common.warn(f"the order feed is stale (last covered day: {newest}): nobody would be judged")
    return True


def _warn_of_switches(session: Session, period: Period) -> None:
    """What would keep the review from doing this."""
    known = session.get(ReviewRow, period.review_id)
    if known is not None and known.status == ReviewStatus.DONE:
        common.warn(f"{period.review_id} was reviewed already: it would only print its result")
    for switch in (
        outbox.review_stopped(session, period.kind),
        outbox.stopped(session, NoticeKind.WARNING),
    ):
        if switch is not None:
            common.warn(f"{switch.name} is stopped by {switch.who}: {switch.reason}")


def _print(plan: list[Planned], mails: bool) -> None:
    table = Table("would", "partner", "tier", "why", "mail")
    for one in plan:
        subject = one.mail.subject if one.mail else "–"
        cells = (one.action, one.partner_id, one.tier, one.why, subject)
        table.add_row(*cells)
    common.out.print(table if plan else "Nothing would be done about anybody.")
    for one in plan:
        if mails and one.mail is not None:
            common.out.print(f"\n=== {one.action} {one.partner_id}", markup=False)
            common.out.print(f"Subject: {one.mail.subject}\n\n{one.mail.text}", markup=False)
