"""What was sent about a partner's referrals, for the timeline."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from activities.mail import mailed
from activities.refusing import policy_in_force
from activities.services import Services
from partners.calendars import calendar_of
from partners.domain.mail.view import Mailed
from partners.store.mail.mailed import about_referrals
from partners.store.tables.program_tables import PartnerRow

MOST = 6
"""There may be thousands; each look at the referrals brings the latest."""


def referral_mails(
    session: Session, partner_id: str, now: datetime, services: Services
) -> tuple[Mailed, ...]:
    """The latest of them, to the partner and to staff."""
    partner = session.get_one(PartnerRow, partner_id)
    calendar = calendar_of(policy_in_force(session, now)[1])
    found = about_referrals(session, partner_id, MOST)
    return mailed.listed(found, {partner.name: partner_id}, calendar, services)
