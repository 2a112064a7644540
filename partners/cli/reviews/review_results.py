"""`partners reviews REVIEW`: everybody whom a review judged, with the figures it judged on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from rich.table import Table

from partners.cli import common
from partners.cli.progress import counted, progress
from partners.domain.judging.assessment import Verdict
from partners.mail.words import wording
from partners.store.tables import findings
from partners.use_cases.acting import Viewer
from partners.use_cases.reviews import review_results
from partners.use_cases.reviews.review_results import Judged, Results

SHOWN_MOST = 200
"""Partners in the table, unless `--limit` says otherwise."""

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


def show(
    by: Viewer,
    review_id: str,
    verdict: Verdict | None,
    *,
    as_csv: bool,
    as_json: bool,
    limit: int | None,
) -> None:
    """Print one review."""
    if not as_csv and not as_json:
        most = limit or SHOWN_MOST
        _print(review_results.results(by, review_id, verdict, most + 1), most)
        return
    found = review_results.every_result(by, review_id, verdict)
    with progress("reading partners") as step:
        rows = counted(islice(found, limit), step)
        if as_json:
            common.out.write_json_array(_facts(one) for one in rows)
        else:
            common.out.write_csv(CSV_COLUMNS, _csv_rows(rows))


def _facts(one: Judged) -> dict[str, Any]:
    return {
        "review_id": one.review_id,
        "partner_id": one.partner_id,
        "tier": one.tier,
        "verdict": one.verdict,
        "action": one.action,
        "findings": findings.to_json(one.findings),
    }


def _print(results: Results, most: int) -> None:
    review, found = results.review, results.judged
    title = f"{review.kind} review {review.period}: {review.status}, as of {review.as_of}"
    if not found:
        common.out.print(f"{title}; nobody to show. {review.detail or ''}")
        return
    table = Table("partner", "name", "tier", "verdict", "action", "on", title=title)
    for one in found[:most]:
        words = wording.summary(one.findings, results.policy)
        table.add_row(one.partner_id, one.name, one.tier, one.verdict, one.action, words)
    common.out.print(table)
    if len(found) > most:
        more = f"partners reviews {review.review_id} --csv"
        common.out.print(f"These are the first {most}; all of them: {more}")


def _csv_rows(found: Iterable[Judged]) -> Iterator[tuple[object, ...]]:
    """One line for each criterion of each partner."""
    for one in found:
        about = (one.review_id, one.partner_id, one.tier, one.verdict, one.action)
        for f in one.findings:
            bound = "at_least" if f.at_least else "at_most"
            figures = (f.metric, f.actual, f.required, bound, f.window_months)
            yield (*about, *figures, f.sample, f.min_sample, f.verdict.value)
