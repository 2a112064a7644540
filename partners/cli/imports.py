"""`partners import`: partners, orders, metrics, referrals and areas from CSV files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from partners.cli import common
from partners.cli.common import err, out, real_day, warn
from partners.cli.progress import Step, progress
from partners.domain.number_words import number_of
from partners.loading import on_use

with on_use():
    from partners.cli import telling
    from partners.use_cases.imports import importing

if TYPE_CHECKING:
    from partners.store.imports import ImportResult
    from partners.use_cases.acting import Admin
    from partners.use_cases.imports.importing import Imported, Wanted

    Importer = Callable[[Admin, Path, Wanted], Imported]

ADVICE = {
    "state_days": "if the file is complete through a day, say so: --from and --through",
    "look_at_orders": "look at them, and settle them: partners offer orders",
    "allow_moves": "if those orders did move to another partner: --moves-allowed",
}
"""What a person may add to the command, by the import's advice."""

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


def partners(file: File, all_or_nothing: AllOrNothing = False) -> None:
    """Import partners: partner_id, name, email, tier, kind, joined_on, and if wanted time_zone,
    language, fallback_email.

    The tier (blank: not enrolled) applies to new partners only.
    """
    _run(importing.partners, "partners", file, all_or_nothing)


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
    address_ok, response_hours, customer_id, known_at, outcome_at, excluded_reason, service, cost,
    offer_id, postal_code, list_value.

    A changed row for a known order is a correction; both versions are kept.
    """
    _run(importing.orders, "orders", file, all_or_nothing, first, last, moves_allowed)


def metrics(file: File, all_or_nothing: AllOrNothing = False) -> None:
    """Import monthly values of the policy's own metrics: partner_id, month (YYYY-MM), metric,
    value, sample (blank: 1)."""
    _run(importing.metrics, "values", file, all_or_nothing)


def referrals(file: File, all_or_nothing: AllOrNothing = False) -> None:
    """Import referrals: referral_id, partner_id, lead_ref, submitted_at, status, and if wanted
    amount, closed_at, known_at, currency, reason.

    Rows may come in any order, and again: `known_at` says which is newer.
    """
    _run(importing.referrals, "referrals", file, all_or_nothing)


def areas(file: File, all_or_nothing: AllOrNothing = False) -> None:
    """Import areas: area_code, name, postal_code; a row for each postal code.

    It adds areas and postal codes, and takes none away. A live exclusive keeps those that it was
    signed with.
    """
    _run(importing.areas, "postal codes", file, all_or_nothing)


def recount() -> None:
    """Count the months and totals of all orders anew, in the policy's time zone.

    Needed only after program.time_zone changed; safe to repeat.
    """
    with common.acting_as(common.user_name()) as by:
        recounted = telling.finished(importing.recount(by))
    telling.warn_of_cases(recounted.told)
    out.print(f"{number_of(recounted.months, 'partner-month')} counted in {recounted.time_zone}")


def _run(
    importer: Importer,
    things: str,
    file: Path,
    all_or_nothing: bool,
    first: datetime | None = None,
    last: datetime | None = None,
    moves_allowed: bool = False,
) -> None:
    """Import, say what became of the rows; exit status 1 if some were rejected."""
    with common.acting_as(common.user_name()) as by:
        with _progress(file) as advance:
            wanted = importing.Wanted(
                first.date() if first else None,
                last.date() if last else None,
                all_or_nothing,
                moves_allowed,
                advance,
            )
            imported = _or_nothing(importer, by, file, wanted)
        told = telling.finished(importing.tell(by, imported))
    telling.warn_of_cases(told.cases)
    result = imported.result
    for line in summary(result, things):
        out.print(line, soft_wrap=True)
    for note in result.notes:
        warn(note)
    for advice in sorted(result.advice):
        warn(ADVICE[advice])
    telling.warn_of_referrals(told.referrals)
    if result.rejected:
        raise typer.Exit(1)


def _or_nothing(importer: Importer, by: Admin, file: Path, wanted: Wanted) -> Imported:
    """An import that is ended by Ctrl-C keeps nothing, and says so."""
    try:
        return importer(by, file, wanted)
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
