"""`partners policy`: check a file, accept it as a new version, look at what was accepted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.domain.metrics import Unit
from partners.domain.policy import Criterion, Policy, Tier
from partners.policy_file import read_policy
from partners.store import policies

app = typer.Typer(no_args_is_help=True, help="The policy: standards, grace, everything agreed.")

PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A policy, such as program.toml.")]


@app.command()
def check(file: PolicyFile) -> None:
    """Say what a policy file means, or everything that is wrong with it. Changes nothing."""
    policy, _ = read_policy(file)
    common.out.print(f"{file} is a valid policy.", markup=False)
    describe(policy)


@app.command()
def accept(file: PolicyFile, by: common.By) -> None:
    """Record a policy as the newest version. Running cases keep the version of their warning."""
    policy, source = read_policy(file)
    with common.database() as database, database.write() as session:
        before = policies.newest(session)
        version = policies.accept(session, policy, source, common.now(), by)
    if before is not None and version == before[0]:
        common.out.print(f"{file} is policy version {version} already; nothing to do.")
    else:
        common.out.print(
            f"Accepted {file} as policy version {version}. It applies to cases that open from now "
            "on; running cases keep theirs."
        )


@app.command("list")
def list_versions() -> None:
    """Every accepted version, oldest first."""
    table = Table("version", "accepted", "by", "hash")
    with common.database() as database, database.read() as session:
        for row in policies.history(session):
            accepted_at = f"{row.accepted_at:%Y-%m-%d %H:%M} UTC"
            table.add_row(str(row.version), accepted_at, row.accepted_by, row.sha256[:12])
    if table.row_count:
        common.out.print(table)
    else:
        common.out.print("No policy has been accepted yet; run: partners setup")


@app.command()
def show(
    version: Annotated[int | None, typer.Argument(help="Default: the newest.")] = None,
) -> None:
    """What a version means: the newest, or the one with that number."""
    with common.database() as database, database.read() as session:
        if version is None:
            version, policy = common.policy_in_force(session)
        else:
            policy = policies.load(session, version)
    common.out.print(f"Policy version {version}")
    describe(policy)


def describe(policy: Policy) -> None:
    """Print a policy in words: the ladder, then the settings that matter most."""
    program, grace, guard = policy.program, policy.grace, policy.guard
    common.out.print(f"{program.name} of {program.provider}", style="bold", markup=False)
    common.out.print(_ladder(policy))
    reminders = ", ".join(str(days) for days in grace.reminders) or "none"
    for words, value in {
        "Days and months are counted in": program.time_zone,
        "Holidays": ", ".join(
            [*filter(None, [program.holiday_calendar]), *map(str, program.holidays)]
        )
        or "none",
        "Grace period": f"{grace.days} days after the accepted warning",
        "Reminders, days before the deadline": reminders,
        "Recovery": f"cured over {grace.recovery_days} days, held for {grace.recovery_hold_days}",
        "Months are judged": f"{policy.feed.settling_days} days after they end",
        "Judged from": str(policy.review.judge_from or "the first month on record"),
        "Guard, in 7 days": f"{guard.max_partners} partners or {guard.max_share:.0%} of the "
        f"program, and always {guard.always_allow}",
        "Re-entry": f"{policy.ladder.reentry_days} days after being moved out",
        "Staff": ", ".join(policy.staff.emails),
    }.items():
        common.out.print(f"  {words}: {value}", markup=False)


def _ladder(policy: Policy) -> Table:
    table = Table("tier", "to enter", "to keep", "below leads", title="Tiers, lowest first")
    for tier in policy.tiers:
        below = policy.tier_below(tier.key)
        table.add_row(
            f"{tier.label} ({tier.kind})",
            _standards(policy, tier.enter.values()) or "open to all",
            _standards(policy, tier.keep_standards.values()) or "nothing",
            _removal(tier, below),
        )
    return table


def _removal(tier: Tier, below: Tier | None) -> str:
    if not tier.keep_standards:
        return "–"
    return f"to {below.label}" if below else "out of the program"


def _standards(policy: Policy, criteria: Iterable[Criterion]) -> str:
    return "\n".join(criterion_words(policy, criterion) for criterion in criteria)


def criterion_words(policy: Policy, criterion: Criterion) -> str:
    """`Acceptance rate at least 90 % over 3 months, sample 10`."""
    metric = policy.metric(criterion.metric)
    bound = criterion.bound.replace("_", " ")
    words = f"{metric.label} {bound} {common.quantity(criterion.required, metric.unit)}"
    if metric.unit is Unit.MONTHS:
        return f"{words} months"
    months = "1 month" if criterion.window_months == 1 else f"{criterion.window_months} months"
    sample = policy.min_sample(criterion)
    return f"{words} over {months}" + (f", sample {sample}" if sample > 1 else "")
