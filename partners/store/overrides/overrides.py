"""What people decide over the automation: waivers, blocks, pins; and a record of what they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Date, and_, bindparam, or_, select
from sqlalchemy.orm import Session

from partners.domain.cases.commands import (
    Beyond,
    Command,
    CommandKind,
    why_no_waiver,
)
from partners.domain.overrides.override import Override, why_no_last_day
from partners.errors import UserError
from partners.store.overrides.command_refusals import GoesBeyondPolicy, NoLastDay
from partners.store.tables.base import ask
from partners.store.tables.case_tables import (
    InterventionRow,
    OverrideRow,
)

QUIET = "not told, as was said"
_BLOCKS = (Override.BLOCK, Override.OFFERS)


def refuse_if(why: str | None) -> None:
    """Raise UserError with the reason, if there is one."""
    if isinstance(why, Beyond):
        raise GoesBeyondPolicy(why)
    if why is not None:
        raise UserError(f"refused: {why}")


# ---- what holds ----


def holding(day: date | BindParameter[date]) -> ColumnElement[bool]:
    """Which overrides hold on that day, as a condition."""
    row = OverrideRow
    return and_(row.from_day <= day, or_(row.until_day.is_(None), row.until_day >= day))


# Built once, for every judgement of a partner asks.
_KINDS_IN_FORCE = select(OverrideRow.kind).where(
    OverrideRow.partner_id == bindparam("partner_id"), holding(bindparam("day", type_=Date()))
)


def in_force(session: Session, partner_id: str, day: date) -> list[OverrideRow]:
    """What people have said about a partner that holds on that day, the oldest first."""
    query = select(OverrideRow).where(OverrideRow.partner_id == partner_id, holding(day))
    return list(session.scalars(query.order_by(OverrideRow.override_id)))


def kinds_in_force(session: Session, partner_id: str, day: date) -> set[str]:
    """The kinds of those; see `Override`."""
    return set(ask(session, _KINDS_IN_FORCE, {"partner_id": partner_id, "day": day}).scalars())


def kinds_of(session: Session, partner_ids: Sequence[str], day: date) -> dict[str, set[str]]:
    """As `kinds_in_force`, of several partners; those of whom nothing holds are left out."""
    row = OverrideRow
    query = select(row.partner_id, row.kind).where(row.partner_id.in_(partner_ids), holding(day))
    found: dict[str, set[str]] = {}
    for partner_id, kind in session.execute(query):
        found.setdefault(partner_id, set()).add(kind)
    return found


def of_kind(session: Session, partner_id: str, day: date, *kinds: Override) -> list[OverrideRow]:
    return [row for row in in_force(session, partner_id, day) if row.kind in kinds]


def waive(session: Session, partner_id: str, command: Command, today: date) -> None:
    """Not judged until a day; a longer waiver may follow one that holds. Raises UserError."""
    if command.until is None:
        raise NoLastDay
    held = of_kind(session, partner_id, today, Override.WAIVER)
    last = max((row.until_day for row in held if row.until_day), default=None)
    refuse_if(why_no_waiver(command.until, last, today))
    _begin(session, partner_id, Override.WAIVER, command, today)


def block(session: Session, partner_id: str, command: Command, today: date) -> None:
    """Beyond reviews; or, with offers, only those are blocked. Whoever calls it has looked whether
    there are such offers. Raises UserError."""
    refuse_if(why_no_last_day(command.until, today))
    kind = Override.OFFERS if command.offers else Override.BLOCK
    held = of_kind(session, partner_id, today, *_BLOCKS)
    blocked = {offer for row in held for offer in row.offers}
    if any(row.kind == Override.BLOCK for row in held):
        refuse_if("blocked already")
    if command.offers and blocked >= set(command.offers):
        refuse_if("these offers are blocked already")
    _begin(session, partner_id, kind, command, today)


def pin(session: Session, partner_id: str, command: Command, today: date) -> None:
    """Stays in the tier, whatever the numbers. Raises UserError."""
    refuse_if(why_no_last_day(command.until, today))
    if of_kind(session, partner_id, today, Override.PIN):
        refuse_if("the tier is pinned already; unpin it first")
    _begin(session, partner_id, Override.PIN, command, today)


def unblock(session: Session, partner_id: str, today: date) -> list[str]:
    """End every block; returns the offers of those that were of some offers. Raises UserError."""
    held = _end(session, partner_id, today, "not blocked", *_BLOCKS)
    return sorted({offer for row in held for offer in row.offers})


def unpin(session: Session, partner_id: str, today: date) -> None:
    """End a pin. Raises UserError."""
    _end(session, partner_id, today, "the tier is not pinned", Override.PIN)


def _begin(
    session: Session, partner_id: str, kind: Override, command: Command, today: date
) -> None:
    row = OverrideRow(
        partner_id=partner_id,
        kind=kind,
        from_day=today,
        until_day=command.until,
        who=command.who,
        reason=command.reason,
        offers=list(command.offers),
    )
    session.add(row)
    session.flush()


def _end(
    session: Session, partner_id: str, today: date, why_not: str, *kinds: Override
) -> list[OverrideRow]:
    held = of_kind(session, partner_id, today, *kinds)
    refuse_if(None if held else why_not)
    for row in held:
        row.until_day = today - timedelta(days=1)
    return held


# ---- the record ----


@dataclass(frozen=True)
class Deed:
    """What a person did, to whom, and by which policy; `command` says who they are, and why."""

    kind: CommandKind
    partner_id: str
    command: Command
    at: datetime
    policy_version: int
    tier: str | None
    to_tier: str | None
    case_id: str | None = None
    request: str | None = None
    deadline: date | None = None
    offers: Sequence[str] = ()


def record(session: Session, deed: Deed) -> InterventionRow:
    """Keep what a person did; its notice is sent from it."""
    command = deed.command
    row = InterventionRow(
        request=deed.request,
        partner_id=deed.partner_id,
        case_id=deed.case_id,
        kind=deed.kind,
        at=deed.at,
        who=command.who,
        reason=command.reason,
        policy_version=deed.policy_version,
        beyond_policy=command.beyond_policy,
        quiet=command.quiet,
        tier=deed.tier,
        to_tier=deed.to_tier,
        deadline=deed.deadline,
        until=command.until,
        offers=list(deed.offers or command.offers),
        told=None if deed.kind.notice and not command.quiet else QUIET,
    )
    session.add(row)
    session.flush()
    return row


def of_request(session: Session, request: str) -> InterventionRow | None:
    """What this request has done already; None if nothing yet."""
    return session.scalar(select(InterventionRow).where(InterventionRow.request == request))


def of_case(session: Session, case_id: str) -> list[InterventionRow]:
    """What people did about a case, in order."""
    query = select(InterventionRow).where(InterventionRow.case_id == case_id)
    return list(session.scalars(query.order_by(InterventionRow.intervention_id)))


def next_untold(session: Session, partner_id: str) -> InterventionRow | None:
    """The oldest that was about no case and that the partner has yet to be told of."""
    row = InterventionRow
    query = select(row).where(
        row.partner_id == partner_id, row.case_id.is_(None), row.told.is_(None)
    )
    return session.scalars(query.order_by(row.intervention_id).limit(1)).first()


def what_was_done(row: InterventionRow) -> str:
    """What was done, in a few words, as the decision keeps it."""
    returns = row.case_id is None and row.kind in (CommandKind.REINSTATED, CommandKind.OVERTURNED)
    parts = [
        f"back to {row.to_tier}" if returns else "",
        f"to {row.to_tier or 'no tier'}" if row.to_tier != row.tier else "",
        f"deadline {row.deadline}" if row.deadline else "",
        f"until {row.until}" if row.until else "",
        f"offers {', '.join(row.offers)}" if row.offers else "",
        "beyond policy" if row.beyond_policy else "",
        "quietly" if row.quiet else "",
    ]
    return ", ".join(part for part in parts if part) or str(row.kind)
