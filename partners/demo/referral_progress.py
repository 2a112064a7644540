"""How far the stories of partners who refer have come, read from the demo's database."""

from __future__ import annotations

from datetime import UTC

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.demo.referring import REFERRAL_STORIES, ReferralStory
from partners.demo.scene import Scene
from partners.demo.stories import Ending
from partners.domain.policy.policy import Policy
from partners.domain.referrals.referral import ReferralState
from partners.store.referrals import referral_money, referrals
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.referral_tables import ReferralNewsRow


def referral_scenes(session: Session, policy: Policy) -> list[Scene]:
    """Every referral partner's scene, in the order of the stories."""
    return [_scene(session, policy, story) for story in REFERRAL_STORIES]


def _scene(session: Session, policy: Policy, story: ReferralStory) -> Scene:
    partner = session.get_one(PartnerRow, story.partner_id)
    events = _told(session, story.partner_id)
    messages = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.partner_id == story.partner_id)
        .order_by(OutboxRow.outbox_id)
    ).all()
    currency = policy.program.currency
    money = referral_money.balance_of(session, story.partner_id, currency)
    rows = referrals.of_partner(session, story.partner_id, ReferralState.CONVERTED)
    earned = referrals.amount_words(money.due, currency)
    bought = f"{len(rows)} purchase{'' if len(rows) == 1 else 's'}"
    numbers = f"{bought}, earned {earned}"
    status = f"a reseller: {partner.tier}" if partner.tier else f"refers: {bought} so far"
    ending = _ending(events)
    return Scene(
        story=story,
        status=f"{status}, one refunded" if ending is Ending.REFUNDED else status,
        numbers=numbers,
        deadline=None,
        notice=_notice(messages[-1]) if messages else "",
        notices=len(messages),
        ending=ending,
        why=numbers if ending else "",
    )


def _told(session: Session, partner_id: str) -> set[str]:
    """What the partner, or staff about them, have been told: kinds, and what happened."""
    row = ReferralNewsRow
    query = select(row.kind, row.event).where(
        row.partner_id == partner_id, row.told_at.is_not(None)
    )
    return {word for kind_and_event in session.execute(query) for word in kind_and_event}


def _ending(told: set[str]) -> Ending | None:
    if "entered" in told:
        return Ending.REFUNDED if {"refunded", "referral_staff"} <= told else Ending.QUALIFIED
    return Ending.STAYS if "window_ended" in told else None


def _notice(message: OutboxRow) -> str:
    return f"{message.kind.replace('_', ' ')}, {message.rendered_at.astimezone(UTC):%-d %b}"
