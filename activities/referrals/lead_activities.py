"""A referral's lead, looked at as a whole: gather, decide, apply. Safe to repeat."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from temporalio import activity

from activities.referrals import lead_file, lead_steps
from activities.referrals.lead_file import LeadFile
from activities.services import Activities, Services, actor, program_now
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.referrals.lead import LeadState
from partners.domain.referrals.lead_view import LeadNews, LeadRef, LeadTelling, LeadTurn, LeadView
from partners.store.referrals import referrals
from partners.store.referrals.referral_leads import Change
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.referral_tables import LeadTurnRow

MOST_TURNS = 12
"""A timeline lists no more; `partners referral leads` counts all."""


class LeadActivities(Activities):
    """What the workflow of a lead does to the database."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def look_at_lead(self, ref: LeadRef) -> LeadView:
        """Hand the lead over or on, count the purchase that an order is; where it stands then.

        The state decides, not what woke the workflow (rule 17), so a repeat changes nothing.
        """
        now, clock = program_now(self._services.clock), self._services.clock
        with self._services.database.write() as session:
            referrals.lock(session)
            file = LeadFile.of(session, ref.referral_id, now, actor())
            if file is None:
                return LeadView(ref.referral_id, ended=True, clock=clock)
            changes = lead_steps.look(file)
            session.flush()
            return _view(file, changes, self._services)


def _view(file: LeadFile, changes: list[Change], services: Services) -> LeadView:
    lead, turn = file.lead, file.turn
    if lead is None:
        return LeadView(file.referral.referral_id, ended=True, clock=services.clock)
    telling = _telling(file)
    return LeadView(
        referral_id=lead.referral_id,
        state=lead.state,
        headline=_headline(file),
        turns=tuple(_turn(file, row) for row in file.turns[-MOST_TURNS:]),
        due=_due(file, turn),
        problem=lead.problem,
        telling=telling,
        news=tuple(LeadNews(change.partner_id, change.event) for change in changes),
        wake_at=None if telling else _wake_at(file, turn),
        ended=not lead.state.is_open,
        clock=services.clock,
    )


def _headline(file: LeadFile) -> str:
    lead = file.lead
    assert lead is not None
    last = file.turns[-1]
    whom = last.partner_id or "sales"
    return {
        LeadState.OFFERED: f"Offered to {whom}",
        LeadState.TAKEN: f"Taken by {whom}",
        LeadState.SALES: "With sales",
        LeadState.WON: f"Won on {file.referral.bought_on}",
        LeadState.CLOSED: f"Closed: the referral is {file.referral.state}",
    }[lead.state]


def _turn(file: LeadFile, row: LeadTurnRow) -> LeadTurn:
    day_of = file.calendar.day_of
    end = row.end.value if row.end else "taken" if row.taken_at else ""
    ended_on = day_of(row.ended_at) if row.ended_at else None
    return LeadTurn(row.number, row.partner_id or "", row.way, day_of(row.since), end, ended_on)


def _due(file: LeadFile, turn: LeadTurnRow | None) -> date | None:
    if turn is None or turn.told_at is None or file.market is None or not file.is_offered:
        return None
    return file.market.due(turn.told_at)


def _telling(file: LeadFile) -> LeadTelling | None:
    """The message that is due now about the turn that runs."""
    turn, session = file.turn, file.session
    if turn is None or file.market is None or not file.goes_on:
        return None
    if turn.partner_id is None:
        key = lead_file.sales_key(turn)
        if _is_untold(lead_file.message(session, key)):
            return LeadTelling(key, NoticeKind.LEAD_SALES, "e-mail to sales: a lead")
        return None
    if not file.is_offered:
        return None
    key = lead_file.assigned_key(turn)
    if _is_untold(lead_file.message(session, key)):
        return LeadTelling(key, NoticeKind.LEAD_ASSIGNED, f"e-mail to {turn.partner_id}: a lead")
    remind = _reminder_at(file, turn)
    key = lead_file.reminder_key(turn)
    if remind and remind <= file.now and _is_untold(lead_file.message(session, key)):
        words = f"e-mail to {turn.partner_id}: reminder of the lead"
        return LeadTelling(key, NoticeKind.LEAD_ASSIGNED, words)
    return None


def _is_untold(row: OutboxRow | None) -> bool:
    """Whether a message has yet to be handed over, or it has to be learned what became of it."""
    if row is None:
        return True
    if row.state == MailState.LOST:
        return not lead_file.is_gone(row)
    return row.state in (MailState.QUEUED, MailState.SENDING, MailState.UNKNOWN)


def _reminder_at(file: LeadFile, turn: LeadTurnRow) -> datetime | None:
    """When the seller is reminded; None: never, or they were not told yet."""
    assert file.market is not None
    days = file.market.routing.reminder_days
    if not days or turn.told_at is None:
        return None
    day = file.calendar.day_of(turn.told_at) + timedelta(days=days)
    return file.calendar.office_time(day)


def _wake_at(file: LeadFile, turn: LeadTurnRow | None) -> datetime | None:
    """When something changes by itself; None: it waits for somebody."""
    if turn is None or file.market is None or turn.partner_id is None or not file.is_offered:
        return None
    if turn.told_at is None:  # the message waits for a person to send it
        return file.calendar.office_time(file.today + timedelta(days=1))
    moments = (_reminder_at(file, turn), file.market.goes_on_at(turn.told_at))
    return min((at for at in moments if at and at > file.now), default=None)
