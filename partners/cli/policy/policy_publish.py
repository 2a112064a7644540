"""`partners policy publish|diff|tell|migrate`: changing the policy while the program runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from activities.policy.impact import impact
from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.bounds import MOST
from partners.cli.policy.policy import PolicyFile
from partners.cli.policy.policy_refusals import refuse_unfit
from partners.cli.policy.policy_words import print_diff, print_impact
from partners.cli.printing import visible
from partners.cli.progress import progress
from partners.domain.cases.commands import PersonsOrder
from partners.domain.number_words import number_of
from partners.domain.policy.policy import Policy
from partners.domain.policy.policy_change import tightened
from partners.errors import SetupError, UserError
from partners.loading import on_use
from partners.policy_file import read_policy
from partners.store.policy import policies, renames
from partners.store.record import recorder
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.program_tables import PartnerRow

with on_use():
    from activities.policy import activities as policy_changes
    from partners.cli import signals
    from partners.temporal import running
    from workflows import grace_period

VersionOrFile = Annotated[str, typer.Argument(help="A version's number, or a file.")]
Day = Annotated[
    datetime | None,
    typer.Option(
        "--effective",
        formats=["%Y-%m-%d"],
        callback=common.real_day,
        metavar="DATE",
        help="Default: today, or after notice_days where standards get stricter.",
    ),
]


@dataclass(frozen=True)
class Plan:
    """What publishing would do: replace which version, for whom, from when."""

    newest: int
    old: Policy
    new: Policy
    today: date
    effective_from: date
    stricter: tuple[str, ...]  # tiers with partners whose standards get stricter
    moves: dict[str, tuple[str, int]]  # tiers that are renamed: to which, and how many partners


def diff(one: VersionOrFile, other: VersionOrFile) -> None:
    """What differs between two versions, two files, or one of each."""
    policies_ = [_named(name) for name in (one, other)]
    if not print_diff(*policies_):
        common.out.print(f"{one} and {other} are the same policy.")


def _named(name: str) -> Policy:
    if not name.isdigit() or int(name) > MOST:
        return read_policy(Path(name))[0]
    with common.database() as database, database.read() as session:
        return policies.load(session, int(name))


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
    with common.database() as database:
        now = common.program_now(database)
        with database.read() as session:
            if (known := _known(session, new)) is not None:
                common.out.print(f"{file} is policy version {known} already; nothing to do.")
                return
            plan = _plan(session, new, now, effective.date() if effective else None)
            print_diff(plan.old, new)
            with progress("judging partners by both") as step:
                changed = list(impact(session, plan.old, new, plan.today, step))
            print_impact(changed)
            _explain(session, plan)
        if not yes:
            common.confirm(f"Publish {visible(str(file))}?", abort=True)
        moving = sum(number for _, number in plan.moves.values())
        looking = progress("moving partners", moving) if moving else progress("publishing")
        with looking as step, database.write() as session:
            _refuse_if_changed(session, plan)
            refuse_unfit(session, new, plan.effective_from)
            recorder.sign(session, by, now)
            version = policies.publish(session, new, source, now, by, plan.effective_from, reason)
            if plan.moves:
                renames.carry_out(session, version, now, by, step)
            news = policy_changes.announcement(session, version)
            telling = len(policy_changes.concerned(session, news)) if news else 0
    common.out.print(
        f"Published {file} as policy version {version}, in force from {plan.effective_from} on.",
    )
    if telling:
        _tell(version, telling)


def _known(session: Session, new: Policy) -> int | None:
    newest = policies.newest(session)
    if newest is None:
        raise SetupError("no policy has been accepted yet; run: partners setup")
    return newest[0] if policies.fingerprint(newest[1]) == policies.fingerprint(new) else None


def _plan(session: Session, new: Policy, now: datetime, wanted: date | None) -> Plan:
    """Raises UserError for a day in the past, or one too soon for stricter standards."""
    newest = policies.newest(session)
    assert newest is not None
    moves = renames.moves(session, new)
    current = policies.required(session, now)[1]
    today = calendar_of(new).day_of(now)
    earliest = today + timedelta(days=current.program.notice_days)
    old = policies.in_force(session, (wanted or earliest) - timedelta(days=1))
    assert old is not None
    stricter = tuple(key for key in tightened(old[1], new) if _members(session, key))
    day = wanted or (earliest if stricter else today)
    if day < today:
        raise UserError(f"--effective {day} is in the past; name a day from {today} on")
    if stricter and day < earliest:
        raise UserError(
            f"standards get stricter for partners in {', '.join(stricter)}, who are told "
            f"{current.program.notice_days} days before (program.notice_days); write --effective "
            f"{earliest} or a later day"
        )
    if moves and day > today:
        raise UserError(
            f"{', '.join(moves)}: a tier that is renamed takes its partners along at once, so it "
            f"is published for {today}, with standards that are no stricter; publish what gets "
            "stricter afterwards"
        )
    refuse_unfit(session, new, day)
    old = policies.in_force(session, day - timedelta(days=1)) or newest
    return Plan(newest[0], old[1], new, today, day, stricter, moves)


def _members(session: Session, key: str) -> int:
    query = select(func.count()).select_from(PartnerRow).where(PartnerRow.tier == key)
    return session.scalar(query) or 0


def _explain(session: Session, plan: Plan) -> None:
    """Say what else there is to know before one agrees."""
    common.out.print(f"In force from {plan.effective_from} on; running cases keep their version.")
    if plan.stricter:
        common.out.print(f"Stricter for partners in: {', '.join(plan.stricter)}")
    for version, day in policies.effects(session).items():
        if day >= plan.effective_from and day > plan.today:
            common.warn(f"version {version}, announced for {day}, will not take effect")
    _explain_moves(plan)
    if left := _left_out(session, plan):
        common.warn(
            f"{number_of(len(left), 'open case')} of partners who leave the launch group will go "
            f"on ({', '.join(left[:5])}); to end one: partners cancel-case {left[0]}"
        )
    if _reviewed_at(plan.old) != _reviewed_at(plan.new):
        common.warn(
            f"reviews are due at other times by this policy: on {plan.effective_from}, when it "
            "is in force, run: partners setup"
        )


def _left_out(session: Session, plan: Plan) -> list[str]:
    """Partners with an open case whom the new policy does not act upon: a case pins its own."""
    ids = session.scalars(
        select(CaseRow.partner_id).where(CaseRow.closed_at.is_(None)).order_by(CaseRow.partner_id)
    )
    old, new = plan.old.enrolment, plan.new.enrolment
    return [name for name in ids if old.includes(name) and not new.includes(name)]


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


def _reviewed_at(policy: Policy) -> tuple[object, ...]:
    """What the schedules of the reviews are made from (`partners.temporal.schedules`)."""
    return policy.program.time_zone, policy.program.office_hour, policy.feed.settling_days


def _refuse_if_changed(session: Session, plan: Plan) -> None:
    newest = policies.newest(session)
    if newest is None or newest[0] != plan.newest:
        raise UserError("somebody else published a policy meanwhile; publish again to see what now")


def tell(version: Annotated[int, typer.Argument(max=MOST, help="A published version.")]) -> None:
    """Tell partners of a version's standards, if publishing could not; nobody is told twice."""
    with common.database() as database, database.read() as session:
        policies.load(session, version)
        news = policy_changes.announcement(session, version)
        telling = len(policy_changes.concerned(session, news)) if news else 0
    if telling:
        _tell(version, telling)
    else:
        common.out.print(f"Version {version} changes no partner's standards, or was replaced.")


def _tell(version: int, telling: int) -> None:
    """Start the workflow that tells partners. Without a server the version stands all the same."""
    try:
        signals.with_temporal(lambda client: running.start_policy_change(client, version))
    except (SetupError, signals.RPCError) as error:
        common.warn(
            f"{number_of(telling, 'partner')} not told: {error}. As soon as it runs: "
            f"partners policy tell {version}"
        )
        return
    common.out.print(f"Being told: {number_of(telling, 'partner')}; staff get a summary.")


def migrate(
    partner: Annotated[str, typer.Argument(metavar="PARTNER", help="With an open case.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is recorded.")],
    by: common.By,
) -> None:
    """Judge an open case by the policy now in force; its deadline never moves earlier.

    The partner is told if what is required of them changes.
    """
    answer = signals.command_case(
        partner, grace_period.GracePeriod.migrate, PersonsOrder(by, reason)
    )
    common.out.print(f"{partner}: {answer}")
