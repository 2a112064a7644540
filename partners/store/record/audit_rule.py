"""What a rule of the audit is: given a row that was written, it says what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from partners.domain.record.audit import Entry


@dataclass(frozen=True)
class Written:
    """A row that the transaction wrote. `before`: the state it had, None for a new row."""

    row: Any
    new: bool
    deleted: bool
    before: str | None
    actor: str  # who acts, where the row does not say
    at: datetime  # when, where the row does not say
    session: Session


@dataclass(frozen=True)
class Rule:
    """`state`: the column whose change is worth an entry; None: every write is. `also`: others."""

    describe: Callable[[Written], Entry | None]
    state: str | None = None
    also: tuple[str, ...] = ()
