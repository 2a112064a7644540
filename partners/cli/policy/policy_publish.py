"""`partners policy publish|diff|tell|migrate`: changing the policy while the program runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from partners.cli import common
from partners.cli.bounds import MOST
from partners.cli.overrides import giving
from partners.cli.policy.policy import PolicyFile
from partners.cli.policy.policy_words import print_diff, print_impact
from partners.cli.printing import visible
from partners.domain.number_words import number_of
from partners.domain.policy.policy import Policy
from partners.loading import on_use
from partners.policy_file import read_policy

with on_use():
    from partners.use_cases.cases import case_previews
    from partners.use_cases.policy import publishing, versions

if TYPE_CHECKING:
    from partners.use_cases.acting import Admin
    from partners.use_cases.policy.publishing import Plan

VersionOrFile = Annotated[str, typer.Argument(help="A version's number, or a file.")]
Day = Annotated[
    datetime | None,
    typer.Option(
        "--effective",
        formats=["%Y-%m-%d"],
        callback=common.real_day,
        metavar="DATE",
        help="Default: today, or after notice_days for stricter standards or smaller discounts.",
    ),
]


def diff(one: VersionOrFile, other: VersionOrFile) -> None:
    """What differs between two versions, two files, or one of each."""
    policies_ = [_named(name) for name in (one, other)]
    if not print_diff(*policies_):
        common.out.print(f"{one} and {other} are the same policy.")


def _named(name: str) -> Policy:
    if not name.isdigit() or int(name) > MOST:
        return read_policy(Path(name))[0]
    with common.asking() as by:
        return versions.version(by, int(name)).policy


def publish(
    file: PolicyFile,
    by: common.By,
    effective: Day = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; it is recorded.")] = None,
) -> None:
    """Put a policy in force from a day on. Shows what changes and for whom, then asks.

    Partners whose standards change are told. Running cases keep the version of their warning.
    """
    new, source = read_policy(file)
    with common.acting_as(by) as who:
        plan = publishing.preview_publication(who, new, effective.date() if effective else None)
        if isinstance(plan, publishing.PublishedAlready):
            common.out.print(f"{file} is policy version {plan.version} already; nothing to do.")
            return
        print_diff(plan.old, new)
        print_impact(plan.impacts)
        _explain(plan)
        if not yes:
            common.confirm(f"Publish {visible(str(file))}?", abort=True)
        published = publishing.publish(who, plan, source, reason)
        common.out.print(
            f"Published {file} as policy version {published.version}, in force from "
            f"{plan.effective_from} on.",
        )
        if published.telling:
            _tell(who, published.version)


def _explain(plan: Plan) -> None:
    """Say what else there is to know before one agrees."""
    common.out.print(f"In force from {plan.effective_from} on; running cases keep their version.")
    if plan.stricter:
        common.out.print(f"Stricter for partners in: {', '.join(plan.stricter)}")
    if plan.dearer:
        common.out.print(f"Offers get dearer for partners in: {', '.join(plan.dearer)}")
    for version, day in plan.overtaken.items():
        common.warn(f"version {version}, announced for {day}, will not take effect")
    _explain_moves(plan)
    if left := plan.left_out:
        common.warn(
            f"{number_of(len(left), 'open case')} of partners who leave the launch group will go "
            f"on ({', '.join(left[:5])}); to end one: partners cancel-case {left[0]} --reason …"
        )
    if plan.reviews_move:
        common.warn(
            f"reviews are due at other times by this policy: on {plan.effective_from}, when it "
            "is in force, run: partners setup"
        )


def _explain_moves(plan: Plan) -> None:
    """Who comes to another tier; nobody is mailed about a name."""
    keys = [tier.key for tier in plan.old.tiers]
    for key, (to, number) in plan.moves.items():
        common.out.print(
            f"To {to} at once: {number_of(number, 'partner')} of {key}. Who has an open case "
            "comes along when it closes.",
            soft_wrap=True,
        )
        if to in keys and key in keys and keys.index(to) < keys.index(key):
            common.warn(
                f"{to} stood below {key}: whoever moves loses a tier without a warning, and gets "
                "no mail about it; tell them yourself"
            )


def tell(version: Annotated[int, typer.Argument(max=MOST, help="A published version.")]) -> None:
    """Tell partners of a version's standards, if publishing could not; nobody is told twice."""
    with common.acting_as(common.user_name()) as by:
        if not _tell(by, version):
            common.out.print(f"Version {version} changes no partner's standards, or was replaced.")


def _tell(by: Admin, version: int) -> int:
    """Without a server the version stands all the same. Returns for how many there is news."""
    told = common.run(publishing.tell(by, version), None)
    partners = number_of(told.number, "partner")
    if told.unreachable:
        common.warn(
            f"{partners} not told: {told.unreachable}. As soon as it runs: "
            f"partners policy tell {version}"
        )
    elif told.number:
        common.out.print(f"Being told: {partners}; staff get a summary.")
    return told.number


def migrate(
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="With an open case.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is recorded.")],
    by: common.By,
    quiet: common.Quiet = False,
    yes: common.Yes = False,
) -> None:
    """Judge an open case by the policy now in force; its deadline never moves earlier.

    The partner is told if what is required of them changes.
    """
    with common.acting_as(by) as who:
        preview = case_previews.preview_migration(who, partner, reason, quiet)
        giving.show(partner, "migrate", preview)
        common.agreed("Do this?", yes)
        answer = common.run(publishing.migrate_case(who, partner, reason, preview, quiet))
    common.out.print(f"{partner}: {answer}")
