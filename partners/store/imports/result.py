"""What an import is told and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from partners.domain.coverage import Coverage
from partners.domain.policy import Policy


@dataclass(frozen=True)
class ImportOptions:
    """How to import.

    `first` and `last` are the command's --from and --through: days that the file covers (orders
    only). `by` is who imports. `progress` is called with bytes read and bytes in all.
    """

    policy: Policy
    now: datetime
    first: date | None = None
    last: date | None = None
    all_or_nothing: bool = False
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
    cases_to_tell: int = 0
    """Open cases of touched partners; their workflows are to be signalled."""
    notes: list[str] = field(default_factory=list)
    """Things a person should know, one line each."""
