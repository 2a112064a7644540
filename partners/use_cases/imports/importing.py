"""Partners, orders, metrics, referrals and areas from CSV files; running workflows are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from partners.domain.policy.policy import Policy
from partners.mail.words.catalogues import languages
from partners.store import imports as reading
from partners.store.imports import ImportOptions, ImportResult
from partners.store.policy import policies
from partners.store.referrals.referral_leads import Change
from partners.use_cases import telling
from partners.use_cases.acting import Admin
from partners.use_cases.telling import NOBODY, Told


@dataclass(frozen=True)
class Wanted:
    """How a file is read. `read`: told how many of how many bytes are."""

    first: date | None = None  # the file is complete from this day on …
    last: date | None = None  # … through this one
    all_or_nothing: bool = False
    moves_allowed: bool = False
    read: Callable[[int, int], None] = lambda _done, _total: None


@dataclass(frozen=True)
class Imported:
    """What became of the file, and what is to be told of it by `tell`."""

    result: ImportResult
    new_partners: bool = False
    changes: tuple[Change, ...] = ()  # of referrals


@dataclass(frozen=True)
class ToldOfImport:
    cases: Told = NOBODY
    referrals: Told = NOBODY


@dataclass(frozen=True)
class Recounted:
    months: int
    time_zone: str
    told: Told


def partners(by: Admin, file: Path, wanted: Wanted) -> Imported:
    """The tier applies to new partners only."""
    options = _options(by, wanted)
    result = reading.import_partners(by.database, file, options, languages=languages())
    return Imported(result, new_partners=True)


def orders(by: Admin, file: Path, wanted: Wanted) -> Imported:
    """A changed row for a known order is a correction; both versions are kept."""
    return Imported(reading.import_orders(by.database, file, _options(by, wanted)))


def metrics(by: Admin, file: Path, wanted: Wanted) -> Imported:
    """Monthly values of the policy's own metrics."""
    return Imported(reading.import_metrics(by.database, file, _options(by, wanted)))


def referrals(by: Admin, file: Path, wanted: Wanted) -> Imported:
    """Rows may come in any order, and again: `known_at` says which is newer."""
    result, changes = reading.import_referrals(by.database, file, _options(by, wanted))
    return Imported(result, changes=tuple(changes))


def areas(by: Admin, file: Path, wanted: Wanted) -> Imported:
    """It adds areas and postal codes, and takes none away; exclusives keep those they were signed
    with."""
    return Imported(reading.import_areas(by.database, file, _options(by, wanted)))


async def tell(by: Admin, imported: Imported) -> ToldOfImport:
    """Open cases whose numbers changed, and partners whose referrals have news."""
    if not imported.result.kept:
        return ToldOfImport()
    cases = await telling.numbers_changed(by)
    if imported.new_partners:
        return ToldOfImport(cases, await telling.new_referrers(by))
    return ToldOfImport(cases, await telling.referrals_changed(by, imported.changes))


async def recount(by: Admin) -> Recounted:
    """The months and totals of all orders anew, in the policy's time zone; safe to repeat."""
    program = _policy(by).program
    with by.program.progress("counting all orders anew", None):
        months = reading.recount(by.database, program.zone)
    return Recounted(months, program.time_zone, await telling.numbers_changed(by))


def _policy(by: Admin) -> Policy:
    with by.database.read() as session:
        return policies.required(session, datetime.now(UTC))[1]


def _options(by: Admin, wanted: Wanted) -> ImportOptions:
    return ImportOptions(
        policy=_policy(by),
        now=by.now(),
        first=wanted.first,
        last=wanted.last,
        all_or_nothing=wanted.all_or_nothing,
        moves_allowed=wanted.moves_allowed,
        by=by.name,
        progress=wanted.read,
    )
