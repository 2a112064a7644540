"""`partners review --dry-run`: what a review would do now. Needs no Temporal, writes nothing."""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from activities.reviews.dry_run import Planned
from partners.cli import common
from partners.cli.mail.mail_text import print_mail
from partners.cli.paging import SHOWN
from partners.domain.reviews.review import Period, Would
from partners.mail.render import Renderer
from partners.settings import load_settings
from partners.use_cases.acting import Viewer
from partners.use_cases.reviews import review_preview
from partners.use_cases.reviews.review_preview import Preview


def dry_run(by: Viewer, period: Period, mails: bool, limit: int | None) -> None:
    """Print who would be warned, promoted, removed; with the texts of the mails if asked for."""
    renderer = Renderer(load_settings().templates) if mails else None
    with review_preview.preview_review(by, period, renderer) as preview:
        common.out.print(
            f"Dry run of {period.review_id}, on months until {period.month}, by policy version "
            f"{preview.version}. Nothing is written and nobody is told.",
        )
        warn_of(preview, period)
        _print(preview, limit or SHOWN)
    if preview.stale_since is None:
        verdicts = ", ".join(f"{number} {verdict}" for verdict, number in preview.verdicts.items())
        common.out.print(f"Judged: {verdicts}.")


def warn_of(preview: Preview, period: Period) -> None:
    """What would keep the review from doing this."""
    if preview.was_reviewed:
        common.warn(f"{period.review_id} was reviewed already: it would only print its result")
    for switch in preview.stopped:
        common.warn(f"{switch.name} is stopped by {switch.who}: {switch.reason}")
    if preview.stale_since is not None:
        newest = preview.stale_since
        common.warn(f"the order feed is stale (last covered day: {newest}): nobody would be judged")


def _print(preview: Preview, limit: int) -> None:
    """A table of the first, with the mails below it; of the others only how many there are."""
    table = Table("would", "partner", "tier", "why", "mail")
    mails: list[Planned] = []
    counts: Counter[str] = Counter()
    for one in preview.plan:
        counts[one.action] += 1
        if counts.total() > limit:
            continue
        subject = one.mail.subject if one.mail else one.kind.label if one.kind else "–"
        why = f"{one.why}: partners candidates" if one.action is Would.PROPOSE else one.why
        cells = (one.action, one.partner_id, one.tier, why, subject)
        table.add_row(*cells)
        if one.mail is not None:
            mails.append(one)
    if preview.why_held:
        common.warn(f"the guard would hold this until a person approves: {preview.why_held}")
    common.out.print(table if counts else "Nothing would be done about anybody.")
    for one in mails:
        assert one.mail is not None
        common.out.print(f"\n=== {one.action} {one.partner_id}")
        print_mail(one.mail, one.english)
    if counts.total() > limit:
        whole = ", ".join(f"{action}: {number:,}" for action, number in counts.items())
        more = f"more: --limit {limit * 5}"
        common.out.print(f"These are the first {limit:,} of {counts.total():,} ({whole}); {more}")
