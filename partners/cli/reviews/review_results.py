"""`partners reviews REVIEW`: everybody whom a review judged, with the figures it judged on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Table

from partners.cli import common
from partners.cli.progress import counted, progress
from partners.domain.judging.assessment import Verdict
from partners.mail.words import wording
from partners.use_cases.acting import Viewer
from partners.use_cases.reviews import review_results
from partners.use_cases.reviews.review_results import Judged, Results

SHOWN_MOST = 200
"""Partners in the table; `--csv` has no limit."""

CSV_COLUMNS = (
    "review_id",
    "partner_id",
    "tier",
    "verdict",
    "action",
    "metric",
    "actual",
    "required",
    "bound",
    "window_months",
    "sample",
    "min_sample",
    "finding",
)


def show(by: Viewer, review_id: str, verdict: Verdict | None, as_csv: bool) -> None:
    """Print one review."""
    if not as_csv:
        _print(review_results.results(by, review_id, verdict, SHOWN_MOST + 1))
        return
    found = review_results.every_result(by, review_id, verdict)
    with progress("reading partners") as step:
        common.out.write_csv(CSV_COLUMNS, _csv_rows(counted(found, step)))


def _print(results: Results) -> None:
    review, found = results.review, results.judged
    title = f"{review.kind} review {review.period}: {review.status}, as of {review.as_of}"
    if not found:
        common.out.print(f"{title}; nobody to show. {review.detail or ''}")
        return
    table = Table("partner", "name", "tier", "verdict", "action", "on", title=title)
    for one in found[:SHOWN_MOST]:
        words = wording.summary(one.findings, results.policy)
        table.add_row(one.partner_id, one.name, one.tier, one.verdict, one.action, words)
    common.out.print(table)
    if len(found) > SHOWN_MOST:
        more = f"partners reviews {review.review_id} --csv"
        common.out.print(f"These are the first {SHOWN_MOST}; all of them: {more}")


def _csv_rows(found: Iterable[Judged]) -> Iterator[tuple[object, ...]]:
    """One line for each criterion of each partner."""
    for one in found:
        about = (one.review_id, one.partner_id, one.tier, one.verdict, one.action)
        for f in one.findings:
            bound = "at_least" if f.at_least else "at_most"
            figures = (f.metric, f.actual, f.required, bound, f.window_months)
            yield (*about, *figures, f.sample, f.min_sample, f.verdict.value)
