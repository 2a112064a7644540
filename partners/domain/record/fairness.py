"""Were partners with the same findings treated the same? And if not, what explains it?

Two moments are compared: whether a partner below standards got a case, and how a case was decided.
Alike are partners of one tier, one policy version and one period whose criteria got the same
verdicts. The rules treat such partners alike; a person, an override or an exemption may not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

UNEXPLAINED = "unexplained"


@dataclass(frozen=True, order=True)
class Alike:
    """What partners have in common who should be treated the same."""

    moment: str  # "below in 2026-10", "decided"
    tier: str
    policy_version: int
    verdicts: tuple[tuple[str, str], ...]  # criterion and verdict, sorted


@dataclass(frozen=True)
class Treatment:
    """How one partner was treated, and what explains that it may be otherwise than by the rules."""

    partner_id: str
    alike: Alike
    what: str  # "case opened", "no case", "removed", "reinstated", "45 days of grace" …
    why: str = ""  # "waiver by Ann until 2026-12-31: dispute"; empty: the rules alone


@dataclass(frozen=True)
class Difference:
    """Partners alike who were not all treated the same, and each of them."""

    alike: Alike
    usual: str  # how the rules, or else most, were
    others: tuple[Treatment, ...]  # those treated otherwise, by partner id

    @property
    def unexplained(self) -> tuple[Treatment, ...]:
        return tuple(one for one in self.others if not one.why)


def differences(treatments: Iterable[Treatment]) -> list[Difference]:
    """The groups of partners alike who were treated differently, those unexplained first."""
    groups: defaultdict[Alike, list[Treatment]] = defaultdict(list)
    for one in treatments:
        groups[one.alike].append(one)
    found = [d for alike, group in groups.items() if (d := _difference(alike, group))]
    return sorted(found, key=lambda d: (not d.unexplained, d.alike))


def _difference(alike: Alike, group: list[Treatment]) -> Difference | None:
    """The usual treatment is the one most frequent among those by the rules alone."""
    if len({one.what for one in group}) < 2:
        return None
    by_rule = Counter(one.what for one in group if not one.why)
    counts: Mapping[str, int] = by_rule or Counter(one.what for one in group)
    usual = max(sorted(counts), key=lambda what: counts[what])
    others = [one for one in group if one.what != usual]
    return Difference(alike, usual, tuple(sorted(others, key=lambda one: one.partner_id)))
