"""What an import is told and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from partners.domain.judging.coverage import Coverage
from partners.domain.policy.policy import Policy

_NAMED = 5


def named(partner_ids: Sequence[str], count: int | None = None) -> str:
    """The first few of `count` partners (None: of all that are given), the others counted."""
    shown = list(dict.fromkeys(partner_ids))
    rest = (len(shown) if count is None else count) - len(shown[:_NAMED])
    return ", ".join(shown[:_NAMED]) + (f" and {rest:,} more" if rest else "")


class Advice(StrEnum):
    """What the person who imports could state so that the import does what they meant."""

    STATE_DAYS = "state_days"  # through which day the file is complete
    ALLOW_MOVES = "allow_moves"  # that orders move to another partner
    LOOK_AT_ORDERS = "look_at_orders"  # which offers were ordered by whoever could not have them


@dataclass(frozen=True)
class ImportOptions:
    """How to import.

    `first` and `last`: days that the file covers, if a person says so (orders only).
    `moves_allowed`: a row may move a known order to another partner. `by` is who imports.
    `progress` is called with bytes read and bytes in all.
    """

    policy: Policy
    now: datetime
    first: date | None = None
    last: date | None = None
    all_or_nothing: bool = False
    moves_allowed: bool = False
    by: str = "an import"
    progress: Callable[[int, int], None] = lambda done, total: None


@dataclass
class ImportResult:
    """What became of each row of a file, and what that touched."""

    rows: int = 0
    """Rows in the file, without its header."""
    new: int = 0
    corrected: int = 0
    """Rows that changed something known."""
    unchanged: int = 0
    late: int = 0
    """Rows that were already out of date: kept as earlier versions of their orders."""
    rejected: int = 0
    rejected_path: Path | None = None
    kept: bool = True
    """False: nothing was kept, for --all-or-nothing met a bad row."""
    touched_months: int = 0
    """Partner-months whose totals were made anew."""
    touched_partners: int = 0
    coverage_added: Coverage = field(default_factory=Coverage)
    unknown: list[str] = field(default_factory=list)
    """For whom the feed's days are not known, since rows of theirs were rejected: a line each."""
    doubtful: int = 0
    """Orders noted anew whose offer their partner could not have had: `store.offers`."""
    cases_to_tell: int = 0
    """Open cases of touched partners; their workflows are to be signalled."""
    notes: list[str] = field(default_factory=list)
    """Things a person should know, one line each."""
    advice: set[Advice] = field(default_factory=set)
    """What the person who imports may want to say; each face has its own way to say it."""
