"""Where a removal leads: one tier down by the case's own policy, as it is called by the one in
force (rule 11)."""

from __future__ import annotations

from dataclasses import dataclass

from activities.judging.gathering import CaseFile
from partners.domain.policy.policy import Tier
from partners.store.policy import policies, renames


@dataclass(frozen=True)
class Landing:
    """`tier` is None for out of the program; `nowhere` says why a person has to look first."""

    tier: Tier | None
    nowhere: str | None = None


def landing(file: CaseFile) -> Landing:
    """The tier that the warning named may have another name by now, or be no more."""
    below = file.policy.tier_below(file.case.tier)
    if below is None:
        return Landing(None)
    found = policies.in_force_at(file.session, file.now)
    version, policy = found or (file.case.policy_version, file.policy)
    key = renames.now_called(file.session, below.key, file.case.policy_version, version)
    if key is None:
        return Landing(None, f"it leads to {below.key}, which policy version {version} has no more")
    return Landing(policy.tier(key))


def named(file: CaseFile, key: str | None) -> Tier | None:
    """The tier a partner was moved to: of the case's own policy, or of the one in force."""
    if key is None:
        return None
    found = policies.in_force_at(file.session, file.now)
    return file.policy.tier(key) or (found[1].tier(key) if found else None)
