"""Tiers that a policy renames or merges: where the partners in them go, and those who may be
demoted into them (rule 11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.domain.policy.policy import Policy
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow, TierChangeRow
from partners.store.tables.program_tables import PartnerRow

_PAGE = 500
"""So many are written together, so that whoever waits is told of what is done."""
RENAMED = "renamed/"
"""The key of a change of name begins so: the partner is where they were."""


@dataclass(frozen=True)
class Lost:
    """A tier that a policy neither has nor renames, though somebody is in it, or may come to it."""

    key: str
    partners: int
    cases: int  # open ones that lead to it


def occupied(session: Session) -> Counter[str]:
    """How many partners are in each tier, by its key."""
    row = PartnerRow
    query = select(row.tier, func.count()).where(row.tier.is_not(None)).group_by(row.tier)
    return Counter({str(tier): number for tier, number in session.execute(query)})


def _demoted_to(session: Session) -> Counter[str]:
    """Where the open cases may lead, by the policies that they pin."""
    row = CaseRow
    query = select(row.policy_version, row.tier, func.count()).where(row.closed_at.is_(None))
    found: Counter[str] = Counter()
    for version, tier, number in session.execute(query.group_by(row.policy_version, row.tier)):
        if (below := policies.load(session, version).tier_below(tier)) is not None:
            key = now_called(session, below.key, version, None) or below.key
            found[key] += number
    return found


def lost(session: Session, new: Policy) -> list[Lost]:
    """What a policy would leave without a place to go."""
    partners, cases = occupied(session), _demoted_to(session)
    return [
        Lost(key, partners[key], cases[key])
        for key in sorted({*partners, *cases})
        if new.successor(key) is None
    ]


def now_called(session: Session, key: str, since: int, version: int | None) -> str | None:
    """What the tier of one version is called in a later one (None: the newest), through the
    versions between them; None where that has no such tier."""
    if version is None:
        newest = policies.newest(session)
        version = newest[0] if newest else since
    for between in range(since + 1, version + 1):
        key = policies.load(session, between).successor(key) or key
    return key if policies.load(session, version).tier(key) is not None else None


def moves(session: Session, new: Policy) -> dict[str, tuple[str, int]]:
    """The tiers whose partners a policy moves: to which tier, and how many."""
    going = {key: (new.successor(key), number) for key, number in occupied(session).items()}
    return {key: (to, n) for key, (to, n) in going.items() if to is not None and to != key}


def carry_out(
    session: Session,
    version: int,
    at: datetime,
    who: str,
    moved: Callable[[], None] = lambda: None,
) -> int:
    """Move everybody who is in a renamed tier, when the version that renames it is published.

    Whoever has an open case keeps the tier's old name, by which the case judges, until it closes.
    `moved` is called after each.
    """
    new = policies.load(session, version)
    row = PartnerRow
    # By id, as `proposals.propose` locks them: in another order the two could wait for each other.
    query = select(row).where(row.tier.in_(moves(session, new))).order_by(row.partner_id)
    locked = session.scalars(query.with_for_update()).all()
    # Looked for under the lock: whoever opens a case, or closes one and then looks for the tier's
    # newest name, holds the partner, and so has seen this version or is seen here.
    with_case = set(session.scalars(select(CaseRow.partner_id).where(CaseRow.closed_at.is_(None))))
    partners = [partner for partner in locked if partner.partner_id not in with_case]
    for number, partner in enumerate(partners, 1):
        assert partner.tier is not None
        _move(session, partner, new.successor(partner.tier), version, at, who)
        if number % _PAGE == 0:
            session.flush()
        moved()
    session.flush()
    return len(partners)


def catch_up(session: Session, partner: PartnerRow, since: int, at: datetime, who: str) -> None:
    """After a case that was judged by the version `since`: the tier's name by the one in force."""
    found = policies.in_force_at(session, at)
    if found is None or partner.tier is None or found[1].tier(partner.tier) is not None:
        return
    if (to := now_called(session, partner.tier, since, found[0])) is not None:
        _move(session, partner, to, found[0], at, who)


def _move(
    session: Session, partner: PartnerRow, to: str | None, version: int, at: datetime, who: str
) -> None:
    """Another name, and nothing else: `tier_since` stays, for nothing begins anew."""
    change = TierChangeRow(
        key=f"{RENAMED}{version}/{partner.partner_id}",
        partner_id=partner.partner_id,
        case_id=None,
        from_tier=partner.tier,
        to_tier=to,
        changed_at=at,
        actor=who,
        reason=f"renamed by policy version {version}",
    )
    session.add(change)
    partner.tier = to
