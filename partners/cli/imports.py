"""`partners import`: partners, orders, metrics and referrals from CSV files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from partners.cli.common import (
    database,
    err,
    out,
    program_now,
    real_day,
    user_name,
    warn,
)
from partners.cli.progress import Step, progress
from partners.domain.number_words import number_of
from partners.loading import on_use
from partners.mail.words.catalogues import languages
from partners.store.engine.database import Database
from partners.store.imports import (
    ImportOptions,
    ImportResult,
    import_metrics,
    import_orders,
    import_partners,
    import_referrals,
)
from partners.store.imports import recount as recount_months
from partners.store.policy import policies
from partners.store.referrals.referral_leads import Change

with on_use():
    from partners.cli import referral_signals, signals

File = Annotated[
    Path,
    typer.Argument(
        dir_okay=False,
        metavar="FILE.csv",
        help="UTF-8, comma-separated, its first line naming the columns. Rows that cannot be kept "
        "go to FILE.rejected.csv with line and reason.",
    ),
]
AllOrNothing = Annotated[
    bool,
    typer.Option("--all-or-nothing", help="Keep no row if one of them cannot be kept."),
]
MovesAllowed = Annotated[
    bool,
    typer.Option(
        "--moves-allowed",
        help="A row may move a known order to another partner; without it such rows are rejected, "
        "for two shops may number their orders alike.",
    ),
]
Importer = Callable[[Database, Path, ImportOptions], ImportResult]


def partners(file: File, all_or_nothing: AllOrNothing = False) -> None:
    """Import partners: partner_id, name, email, tier, kind, joined_on, and if wanted time_zone,
    language, fallback_email.

    The tier (blank: not enrolled) applies to new partners only.
    """
    _run(
        partial(import_partners, languages=languages()),
        "partners",
        file,
        all_or_nothing,
        after=lambda: referral_signals.look_at_new_referrers(),
    )


def orders(
    file: File,
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            callback=real_day,
            help="The file is complete from this day on. Default: its oldest new order's day.",
        ),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option(
            "--through",
            formats=["%Y-%m-%d"],
            callback=real_day,
            help="The file is complete through this day. Default: the day before its newest new "
            "order's, for that day may go on.",
        ),
    ] = None,
    all_or_nothing: AllOrNothing = False,
    moves_allowed: MovesAllowed = False,
) -> None:
    """Import orders: order_id, partner_id, placed_at, status, and if wanted value, rating,
    address_ok, response_hours, customer_id, known_at, outcome_at, excluded_reason, service, cost.

    A changed row for a known order is a correction; both versions are kept.
    """
    _run(
        import_orders,
        "orders",
        file,
        all_or_nothing,
        first,
        last,
        moves_allowed=moves_allowed,
    )


def metrics(file: File, all_or_nothing: AllOrNothing = False) -> None:
    """Import monthly values of the policy's own metrics: partner_id, month (YYYY-MM), metric,
    value, sample (blank: 1)."""
    _run(import_metrics, "values", file, all_or_nothing)


def referrals(file: File, all_or_nothing: AllOrNothing = False) -> None:
    """Import referrals: referral_id, partner_id, lead_ref, submitted_at, status, and if wanted
    amount, closed_at, known_at, currency, reason.

    Rows may come in any order, and again: `known_at` says which is newer.
    """
    changes: list[Change] = []

    def importer(opened: Database, path: Path, options: ImportOptions) -> ImportResult:
        result, changed = import_referrals(opened, path, options)
        changes.extend(changed)
        return result

    _run(
        importer,
        "referrals",
        file,
        all_or_nothing,
        after=lambda: referral_signals.tell_referrals(changes),
    )


def recount() -> None:
    """Count the months and totals of all orders anew, in the policy's time zone.

    Needed only after program.time_zone changed; safe to repeat.
    """
    with database() as opened:
        with opened.read() as session:
            _, policy = policies.required(session, program_now(opened))
        with progress("counting all orders anew"):
            months = recount_months(opened, policy.program.zone)
        signals.tell_cases(opened)
    counted = number_of(months, "partner-month")
    out.print(f"{counted} counted in {policy.program.time_zone}")


def _run(
    importer: Importer,
    things: str,
    file: Path,
    all_or_nothing: bool,
    first: datetime | None = None,
    last: datetime | None = None,
    moves_allowed: bool = False,
    after: Callable[[], None] = lambda: None,
) -> None:
    """Import, say what became of the rows; exit status 1 if some were rejected."""
    with database() as opened:
        with opened.read() as session:
            _, policy = policies.required(session, program_now(opened))
        with _progress(file) as advance:
            options = ImportOptions(
                policy=policy,
                now=program_now(opened),
                first=first.date() if first else None,
                last=last.date() if last else None,
                all_or_nothing=all_or_nothing,
                moves_allowed=moves_allowed,
                by=user_name(),
                progress=advance,
            )
            result = _or_nothing(importer, opened, file, options)
        if result.kept:
            signals.tell_cases(opened)
    for line in summary(result, things):
        out.print(line, soft_wrap=True)
    for note in result.notes:
        warn(note)
    if result.kept:
        after()
    if result.rejected:
        raise typer.Exit(1)


def _or_nothing(
    importer: Importer, opened: Database, file: Path, options: ImportOptions
) -> ImportResult:
    """An import that is ended by Ctrl-C keeps nothing, and says so."""
    try:
        return importer(opened, file, options)
    except KeyboardInterrupt:
        err.print("interrupted: nothing of the file was kept")
        raise typer.Exit(130) from None


def summary(result: ImportResult, things: str) -> list[str]:
    """What became of the file, in a few lines."""
    lines = [f"{number_of(result.rows, things.removesuffix('s'))} read"]
    if not result.kept:
        lines.append("nothing was kept, for --all-or-nothing was given")
    else:
        late = f", {result.late:,} late (kept as earlier versions)" if result.late else ""
        lines.append(
            f"{result.new:,} new, {result.corrected:,} changed, "
            f"{result.unchanged:,} unchanged{late}"
        )
    if result.touched_months:
        lines.append(
            f"{number_of(result.touched_months, 'partner-month')} of "
            f"{number_of(result.touched_partners, 'partner')} counted anew"
        )
    for first, last in result.coverage_added.ranges:
        lines.append(f"the feed covers {first} to {last}")
    if result.cases_to_tell:
        lines.append(f"{number_of(result.cases_to_tell, 'open case')} concerned")
    if result.rejected:
        lines.append(f"{result.rejected:,} rejected: see {result.rejected_path}")
    lines += result.unknown
    if result.unknown:
        lines.append(
            "nobody is judged on such days until the rows are mended and imported, or a file that "
            "has all of them with --from and --through"
        )
    return lines


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr; a line now and then where that is no terminal."""
    if not err.is_terminal:
        with progress(f"reading {file.name}, bytes") as step:
            yield _in_steps(step)
        return
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bar:
        task = bar.add_task(file.name, total=None)

        def advance(done: int, total: int) -> None:
            name = f"{file.name}: counting" if done == total else file.name
            bar.update(task, description=name, completed=done, total=total)

        yield advance


def _in_steps(step: Step) -> Callable[[int, int], None]:
    """Steps from how far a file is read in all."""
    so_far = 0

    def advance(done: int, total: int) -> None:
        nonlocal so_far
        step(done - so_far)
        so_far = done

    return advance
