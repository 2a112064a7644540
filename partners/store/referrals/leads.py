"""Who works the lead of a referral: its turns, and the orders of its customer.

Whatever changes a lead holds `referrals.lock`, as what changes referrals does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from partners.domain.referrals.handover_figures import TurnFacts
from partners.domain.referrals.lead import (
    COUNTS,
    CustomerOrder,
    LeadState,
    Turn,
    TurnEnd,
)
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.referral_tables import LeadRow, LeadTurnRow, ReferralRow

CENTS = Decimal(100)
BY_SALES, BY_PERSON = "sales", "person"
"""Ways of a turn that are none of the policy's: the end of the line, and a person's word."""


def find(session: Session, referral_id: str) -> LeadRow | None:
    return session.get(LeadRow, referral_id)


def turns_of(session: Session, referral_id: str) -> list[LeadTurnRow]:
    """All of a lead's turns, in their order."""
    row = LeadTurnRow
    query = select(row).where(row.referral_id == referral_id)
    return list(session.scalars(query.order_by(row.number)))


def current(session: Session, lead: LeadRow) -> LeadTurnRow | None:
    """The turn that runs; None where none does."""
    row = LeadTurnRow
    query = select(row).where(row.referral_id == lead.referral_id, row.number == lead.turn)
    turn = session.scalar(query)
    return turn if turn is not None and turn.end is None else None


@dataclass(frozen=True)
class Given:
    """To whom a lead is given, how and why; `partner_id` None: to the provider's sales."""

    partner_id: str | None
    tier: str | None
    way: str
    who: str
    why: str = ""


def give(session: Session, referral_id: str, given: Given, now: datetime) -> LeadRow:
    """Begin the next turn of a lead, or its first; the one before has ended."""
    lead = find(session, referral_id)
    if lead is None:
        lead = LeadRow(referral_id=referral_id, turn=0, problem="")
        session.add(lead)
    lead.turn += 1
    stand(lead, LeadState.OFFERED if given.partner_id else LeadState.SALES, now)
    lead.changed_at = now
    session.flush()
    session.add(
        LeadTurnRow(
            referral_id=referral_id,
            number=lead.turn,
            partner_id=given.partner_id,
            tier=given.tier,
            way=given.way,
            who=given.who,
            why=given.why,
            since=now,
        )
    )
    session.flush()
    return lead


def end(turn: LeadTurnRow, how: TurnEnd, now: datetime) -> None:
    turn.end, turn.ended_at = how, now


def stand(lead: LeadRow, state: LeadState, now: datetime) -> None:
    if lead.state != state:
        lead.state, lead.changed_at = state, now


# ---- sales ----


def as_turns(rows: Sequence[LeadTurnRow]) -> list[Turn]:
    """The resellers' turns, as the domain has them."""
    return [
        Turn(row.number, row.partner_id, row.since, row.ended_at if _is_cut(row) else None)
        for row in rows
        if row.partner_id is not None
    ]


def _is_cut(row: LeadTurnRow) -> bool:
    """Whether orders after the turn's end are not the seller's: not where it ended by their own."""
    return row.end is not TurnEnd.WON


def customer_orders(
    session: Session, lead_ref: str, partner_ids: Collection[str]
) -> list[CustomerOrder]:
    """What these partners sold to the customer that the lead is."""
    order = OrderRow
    query = select(
        order.order_id, order.partner_id, order.placed_at, order.status, order.value_cents
    ).where(
        order.partner_id.in_(sorted(partner_ids)),
        order.customer_id == lead_ref,
        order.status.in_(COUNTS),
    )
    return [
        CustomerOrder(
            order_id,
            partner_id,
            datetime.fromtimestamp(placed_at, UTC),
            status,
            None if cents is None else Decimal(cents) / CENTS,
        )
        for order_id, partner_id, placed_at, status, cents in session.execute(query)
    ]


# ---- lists ----


def listed(
    session: Session, partner_id: str | None, states: Collection[LeadState]
) -> Iterator[tuple[LeadRow, ReferralRow, LeadTurnRow]]:
    """Leads with their newest turn, those that changed last leading; read while asked for.

    `partner_id`: only those that this partner has, or had last.
    """
    query = select(LeadRow, ReferralRow, LeadTurnRow).join(
        ReferralRow, ReferralRow.referral_id == LeadRow.referral_id
    )
    query = query.join(LeadTurnRow, _newest_turn())
    if partner_id:
        query = query.where(LeadTurnRow.partner_id == partner_id)
    if states:
        query = query.where(LeadRow.state.in_(states))
    query = query.order_by(LeadRow.changed_at.desc(), LeadRow.referral_id)
    for row in session.execute(query.execution_options(yield_per=500)):
        yield row.tuple()


def turns_since(
    session: Session, start: datetime | None, day_of: Callable[[datetime], date]
) -> Iterator[TurnFacts]:
    """Turns that began at a moment or later, as they are counted; None: all of them."""
    row = LeadTurnRow
    query = select(
        row.partner_id, row.since, row.told_at, row.taken_at, row.ended_at, row.end, row.won_on
    ).order_by(row.turn_id)
    if start is not None:
        query = query.where(row.since >= start)
    for name, since, *moments, end, won_on in session.execute(
        query.execution_options(yield_per=500)
    ):
        told_on, taken_on, ended_on = (at and day_of(at) for at in moments)
        yield TurnFacts(name, day_of(since), told_on, taken_on, ended_on, end, won_on)


def _newest_turn() -> ColumnElement[bool]:
    return and_(LeadTurnRow.referral_id == LeadRow.referral_id, LeadTurnRow.number == LeadRow.turn)
