"""What differs between two policies, and for whom, as `partners policy` prints it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rich.table import Table

from activities.policy.policy_impact import Impact
from partners.cli import common
from partners.cli.policy.policy import criterion_words
from partners.domain.judging.assessment import Verdict
from partners.domain.policy.policy import Criterion, Policy
from partners.domain.policy.policy_change import (
    CriterionChange,
    settings_changes,
    standards_changes,
)

SHOWN = 20
"""Partners named for each change of verdict."""


def print_diff(old: Policy, new: Policy) -> bool:
    """Print what differs: standards tier by tier, then every other setting. False if nothing."""
    standards = Table("tier", "standard", "before", "after", "", title="Standards")
    for key in dict.fromkeys(tier.key for policy in (old, new) for tier in policy.tiers):
        for table in ("enter", "keep"):
            for change in standards_changes(old, new, key, table):
                standards.add_row(f"{key}, to {table}", *_cells(change, old, new))
    settings = Table("setting", "before", "after", title="Settings")
    for setting in settings_changes(old, new):
        settings.add_row(setting.key, setting.old, setting.new)
    for table_ in (standards, settings):
        if table_.row_count:
            common.out.print(table_)
    return bool(standards.row_count or settings.row_count)


def _cells(change: CriterionChange, old: Policy, new: Policy) -> tuple[str, str, str, str]:
    label = (new if change.new else old).metric(change.metric).label
    before, after = _words(change.old, old, label), _words(change.new, new, label)
    return label, before, after, "stricter" if change.tightens else "looser"


def _words(criterion: Criterion | None, policy: Policy, label: str) -> str:
    if criterion is None:
        return "not asked"
    return criterion_words(policy, criterion).removeprefix(f"{label} ")


def print_impact(impacts: Iterable[Impact]) -> None:
    """Print how many partners would be judged differently, and whom."""
    groups: defaultdict[tuple[Verdict | None, Verdict | None], list[str]] = defaultdict(list)
    for one in impacts:
        groups[one.before, one.after].append(one.partner_id)
    if not groups:
        common.out.print("On the newest settled month nobody would be judged differently.")
        return
    table = Table("now", "would be", "partners", "who", title="On the newest settled month")
    worst_first = sorted(groups.items(), key=lambda item: item[0][1] is not Verdict.BELOW)
    for (before, after), partners in worst_first:
        more = len(partners) - SHOWN
        who = ", ".join(partners[:SHOWN]) + (f" and {more} more" if more > 0 else "")
        table.add_row(_verdict(before), _verdict(after), str(len(partners)), who)
    common.out.print(table)


def _verdict(verdict: Verdict | None) -> str:
    return verdict.value if verdict else "not judged"
