"""Who is in which tier and standing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from partners.domain.policy.policy import Policy
from partners.domain.record.standing import Standing
from partners.errors import Refusal
from partners.store.policy import policies
from partners.store.record import standings
from partners.store.tables.program_tables import PartnerRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import copied

NO_TIER = "none"


@dataclass(eq=False)
class NobodyInTier(Refusal):
    """The policy has no such tier, and nobody is in it."""

    tier: str
    tiers: tuple[str, ...]

    def __str__(self) -> str:
        names = ", ".join(self.tiers)
        return f"the policy has no tier {self.tier!r}; its tiers are {names}, or {NO_TIER}"


@dataclass(frozen=True)
class PartnerFacts:
    """What lists show of a partner."""

    partner_id: str
    name: str
    kind: str
    tier: str | None
    tier_since: date | None
    standing: Standing
    joined_on: date
    left_on: date | None


@dataclass(frozen=True)
class PartnerList:
    """How many are in the tier, and all of them, by id, read while they are taken."""

    total: int
    partners: Iterator[PartnerFacts]


@contextmanager
def list_partners(by: Viewer, tier: str | None = None) -> Iterator[PartnerList]:
    """Everybody, or who is in a tier, or in `none`; as of now."""
    now = by.now()
    with by.database.snapshot() as session:
        which = _in_tier(session, tier, policies.required(session, now)[1])
        total = session.scalar(select(func.count()).select_from(PartnerRow).where(*which)) or 0
        everybody = standings.everybody(session, now, *which)
        yield PartnerList(
            total, (copied(PartnerFacts, row, standing=stands) for row, stands in everybody)
        )


def _in_tier(session: Session, tier: str | None, policy: Policy) -> list[ColumnElement[bool]]:
    """What is true of partners in a tier; one that the policy no longer has may have partners."""
    if tier is None:
        return []
    keys = tuple(t.key for t in policy.tiers)
    known = {NO_TIER, *keys, *session.scalars(select(PartnerRow.tier).distinct())}
    if tier not in known:
        raise NobodyInTier(tier, keys)
    return [PartnerRow.tier == (None if tier == NO_TIER else tier)]
