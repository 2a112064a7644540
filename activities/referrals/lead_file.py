"""Everything about one referral's lead, gathered within one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.mail.notices import MailState
from partners.domain.mail.resolution import sends_again
from partners.domain.policy.policy import Policy
from partners.domain.referrals.lead import ASSIGNABLE, LeadState
from partners.domain.time.calendar import ProgramCalendar
from partners.store.policy import policies
from partners.store.referrals import leads, referrals
from partners.store.referrals.sellers import Market
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.referral_tables import LeadRow, LeadTurnRow, ReferralRow

GONE = (MailState.REJECTED, MailState.SUPERSEDED)
"""A message that stands so reaches nobody any more."""


@dataclass
class LeadFile:
    """Everything about one lead. `who`: as it is recorded that something was done to it.

    `market` is None where the policy hands no leads over: then nothing goes on by itself.
    """

    session: Session
    referral: ReferralRow
    lead: LeadRow | None
    turns: list[LeadTurnRow]
    policy: Policy
    calendar: ProgramCalendar
    market: Market | None
    now: datetime
    who: str

    @classmethod
    def of(cls, session: Session, referral_id: str, now: datetime, who: str) -> LeadFile | None:
        """The lead's file; None where there is no such referral, or nobody refers any more."""
        referral = referrals.find(session, referral_id)
        in_force = policies.in_force_at(session, now)
        if referral is None or in_force is None or in_force[1].referral is None:
            return None
        policy = in_force[1]
        return cls(
            session,
            referral,
            leads.find(session, referral_id),
            leads.turns_of(session, referral_id),
            policy,
            calendar_of(policy),
            Market.of(policy, now),
            now,
            who,
        )

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.now)

    @property
    def turn(self) -> LeadTurnRow | None:
        """The turn that runs; None where none does."""
        last = self.turns[-1] if self.turns else None
        return last if last is not None and last.end is None else None

    @property
    def is_offered(self) -> bool:
        return self.lead is not None and self.lead.state is LeadState.OFFERED

    @property
    def goes_on(self) -> bool:
        """Whether the referral may still lead to a purchase."""
        return self.referral.state in ASSIGNABLE

    def look_again(self) -> None:
        """Take in what this transaction has changed."""
        self.lead = leads.find(self.session, self.referral.referral_id)
        self.turns = leads.turns_of(self.session, self.referral.referral_id)


def assigned_key(turn: LeadTurnRow) -> str:
    """`lead/17/assigned`, by the turn's number in the table: it names neither referral nor lead."""
    return f"lead/{turn.turn_id}/assigned"


def reminder_key(turn: LeadTurnRow) -> str:
    return f"lead/{turn.turn_id}/reminder"


def sales_key(turn: LeadTurnRow) -> str:
    return f"lead/{turn.turn_id}/sales"


def message(session: Session, key: str) -> OutboxRow | None:
    """The newest attempt at a notice; not locked, for it is only looked at."""
    row = OutboxRow
    query = select(row).where(row.notice_key == key).order_by(row.attempt.desc())
    return session.scalars(query.limit(1)).first()


def is_gone(row: OutboxRow | None) -> bool:
    """Whether a message will reach nobody."""
    if row is None:
        return False
    lost = row.state == MailState.LOST and not sends_again(row.kind, row.attempt)
    return row.state in GONE or lost
