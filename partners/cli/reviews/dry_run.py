"""`partners review --dry-run`: what a review would do now. Needs no Temporal, writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from rich.table import Table
from sqlalchemy.orm import Session

from activities.reviews.dry_run import DryRun, Planned
from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.paging import SHOWN
from partners.cli.progress import progress
from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy, TierKind
from partners.domain.reviews.review import Period, ReviewKind, ReviewStatus, Would, is_stale
from partners.mail.render import Renderer
from partners.settings import load_settings
from partners.store.engine.database import Database
from partners.store.judging import facts
from partners.store.judging.judging import ALL_KINDS
from partners.store.mail import outbox
from partners.store.policy import policies
from partners.store.tables.review_tables import ReviewRow

AUDITED = frozenset({TierKind.PREFERRED, TierKind.STRATEGIC})


def dry_run(database: Database, period: Period, mails: bool, limit: int | None) -> None:
    """Print who would be warned, promoted, removed; with the texts of the mails if asked for."""
    now = common.program_now(database)
    with database.read() as session:
        version, policy = policies.required(session, now)
        today = calendar_of(policy).day_of(now)
        common.out.print(
            f"Dry run of {period.review_id}, on months until {period.month}, by policy version "
            f"{version}. Nothing is written and nobody is told.",
        )
        _warn_of_switches(session, period)
        kinds = AUDITED if period.kind is ReviewKind.QUARTERLY else ALL_KINDS
        renderer = Renderer(load_settings().templates) if mails else None
        fresh = not _is_stale(session, policy, today)
        with progress("looking through partners and cases") as step:
            run = DryRun(session, renderer, policy, period.month, now, kinds, step)
            _print(_plan(run, period.kind, fresh), limit or SHOWN)
    if fresh:
        verdicts = ", ".join(f"{number} {verdict}" for verdict, number in run.verdicts.items())
        common.out.print(f"Judged: {verdicts}.")


def _plan(run: DryRun, kind: ReviewKind, fresh: bool) -> Iterator[Planned]:
    """Everything in order. An audit only judges; a stale feed judges nobody (rule 3)."""
    audits, warned = kind is ReviewKind.QUARTERLY, []
    for one in run.warnings() if fresh else ():
        if one.action is Would.WARN:
            warned.append(one.partner_id)
        if not audits or one.action is Would.SET_ASIDE:
            yield one
    if audits:
        return
    if why := run.guard_would_hold(warned):
        common.warn(f"the guard would hold this until a person approves: {why}")
    if fresh and kind is ReviewKind.MONTHLY:
        yield from run.promotions()
    yield from run.decisions()


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


def _print(plan: Iterator[Planned], limit: int) -> None:
    """A table of the first, with the mails below it; of the others only how many there are."""
    table = Table("would", "partner", "tier", "why", "mail")
    mails: list[Planned] = []
    counts: Counter[str] = Counter()
    for one in plan:
        counts[one.action] += 1
        if counts.total() > limit:
            continue
        subject = one.mail.subject if one.mail else one.kind.label if one.kind else "–"
        cells = (one.action, one.partner_id, one.tier, one.why, subject)
        table.add_row(*cells)
        if one.mail is not None:
            mails.append(one)
    common.out.print(table if counts else "Nothing would be done about anybody.")
    for one in mails:
        assert one.mail is not None
        common.out.print(f"\n=== {one.action} {one.partner_id}")
        common.out.print(f"Subject: {one.mail.subject}\n\n{one.mail.text}")
    if counts.total() > limit:
        whole = ", ".join(f"{action}: {number:,}" for action, number in counts.items())
        more = f"more: --limit {limit * 5}"
        common.out.print(f"These are the first {limit:,} of {counts.total():,} ({whole}); {more}")
