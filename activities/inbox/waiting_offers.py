"""What waits for a person about what tiers open: tracks, leads, exclusives, orders, blocks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from partners.calendars import calendar_of
from partners.domain.inbox.inbox import InboxAct, InboxItem, InboxKind
from partners.domain.ladder import track
from partners.domain.number_words import number_of
from partners.domain.policy.policy import Policy
from partners.store.engine.database import Database
from partners.store.exclusives import exclusive_terms
from partners.store.ladder import track_lists
from partners.store.offers.catalogue import blocked_offers
from partners.store.offers.doubts import settled_orders
from partners.store.policy import policies
from partners.store.referrals import lead_watch
from partners.store.tables.track_tables import TrackStepRow

EXPIRED = timedelta(days=7)
"""A certification that expired longer ago is in `partners track list`."""


def tracks(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Steps that wait for staff to confirm them, and those that have expired in the last days: the
    partner was told of these, and nothing follows by itself."""
    with database.read() as session:
        found = policies.in_force_at(session, now)
        if found is None:
            return
        policy, calendar = found[1], calendar_of(found[1])
        for row in track_lists.waiting(session):
            why = f"{_step(policy, row)}: done on {row.said_on}, says {row.said_by}"
            who, act, since = row.partner_id, InboxAct.CONFIRM_STEP, row.said_at or now
            more = (row.step, row.track)
            yield InboxItem(InboxKind.TRACK, who, since, why, act, who, who, more)
        today = calendar.day_of(now)
        for row, _, _ in track_lists.expired(session, today - EXPIRED, today):
            if row.expires_on is None or not track.has_step(policy, row.track, row.step):
                continue
            why = f"{_step(policy, row)}: counted until {row.expires_on}; the tier stays"
            since = calendar.end_of(row.expires_on)
            who, act = row.partner_id, InboxAct.LOOK_AT_TRACK
            yield InboxItem(InboxKind.TRACK, who, since, why, act, who, who)


def _step(policy: Policy, row: TrackStepRow) -> str:
    return track.known_step(policy, row.track, row.step).label


def leads(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Leads that were to be handed over and are with nobody who works them, and orders of their
    customers that cannot count by themselves."""
    kind = InboxKind.LEAD
    with database.read() as session:
        for referral in lead_watch.unassigned(session):
            about, since = referral.referral_id, referral.accepted_at or referral.submitted_at
            act = InboxAct.ASSIGN_LEAD
            yield InboxItem(kind, about, since, "handed over to nobody", act, about)
        for lead in lead_watch.untaken(session):
            why = "with sales, and not taken"
            about = lead.referral_id
            yield InboxItem(kind, about, lead.changed_at, why, InboxAct.TAKE_LEAD, about)
        for lead in lead_watch.with_problem(session):
            about, act = lead.referral_id, InboxAct.LOOK_AT_REFERRAL
            yield InboxItem(kind, about, lead.changed_at, lead.problem, act, about)


def exclusives(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Those that end soon, which only a person renews; and warnings that reach nobody."""
    with database.read() as session:
        for row, at in exclusive_terms.renewal_waits(session):
            what, act = row.exclusive_id, InboxAct.RENEW_EXCLUSIVE
            why = f"ends on {row.last_day}, unless it is renewed"
            yield InboxItem(InboxKind.EXCLUSIVE, what, at, why, act, what, row.partner_id)
        for row, at, result in exclusive_terms.unreached(session):
            what, act = row.exclusive_id, InboxAct.LOOK_AT_EXCLUSIVE
            why = f"its warning reached nobody ({result}): no days run"
            yield InboxItem(InboxKind.EXCLUSIVE, what, at, why, act, what, row.partner_id)


def orders(database: Database, now: datetime) -> Iterator[InboxItem]:
    """One line for all of them: an import may bring many."""
    with database.read() as session:
        count, since = settled_orders.waiting(session)
    if since is not None:
        about = number_of(count, "order")
        why = "of offers that their partners could not have had when they were placed"
        yield InboxItem(InboxKind.ORDERS, about, since, why, InboxAct.LOOK_AT_ORDERS, "")


def blocks_in_words(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Blocks that were written in words which no offer has, once there are offers at all. The words
    stay in the record."""
    with database.read() as session:
        for row in blocked_offers.to_match(session, now):
            why, who = "no offer has these words as its id or its name", row.partner_id
            since = datetime.combine(row.from_day, time(), UTC)
            act = InboxAct.SAY_WHICH_OFFER
            yield InboxItem(InboxKind.OFFER, who, since, why, act, who, who)
