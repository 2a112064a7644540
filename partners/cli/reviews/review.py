"""`partners review`: judge everybody for a period now, or see how that went."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from activities.judging.corrections import closed_differently
from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.paging import Limit, print_tables
from partners.cli.progress import progress
from partners.cli.reviews import review_results
from partners.domain.cases.case import CaseStatus
from partners.domain.judging.assessment import Verdict
from partners.domain.reviews.review import (
    Period,
    PeriodError,
    ReviewKind,
    ReviewStatus,
    parse_period,
    period_on,
)
from partners.errors import UserError
from partners.loading import on_use
from partners.store.engine.database import Database
from partners.store.policy import policies
from partners.store.reviews import reviews
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.review_tables import ReviewRow

with on_use():
    from partners.cli import signals
    from partners.cli.reviews import dry_run as dry_runs
    from partners.cli.reviews import review_run


def review(
    kind: Annotated[ReviewKind, typer.Option(help="Which review.")] = ReviewKind.MONTHLY,
    period: Annotated[
        str | None,
        typer.Option(metavar="PERIOD", help="2026-10, 2026-Q3, a day. Default: the newest."),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until it is done, or held.")
    ] = True,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what it would do; write and send nothing.")
    ] = False,
    mails: Annotated[bool, typer.Option("--mails", help="With --dry-run: the texts too.")] = False,
    limit: Limit = None,
) -> None:
    """Judge everybody for a period and start what follows; a period is reviewed once.

    For a period that was reviewed already its result is printed.
    """
    with common.database() as database:
        wanted = _period(database, kind, period)
        if dry_run:
            dry_runs.dry_run(database, wanted, mails, limit)
            return
        known = _known(database, wanted.review_id)
        if known is not None and known.status == ReviewStatus.DONE:
            common.out.print(f"{wanted.review_id} was reviewed already.")
            print_result(known)
            return
        claimed_by = known.claimed_by if known is not None else None
        shown = signals.with_temporal(
            lambda client: review_run.run(client, wanted, claimed_by, wait), None
        )
        common.out.print(shown)
        after = _known(database, wanted.review_id)
    if after is None or not wait:
        return
    if after.status == ReviewStatus.REFUSED:
        raise UserError(f"{wanted.review_id} was refused: {after.detail}")
    print_result(after)


def _period(database: Database, kind: ReviewKind, text: str | None) -> Period:
    """The period that is meant. Raises UserError for one that cannot be reviewed."""
    now = common.program_now(database)
    with database.read() as session:
        _, policy = policies.required(session, now)
    today = calendar_of(policy).day_of(now)
    settling = policy.feed.settling_days
    try:
        return (
            parse_period(kind, text, today, settling) if text else period_on(kind, today, settling)
        )
    except PeriodError as error:
        raise UserError(f"--period: {error}") from error


def _known(database: Database, review_id: str) -> ReviewRow | None:
    with database.read() as session:
        return session.get(ReviewRow, review_id)


def print_result(row: ReviewRow) -> None:
    """The counts of a review as a table."""
    table = Table("", "partners", title=f"{row.kind} review {row.period}, as of {row.as_of}")
    for name, number in row.counts.items():
        table.add_row(name, f"{number:,}")
    if row.counts:
        common.out.print(table)
    if row.detail:
        common.out.print(row.detail)


def list_reviews(
    review_id: Annotated[
        str | None,
        typer.Argument(metavar="[REVIEW]", help="One review, such as quarterly/2026-Q3."),
    ] = None,
    verdict: Annotated[
        Verdict | None, typer.Option(help="Of one review: only partners so judged.")
    ] = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="Of one review: as CSV, every figure.")
    ] = False,
) -> None:
    """List the newest reviews, newest first; or everybody whom one of them judged."""
    with common.database() as database, database.read() as session:
        if review_id is not None:
            review_results.show(session, review_id, verdict, csv)
        elif csv or verdict is not None:
            raise UserError("name a review: partners reviews quarterly/2026-Q3 --csv")
        else:
            _print_list(session)


def _print_list(session: Session) -> None:
    table = Table("review", "status", "started", "judged", "below", "cases", "detail")
    for row in reviews.newest(session):
        counts = (str(row.counts.get(name, "–")) for name in ("judged", "below", "started"))
        started = f"{row.started_at:%Y-%m-%d %H:%M}"
        table.add_row(row.review_id, row.status, started, *counts, row.detail or "")
    common.out.print(table if table.row_count else "No review so far; see: partners review --help")


def corrections(limit: Limit = None) -> None:
    """List closed cases that would have ended otherwise on what is known now (rule 19)."""
    with common.database() as database, progress("judging closed cases") as step:
        print_tables(
            lambda: Table("case", "tier", "closed", "outcome", "on what is known now"),
            _add_correction,
            closed_differently(database, common.program_now(database), step),
            limit=limit,
            nothing="No closed case would have ended otherwise.",
        )


def _add_correction(table: Table, found: tuple[CaseRow, str]) -> None:
    case, why = found
    closed = f"{case.closed_at:%Y-%m-%d}" if case.closed_at else "–"
    table.add_row(case.case_id, case.tier, closed, case.outcome or CaseStatus.CLOSED, why)
