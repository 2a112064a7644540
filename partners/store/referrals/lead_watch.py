"""Which leads are to be looked at though nobody said so, and which wait for a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from partners.domain.policy.sections.lead_routing import LeadRouting
from partners.domain.referrals.lead import ASSIGNABLE, COUNTS, LeadState, sale
from partners.store.policy import policies
from partners.store.referrals import leads, sellers
from partners.store.referrals.leads import CENTS
from partners.store.referrals.sellers import Market
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.program_tables import PartnerRow, PolicyRow
from partners.store.tables.referral_tables import LeadRow, LeadTurnRow, ReferralRow

PAGE = 500
OPEN = [state for state in LeadState if state.is_open]


def to_be_looked_at(session: Session, market: Market) -> list[str]:
    """Leads of which something is to be done that nobody may have told their workflow: to be
    handed to somebody, or on to the next; bought by an order, or so no more."""
    found = set(_turned(session)) | set(bought(session)) | set(_to_go_on(session, market))
    found |= {row.referral_id for row in unassigned(session) if _by_itself(session, row)}
    return sorted(found)


def routing_of(session: Session, referral: ReferralRow) -> LeadRouting | None:
    """How leads were handed over when the referral was accepted; None: not at all, so a policy
    that begins to does not hand over what was accepted before."""
    if referral.policy_version is None:
        return None
    section = policies.load(session, referral.policy_version).referral
    return section.routing if section is not None else None


def concerned(session: Session, referral_ids: Collection[str]) -> list[str]:
    """Which of these referrals have a lead that is followed, or is to be handed over by itself."""
    ids = sorted(set(referral_ids))
    row, found = ReferralRow, set[str]()
    for start in range(0, len(ids), PAGE):
        some = ids[start : start + PAGE]
        found |= set(
            session.scalars(select(LeadRow.referral_id).where(LeadRow.referral_id.in_(some)))
        )
        query = select(row).where(row.referral_id.in_(some), row.state.in_(ASSIGNABLE))
        found |= {one.referral_id for one in session.scalars(query) if _by_itself(session, one)}
    return sorted(found)


def _by_itself(session: Session, referral: ReferralRow) -> bool:
    routing = routing_of(session, referral)
    return routing is not None and routing.by_itself


def unassigned(session: Session) -> Iterator[ReferralRow]:
    """Referrals that were accepted to be handed over, and of which nobody has the lead; those
    accepted first leading."""
    row, routed = ReferralRow, _routed(session)
    if not routed:
        return
    followed = exists().where(LeadRow.referral_id == row.referral_id)
    query = select(row).where(row.state.in_(ASSIGNABLE), row.policy_version.in_(routed), ~followed)
    yield from session.scalars(query.order_by(row.accepted_at, row.referral_id))


def _routed(session: Session) -> list[int]:
    """The versions of the policy that hand leads over."""
    versions = session.scalars(select(PolicyRow.version).order_by(PolicyRow.version)).all()
    sections = ((version, policies.load(session, version).referral) for version in versions)
    return [version for version, section in sections if section and section.routing]


def untaken(session: Session) -> Sequence[LeadRow]:
    """Leads that came to the provider's sales, and that nobody there has taken."""
    query = select(LeadRow).where(LeadRow.state == LeadState.SALES)
    return session.scalars(query.order_by(LeadRow.changed_at, LeadRow.referral_id)).all()


def with_problem(session: Session) -> Sequence[LeadRow]:
    """Leads of which a person has to look at an order."""
    query = select(LeadRow).where(LeadRow.problem != "")
    return session.scalars(query.order_by(LeadRow.changed_at, LeadRow.referral_id)).all()


def _turned(session: Session) -> Sequence[str]:
    """Leads that are worked though their referral has ended, or have ended though it goes on."""
    goes_on, is_worked = ReferralRow.state.in_(ASSIGNABLE), LeadRow.state.in_(OPEN)
    query = (
        select(LeadRow.referral_id)
        .join(ReferralRow, ReferralRow.referral_id == LeadRow.referral_id)
        .where(or_(and_(goes_on, ~is_worked), and_(~goes_on, is_worked)))
    )
    return session.scalars(query).all()


def _to_go_on(session: Session, market: Market) -> Iterator[str]:
    """Leads of sellers who may keep them no longer, or have not answered in time."""
    query = (
        select(LeadTurnRow, PartnerRow)
        .join(PartnerRow, PartnerRow.partner_id == LeadTurnRow.partner_id)
        .where(LeadTurnRow.end.is_(None))
    )
    for turn, partner in session.execute(query):
        late = turn.taken_at is None and market.is_over(turn.told_at)
        if late or sellers.why_not(session, market, partner, turn.tier):
            yield turn.referral_id


# ---- bought, by an order ----


def bought(session: Session) -> Iterator[str]:
    """Leads of which an order says something new: they were bought, or otherwise, or not."""
    yield from _newly_bought(session)
    order = OrderRow
    query = (
        select(LeadRow, order.status, order.value_cents, order.placed_at)
        .outerjoin(order, order.order_id == LeadRow.order_id)
        .where(LeadRow.order_id.is_not(None))
    )
    for lead, status, cents, placed_at in session.execute(query):
        amount = None if cents is None else Decimal(cents) / CENTS
        placed = None if placed_at is None else datetime.fromtimestamp(placed_at, UTC)
        same = (amount, placed) == (lead.amount, lead.bought_at)
        counts = status in COUNTS
        if counts != (lead.taken_back_at is None) or (counts and not same):
            yield lead.referral_id


def _newly_bought(session: Session) -> Iterator[str]:
    """Of the leads that are worked: those that a seller has sold to, in their turn."""
    order, turn = OrderRow, LeadTurnRow
    sold = exists().where(
        order.partner_id == turn.partner_id,
        order.customer_id == ReferralRow.lead_ref,
        order.status.in_(COUNTS),
    )
    query = (
        select(turn, ReferralRow.lead_ref)
        .join(LeadRow, LeadRow.referral_id == turn.referral_id)
        .join(ReferralRow, ReferralRow.referral_id == turn.referral_id)
        .where(LeadRow.state.in_(OPEN), turn.partner_id.is_not(None), sold)
    )
    by_lead: defaultdict[tuple[str, str], list[LeadTurnRow]] = defaultdict(list)
    for row, lead_ref in session.execute(query):
        by_lead[row.referral_id, lead_ref].append(row)
    for (referral_id, lead_ref), rows in by_lead.items():
        turns = leads.as_turns(rows)
        orders = leads.customer_orders(session, lead_ref, {t.partner_id for t in turns})
        if sale(turns, orders) is not None:
            yield referral_id
