"""`partners reviews REVIEW`: everybody whom a review judged, with the figures it judged on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.table import Table
from sqlalchemy.orm import Session

from partners.cli import common
from partners.cli.progress import counted, progress
from partners.domain.judging.assessment import Verdict
from partners.domain.policy.policy import Policy
from partners.errors import UserError
from partners.mail.words import wording
from partners.store.policy import policies
from partners.store.reviews import reviews
from partners.store.tables.findings import from_json
from partners.store.tables.review_tables import ReviewAssessmentRow, ReviewRow

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


def show(session: Session, review_id: str, verdict: Verdict | None, as_csv: bool) -> None:
    """Print one review. Raises UserError for one that does not exist."""
    row = session.get(ReviewRow, review_id)
    if row is None:
        raise UserError(f"there is no review {review_id!r}; see: partners reviews")
    if as_csv:
        with progress("reading partners") as step:
            _write_csv(counted(reviews.assessments(session, review_id, verdict), step))
        return
    policy = policies.load(session, row.policy_version)
    found = list(reviews.assessments(session, review_id, verdict, SHOWN_MOST + 1))
    _print(row, policy, found)


def _print(row: ReviewRow, policy: Policy, found: list[ReviewAssessmentRow]) -> None:
    title = f"{row.kind} review {row.period}: {row.status}, as of {row.as_of}"
    if not found:
        common.out.print(f"{title}; nobody to show. {row.detail or ''}")
        return
    table = Table("partner", "tier", "verdict", "action", "on", title=title)
    for one in found[:SHOWN_MOST]:
        words = wording.summary(from_json(one.findings), policy)
        table.add_row(one.partner_id, one.tier, one.verdict, one.action, words)
    common.out.print(table)
    if len(found) > SHOWN_MOST:
        more = f"partners reviews {row.review_id} --csv"
        common.out.print(f"These are the first {SHOWN_MOST}; all of them: {more}")


def _write_csv(found: Iterable[ReviewAssessmentRow]) -> None:
    """One line for each criterion of each partner, to the standard output."""
    common.out.write_csv(CSV_COLUMNS, _csv_rows(found))


def _csv_rows(found: Iterable[ReviewAssessmentRow]) -> Iterator[tuple[object, ...]]:
    for one in found:
        about = (one.review_id, one.partner_id, one.tier, one.verdict, one.action)
        for f in from_json(one.findings):
            bound = "at_least" if f.at_least else "at_most"
            figures = (f.metric, f.actual, f.required, bound, f.window_months)
            yield (*about, *figures, f.sample, f.min_sample, f.verdict.value)
