"""What a manager reads of an accrual in the Temporal UI: how far it is, and what it came to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from partners.domain.number_words import number_of
from partners.domain.offers.incentives.incentive_runs import AccrualView, RunStatus
from workflows.kit import markdown

HEAD = ("Run", "Tier", "Partners who earned", "Earned", "Taken back", "Released")


def details(words: str, runs: Sequence[AccrualView]) -> str:
    """The current details, Markdown: a row for each run, tier and currency."""
    facts = [f"**Incentives of {runs[0].month}:** {words}"] if runs else [words]
    if waiting := next((run.waiting for run in reversed(runs) if run.waiting), 0):
        periods = number_of(waiting, "period")
        facts.append(f"**Waiting:** {periods} of partners of which the feed does not say all yet")
    if runs and runs[0].release_on:
        facts.append(f"**Held until:** {', '.join(map(str, runs[0].release_on))}")
    rows = [row for run in runs if run.status is RunStatus.DONE for row in _rows(run)]
    return markdown.joined([markdown.bullets(facts), markdown.table(HEAD, rows) if rows else ""])


def _rows(run: AccrualView) -> Iterator[str]:
    if not run.sums:
        yield markdown.row(run.run_id, "nothing was posted", "", "", "", "")
    for one in run.sums:
        amounts = (f"{each} {one.currency}" for each in (one.earned, one.taken_back, one.released))
        yield markdown.row(run.run_id, markdown.text(one.tier), f"{one.partners:,}", *amounts)
