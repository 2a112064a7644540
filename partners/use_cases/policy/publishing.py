"""Changing the policy while the program runs: what would change for whom, and publishing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from activities.policy.policy_impact import Impact, impact
from partners.calendars import calendar_of
from partners.domain.cases.commands import SignedCommand
from partners.domain.policy.policy import Policy
from partners.domain.policy.policy_change import dearer, tightened
from partners.loading import on_use
from partners.store.cases import cases
from partners.store.policy import policies, renames
from partners.store.record import recorder
from partners.store.tables.program_tables import PartnerRow
from partners.use_cases import telling
from partners.use_cases.acting import Admin, Manager, Step, Viewer
from partners.use_cases.cases import case_commands
from partners.use_cases.cases.case_previews import Preview
from partners.use_cases.policy.policy_refusals import (
    DiscountNoticeTooShort,
    EffectInThePast,
    NoticeTooShort,
    PublishedMeanwhile,
    RenamesAtOnce,
    refuse_unfit,
)
from partners.use_cases.telling import Told

with on_use():
    from activities.policy import activities as policy_changes
    from partners.temporal import running
    from workflows import grace_period

if TYPE_CHECKING:
    from temporalio.client import Client


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
    impacts: tuple[Impact, ...]  # whoever would be judged differently
    overtaken: dict[int, date]  # versions that were announced, and will not take effect
    left_out: tuple[str, ...]  # partners with an open case whom the new policy does not act upon
    reviews_move: bool  # reviews would be due at other times
    dearer: tuple[str, ...] = ()  # tiers with partners for whom offers get dearer


@dataclass(frozen=True)
class PublishedAlready:
    """The newest version says the same."""

    version: int


@dataclass(frozen=True)
class Published:
    version: int
    telling: int  # partners whose standards change


def preview_publication(by: Viewer, new: Policy, effective: date | None) -> Plan | PublishedAlready:
    """Raises a refusal for a day in the past, one too soon for stricter standards or smaller
    discounts, and where somebody or an amount would be left behind."""
    now = by.now()
    with by.database.read() as session:
        policies.required(session, now)
        newest = policies.newest(session)
        assert newest is not None
        if policies.fingerprint(newest[1]) == policies.fingerprint(new):
            return PublishedAlready(newest[0])
        return _plan(by, session, new, now, effective)


def publish(by: Admin, plan: Plan, source: str, reason: str | None) -> Published:
    """Put the planned policy in force from its day on. Whoever is to be told is told by `tell`."""
    now, moving = by.now(), sum(number for _, number in plan.moves.values())
    what = "moving partners" if moving else "publishing"
    with by.program.progress(what, moving or None) as step, by.database.write() as session:
        newest = policies.newest(session)
        if newest is None or newest[0] != plan.newest:
            raise PublishedMeanwhile
        refuse_unfit(session, plan.new, plan.effective_from)
        recorder.sign(session, by.name, now)
        version = policies.publish(
            session, plan.new, source, now, by.name, plan.effective_from, reason
        )
        if plan.moves:
            renames.carry_out(session, version, now, by.name, step)
        return Published(version, len(_concerned(session, version)))


async def tell(by: Admin, version: int) -> Told:
    """Partners are told of a version's standards; nobody is told twice."""
    with by.database.read() as session:
        policies.load(session, version)
        number = len(_concerned(session, version))

    async def start(client: Client, _step: Step) -> Sequence[str]:
        await running.start_policy_change(client, version)
        return ()

    return await telling.told(by, number, "waiting for Temporal", None, start)


async def migrate_case(
    by: Manager, partner_id: str, reason: str, seen: Preview, quiet: bool = False
) -> str:
    """Judge an open case, as it was shown, by the policy now in force; its deadline never moves
    earlier."""
    command = SignedCommand(by.name, reason, quiet=quiet, revision=seen.revision)
    update = grace_period.GracePeriod.migrate
    return await case_commands.command_case(by, partner_id, update, command)


def _concerned(session: Session, version: int) -> list[str]:
    news = policy_changes.announcement(session, version)
    return policy_changes.concerned(session, news) if news else []


def _plan(by: Viewer, session: Session, new: Policy, now: datetime, wanted: date | None) -> Plan:
    newest = policies.newest(session)
    assert newest is not None
    moves = renames.moves(session, new)
    notice_days = policies.required(session, now)[1].program.notice_days
    today = calendar_of(new).day_of(now)
    earliest = today + timedelta(days=notice_days)
    before = policies.in_force(session, (wanted or earliest) - timedelta(days=1))
    assert before is not None
    stricter = tuple(key for key in tightened(before[1], new) if _members(session, key))
    lower = tuple(t.key for t in before[1].tiers if dearer(before[1], new, t.key))
    costs = tuple(key for key in lower if _members(session, key))
    day = wanted or (earliest if stricter or costs else today)
    if day < today:
        raise EffectInThePast(day, today)
    if stricter and day < earliest:
        raise NoticeTooShort(stricter, notice_days, earliest)
    if costs and day < earliest:
        raise DiscountNoticeTooShort(costs, notice_days, earliest)
    if moves and day > today:
        raise RenamesAtOnce(tuple(moves), today)
    refuse_unfit(session, new, day)
    old = (policies.in_force(session, day - timedelta(days=1)) or newest)[1]
    with by.program.progress("judging partners by both", None) as step:
        impacts = tuple(impact(session, old, new, today, step))
    return Plan(
        newest[0],
        old,
        new,
        today,
        day,
        stricter,
        moves,
        impacts,
        {v: d for v, d in policies.effects(session).items() if d >= day and d > today},
        _left_out(session, old, new),
        _reviewed_at(old) != _reviewed_at(new),
        costs,
    )


def _members(session: Session, key: str) -> int:
    query = select(func.count()).select_from(PartnerRow).where(PartnerRow.tier == key)
    return session.scalar(query) or 0


def _left_out(session: Session, old: Policy, new: Policy) -> tuple[str, ...]:
    """A case pins its own policy, and goes on."""
    was, will = old.enrolment, new.enrolment
    ids = cases.open_of(session)
    return tuple(name for name in ids if was.includes(name) and not will.includes(name))


def _reviewed_at(policy: Policy) -> tuple[object, ...]:
    """What the schedules of the reviews are made from (`partners.temporal.schedules`)."""
    return policy.program.time_zone, policy.program.office_hour, policy.feed.settling_days
