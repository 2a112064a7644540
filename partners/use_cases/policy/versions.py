"""Accepted versions of the policy, and what each means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from partners.domain.policy.policy import Policy
from partners.store.policy import policies
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied


@dataclass(frozen=True)
class Version:
    """A policy under its number."""

    number: int
    policy: Policy


@dataclass(frozen=True)
class Accepted:
    """A version as it stands in the list. Of what is not in force one of the last two is said."""

    version: int
    accepted_at: datetime
    accepted_by: str
    sha256: str
    why: str
    is_in_force: bool
    replaced_by: int | None  # before it ever was in force
    from_day: date | None  # when it is to be in force


def in_force(by: Viewer) -> Version:
    """Raises SetupError before the first."""
    with by.database.read() as session:
        return Version(*policies.required(session, datetime.now(UTC)))


def version(by: Viewer, number: int) -> Version:
    """Raises UserError for one that is not there."""
    with by.database.read() as session:
        return Version(number, policies.load(session, number))


def every(by: Viewer) -> list[Accepted]:
    """Oldest first."""
    with by.database.read() as session:
        in_force = policies.in_force_at(session, by.now())
        current = in_force[0] if in_force else None
        effects, reasons = policies.effects(session), policies.reasons(session)
        return [
            copied(
                Accepted,
                row,
                why=reasons.get(row.version) or "",
                is_in_force=row.version == current,
                replaced_by=policies.replaced_by(effects, row.version),
                from_day=effects[row.version]
                if current is not None and row.version > current
                else None,
            )
            for row in policies.history(session)
        ]
