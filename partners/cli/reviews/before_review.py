"""What a review is about to do, shown before it is run: how many, who, and a question."""

from __future__ import annotations

from collections import defaultdict

from partners.cli import common
from partners.cli.reviews.dry_run import warn_of
from partners.domain.number_words import number_of
from partners.domain.reviews.review import Period, Would
from partners.use_cases.acting import Viewer
from partners.use_cases.reviews import review_preview

DOES = (Would.WARN, Would.CHECK_IN, Would.PROMOTE, Would.PROPOSE)
"""What a review does itself; open cases are decided by their own workflows."""
NAMED = 20
"""Partners named of each, unless `--limit` says otherwise."""


def ask(by: Viewer, period: Period, limit: int | None) -> None:
    """Raises UserError unless a person agrees."""
    found: defaultdict[Would, list[str]] = defaultdict(list)
    with review_preview.preview_review(by, period, None) as preview:
        warn_of(preview, period)
        for one in preview.plan:
            if one.action in DOES:
                found[one.action].append(one.partner_id)
    about = {action: found[action] for action in DOES if found[action]}
    for action, partners in about.items():
        _show(by, action, partners, limit or NAMED)
    if preview.why_held:
        common.warn(f"the guard will hold this until a person approves: {preview.why_held}")
    if not about:
        common.out.print(f"{period.review_id} would do nothing about anybody.")
    counts = ", ".join(f"{action} {len(partners):,}" for action, partners in about.items())
    question = f"{counts[:1].upper()}{counts[1:]}?" if counts else f"Run {period.review_id}?"
    common.agreed(question, yes=False)


def _show(by: Viewer, action: Would, partners: list[str], most: int) -> None:
    """ "warn 5 partners: acme (Acme Ltd), birch (Birch) and 3 more"."""
    names = review_preview.names(by, partners[:most])
    shown = ", ".join(f"{one} ({names[one]})" for one in partners[:most])
    more = f" and {len(partners) - most:,} more" if len(partners) > most else ""
    common.out.print(f"{action} {number_of(len(partners), 'partner')}: {shown}{more}")
