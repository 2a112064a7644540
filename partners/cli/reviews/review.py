"""`partners review`: judge everybody for a period now, or see how that went."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.orm import Session
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from partners.calendars import calendar_of
from partners.cli import common, signals
from partners.cli.paging import Limit
from partners.cli.progress import progress
from partners.cli.reviews import review_results
from partners.cli.reviews.dry_run import dry_run as print_dry_run
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
from partners.domain.reviews.view import Progress
from partners.errors import UserError
from partners.store.engine.database import Database
from partners.store.policy import policies
from partners.store.reviews import reviews
from partners.store.tables.review_tables import ReviewRow
from workflows.kit.options import TASK_QUEUE, review_workflow_id
from workflows.review import ProgramReview, ReviewInput, ReviewResult

LOOK_SECONDS = 10.0
"""How long it may take until a worker has begun."""

ReviewHandle = WorkflowHandle[ProgramReview, ReviewResult]


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
            print_dry_run(database, wanted, mails, limit)
            return
        known = _known(database, wanted.review_id)
        if known is not None and known.status == ReviewStatus.DONE:
            common.out.print(f"{wanted.review_id} was reviewed already.")
            print_result(known)
            return
        claimed_by = known.claimed_by if known is not None else None
        shown = signals.with_temporal(lambda client: _run(client, wanted, claimed_by, wait))
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


async def _run(client: Client, period: Period, claimed_by: str | None, wait: bool) -> str:
    """Start the review, or join the one that runs; says how far it came."""
    handle = await _joined(client, claimed_by) or await _started(client, period)
    if not wait:
        return f"{period.review_id} runs as the workflow {handle.id}"
    shown, other = await _followed(handle)
    if other is not None:  # another run was faster to claim the period
        shown, _ = await _followed(client.get_workflow_handle_for(ProgramReview.run, other))
    return shown


async def _followed(handle: ReviewHandle) -> tuple[str, str | None]:
    """How far a run came; and the workflow that has the period, if that is another's."""
    result = asyncio.ensure_future(handle.result())
    try:
        shown = await _watch(handle, result)
    except WorkflowFailureError as error:
        cause = getattr(error.cause, "cause", None) or error.cause
        raise UserError(str(cause)) from error
    finally:
        result.cancel()
    if not result.done() or result.cancelled():
        return shown, None
    ended = result.result()
    is_left = ended.status in (ReviewStatus.RUNNING, ReviewStatus.WAITING)
    return shown, ended.claimed_by if is_left and ended.claimed_by != handle.id else None


async def _joined(client: Client, claimed_by: str | None) -> ReviewHandle | None:
    """The run that has the period, if it still runs."""
    from partners.temporal.running import RunningCases

    if claimed_by is None or not await RunningCases(client).is_running(claimed_by):
        return None
    return client.get_workflow_handle_for(ProgramReview.run, claimed_by)


async def _started(client: Client, period: Period) -> ReviewHandle:
    return await client.start_workflow(
        ProgramReview.run,
        ReviewInput(period.kind, period.name),
        id=review_workflow_id(period.review_id),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"{period.kind.capitalize()} review {period.name}",
        static_details="Judge everybody, start cases. See the current details.",
    )


async def _watch(handle: ReviewHandle, result: asyncio.Future[ReviewResult]) -> str:
    """Print each step on stderr until the review is done, or waits for a person."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + LOOK_SECONDS
    shown = ""
    while not result.done():
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                progress: Progress = await handle.query(ProgramReview.show_progress)
        except TimeoutError:
            progress = Progress()
        if progress.review_id:
            give_up = loop.time() + 3600
            if progress.step != shown:
                shown = progress.step
                common.err.print(f"{progress.review_id}: {shown}")
            if shown.startswith("waiting"):
                return (
                    f"{progress.review_id} is {shown}\n"
                    f"see: partners guard list; then: partners guard approve {progress.review_id}"
                )
        elif loop.time() > give_up:
            raise UserError(
                f"the workflow {handle.id} was started, but no worker has taken it within "
                f"{LOOK_SECONDS:.0f} seconds; is one running? (python worker.py)"
            )
        await asyncio.wait([result], timeout=0.3)
    ended = await result
    return f"{ended.review_id}: {ended.status}" + (f", {ended.detail}" if ended.detail else "")


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


def corrections() -> None:
    """List closed cases that would have ended otherwise on what is known now (rule 19)."""
    from activities.judging.corrections import closed_differently

    with common.database() as database, progress("judging closed cases") as step:
        found = closed_differently(database, common.program_now(database), step)
    table = Table("case", "tier", "closed", "outcome", "on what is known now")
    for case, why in found:
        closed = f"{case.closed_at:%Y-%m-%d}" if case.closed_at else "–"
        table.add_row(case.case_id, case.tier, closed, case.outcome or CaseStatus.CLOSED, why)
    common.out.print(table if table.row_count else "No closed case would have ended otherwise.")
