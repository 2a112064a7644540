"""`partners review`: judge everybody for a period now, or see how that went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.paging import Json, Limit, print_list, print_tables
from partners.domain.judging.assessment import Verdict
from partners.domain.reviews.review import ReviewKind, ReviewStatus
from partners.errors import UserError
from partners.loading import on_use

with on_use():
    from partners.cli.reviews import before_review
    from partners.cli.reviews import dry_run as dry_runs
    from partners.cli.reviews import review_results as printing
    from partners.use_cases.reviews import review_preview, review_results, review_run

if TYPE_CHECKING:
    from partners.use_cases.reviews.review_results import Correction, Review
    from partners.use_cases.reviews.review_run import Ran


NEWEST = 20
"""Reviews in the table, unless `--limit` says otherwise: most are watches of a day."""


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
    yes: common.Yes = False,
) -> None:
    """Judge everybody for a period and start what follows; a period is reviewed once.

    Shows whom it would warn, check in on, promote or propose, and asks. For a period that was
    reviewed already its result is printed.
    """
    if mails and not dry_run:
        raise UserError("--mails is for a dry run alone: partners review --dry-run --mails")
    with common.acting_as(common.user_name()) as by:
        wanted = review_preview.period_of(by, kind, period)
        if dry_run:
            dry_runs.dry_run(by, wanted, mails, limit)
            return
        if not yes and review_run.begins(by, wanted):
            before_review.ask(by, wanted, limit)
        ran = common.run(review_run.review(by, wanted, wait, common.err.print), None)
    common.out.print(_how_far(ran))
    if ran.review is None:
        return
    if ran.review.status == ReviewStatus.REFUSED:
        raise UserError(f"{wanted.review_id} was refused: {ran.review.detail}")
    print_result(ran.review)


def _how_far(ran: Ran) -> str:
    match ran.stand:
        case review_run.Stand.ENDED_BEFORE:
            return f"{ran.review_id} was reviewed already."
        case review_run.Stand.RUNS:
            return f"{ran.review_id} runs as the workflow {ran.workflow_id}"
        case review_run.Stand.WAITS:
            return (
                f"{ran.review_id} is {ran.words}\n"
                f"see: partners guard list; then: partners guard approve {ran.review_id} --reason …"
            )
    return f"{ran.review_id}: {ran.words}"


def print_result(row: Review) -> None:
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
    as_json: Json = False,
    limit: Limit = None,
) -> None:
    """List the newest reviews, newest first; or everybody whom one of them judged."""
    if csv and as_json:
        raise UserError("choose one of --csv and --json")
    with common.asking() as by:
        if review_id is not None:
            printing.show(by, review_id, verdict, as_csv=csv, as_json=as_json, limit=limit)
        elif csv or verdict is not None:
            raise UserError("name a review: partners reviews quarterly/2026-Q3 --csv")
        else:
            print_list(
                "reviews",
                review_results.newest(by),
                lambda: Table("review", "status", "started", "judged", "below", "cases", "detail"),
                _add_review,
                _review_facts,
                as_json=as_json,
                limit=limit or (None if as_json else NEWEST),
                nothing="No review so far; see: partners review --help",
            )


def _add_review(table: Table, row: Review) -> None:
    counts = (str(row.counts.get(name, "–")) for name in ("judged", "below", "started"))
    started = f"{row.started_at:%Y-%m-%d %H:%M}"
    table.add_row(row.review_id, row.status, started, *counts, row.detail or "")


def _review_facts(row: Review) -> dict[str, Any]:
    return {
        "review_id": row.review_id,
        "kind": row.kind,
        "period": row.period,
        "as_of": row.as_of.isoformat(),
        "status": row.status,
        "started_at": row.started_at.isoformat(),
        "counts": row.counts,
        "detail": row.detail,
    }


def corrections(limit: Limit = None) -> None:
    """List closed cases that would have ended otherwise on what is known now (rule 19)."""
    with common.asking() as by:
        print_tables(
            lambda: Table("case", "tier", "closed", "outcome", "on what is known now"),
            _add_correction,
            review_results.corrections(by),
            limit=limit,
            nothing="No closed case would have ended otherwise.",
        )


def _add_correction(table: Table, case: Correction) -> None:
    closed = f"{case.closed_at:%Y-%m-%d}" if case.closed_at else "–"
    table.add_row(case.case_id, case.tier, closed, case.outcome, case.why)
