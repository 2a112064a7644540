"""What providers report of messages: each event kept once, states that only go forward.

An event is a fact; what follows for a case is decided by the case's own activities, which look
here. So nothing depends on the order or the time in which events arrive.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from partners.domain.cases.case import CaseStatus
from partners.domain.mail.delivery import Event, MailEvent, further
from partners.domain.mail.notices import MailState
from partners.domain.mail.topics import EVERYTHING, OPTIONAL
from partners.mail_addresses import normal
from partners.store.cases.cases import lock_cases
from partners.store.mail import recipients
from partners.store.tables.base import insert_into
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import DeliveryRow, MailEventRow, OutboxRow
from partners.store.tables.program_tables import MAIL_EVENTS_LOCK, LockRow

EVENT, LIST, SIMULATED = "event", "list", "simulated"
"""How something came to be known: a signed event, the provider's list, or somebody's button."""
NEAR = timedelta(days=3)
"""An event without our id may be about a message of so many days before: bounces come that late."""

_UNRESOLVED = (MailState.UNKNOWN, MailState.SENDING)
_HARMLESS = (Event.PROCESSED, Event.DEFERRED, Event.DELIVERED, Event.OPEN, Event.CLICK)


@dataclass(frozen=True)
class Evidence:
    """What the provider's events say of a message whose answer was never seen."""

    state: MailState  # accepted, or rejected where it did not arrive
    at: datetime  # when the provider had it
    provider_id: str | None
    detail: str


@dataclass(frozen=True)
class Taken:
    """What became of a batch, and which partners' cases should look at their mail."""

    new: int = 0
    known: int = 0
    foreign: int = 0  # about no message of ours; kept, for addresses count all the same
    partners: frozenset[str] = field(default_factory=frozenset)


def take_in(
    session: Session,
    events: Iterable[MailEvent],
    now: datetime,
    *,
    groups: dict[int, str] | None = None,
    source: str = EVENT,
) -> Taken:
    """Keep new events with all that follows from them; those known already change nothing.

    `groups`: the topics of the provider's unsubscribe groups. `source`: how they came to be known.
    Batches take turns.
    """
    # How far a message came is read and then written: two batches would both find the older state.
    session.get(LockRow, MAIL_EVENTS_LOCK, with_for_update=True)
    new = known = foreign = 0
    partners: set[str] = set()
    found = [(event, *_message_of(session, event)) for event in events]
    # Before anything is kept: an event refers to its message, and so holds it.
    lock_cases(session, {case_id for event, row, _ in found if (case_id := _concerned(event, row))})
    for event, row, by_id in found:
        # Kept first: an event that comes again must not block an address unblocked since.
        if not _keep(session, event, row, by_id, now, source):
            known += 1
            continue
        new += 1
        foreign += row is None
        _suppress(session, event, row, groups or {}, source)
        if row is not None and _advance(session, event, row, by_id) and row.partner_id:
            _mark_untold(session, row)
            partners.add(row.partner_id)
    return Taken(new, known, foreign, frozenset(partners))


def evidence(session: Session, outbox_id: int) -> Evidence | None:
    """What is known of a message from events that carry our id; None if there are none."""
    rows = [row for row in timeline(session, outbox_id) if row.by_id]
    states = [(state, row) for row in rows if (state := _event(row).delivery) is not None]
    if not states:
        return None
    furthest, said = max(states, key=lambda pair: pair[0].rank)
    ids = [row.message_id for row in rows if row.message_id]
    return Evidence(
        state=MailState.REJECTED if furthest.failed else MailState.ACCEPTED,
        at=min(row.at for _, row in states),
        provider_id=ids[0] if ids else None,
        detail=f"{furthest}: {said.reason}" if said.reason else furthest.value,
    )


def timeline(session: Session, outbox_id: int) -> Sequence[MailEventRow]:
    """Everything reported of a message, in the order in which it happened."""
    query = select(MailEventRow).where(MailEventRow.outbox_id == outbox_id)
    return session.scalars(query.order_by(MailEventRow.at, MailEventRow.event_id)).all()


def deliveries(session: Session, outbox_ids: Iterable[int]) -> dict[int, DeliveryRow]:
    """How far each message came; of several addresses the one that came furthest."""
    query = select(DeliveryRow).where(DeliveryRow.outbox_id.in_(list(outbox_ids)))
    rows = sorted(session.scalars(query), key=lambda row: row.state.rank)
    return {row.outbox_id: row for row in rows}


# Built once, for every warning asks.
_DELIVERIES = select(DeliveryRow).where(DeliveryRow.outbox_id == bindparam("outbox_id"))


def failed_delivery(session: Session, outbox_id: int) -> DeliveryRow | None:
    """The failure of a message that reached none of its addresses; None if it may have."""
    rows = list(session.scalars(_DELIVERIES, {"outbox_id": outbox_id}))
    message = session.get_one(OutboxRow, outbox_id)
    failed = [row for row in rows if row.state.failed]
    reached = {normal(address) for address in message.to} - {row.email for row in failed}
    return None if reached else next(iter(failed), None)


def _fingerprint(event: MailEvent, row: OutboxRow | None) -> str:
    about = row.public_id if row is not None else event.outbox_id or ""
    # With the type: SendGrid names both kinds of bounce alike.
    parts = (about, event.event, str(event.at.timestamp()), event.email, event.bounce_type)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _keep(
    session: Session,
    event: MailEvent,
    row: OutboxRow | None,
    by_id: bool,
    now: datetime,
    source: str,
) -> bool:
    """Store an event; False if it is known by the provider's id, or by what it says."""
    values: dict[str, Any] = {
        "fingerprint": _fingerprint(event, row),
        "sg_event_id": event.sg_event_id,
        "event": event.event,
        "email": event.email,
        "at": event.at,
        "received_at": now,
        "outbox_id": row.outbox_id if row is not None else None,
        "by_id": by_id,
        "message_id": event.message_id,
        "bounce_type": event.bounce_type,
        "reason": event.reason,
        "simulated": source == SIMULATED,
    }
    statement = insert_into(session, MailEventRow).values(values).on_conflict_do_nothing()
    return session.execute(statement.returning(MailEventRow.event_id)).first() is not None


def _message_of(session: Session, event: MailEvent) -> tuple[OutboxRow | None, bool]:
    """The message by our id, if it went to that address; else the newest to that address."""
    if event.outbox_id:
        query = select(OutboxRow).where(OutboxRow.public_id == event.outbox_id)
        row = session.scalars(query).first()
        return (row, True) if row is not None and _went_to(row, event.email) else (None, False)
    # Of other mail of the same account there may be much, and of most of it nothing follows.
    return (None if event.event in _HARMLESS else _by_address(session, event)), False


def _by_address(session: Session, event: MailEvent) -> OutboxRow | None:
    """The partner's newest accepted message to that address, of the days before the event."""
    partner = recipients.partners_at(session, event.email)
    query = select(OutboxRow).where(
        OutboxRow.partner_id.in_(partner),
        OutboxRow.state == MailState.ACCEPTED,
        OutboxRow.claimed_at <= event.at,
        OutboxRow.claimed_at >= event.at - NEAR,
    )
    rows = session.scalars(query.order_by(OutboxRow.outbox_id.desc()).limit(20))
    return next((row for row in rows if _went_to(row, event.email)), None)


def _went_to(row: OutboxRow, email: str) -> bool:
    return email in map(normal, row.to)


def _suppress(
    session: Session,
    event: MailEvent,
    row: OutboxRow | None,
    groups: dict[int, str],
    source: str,
) -> None:
    """Bounces and complaints block the address; unsubscriptions what they name."""
    scope = None
    if event.is_hard_bounce or event.event is Event.SPAM_REPORT:
        scope = recipients.ALL
    elif event.event is Event.UNSUBSCRIBE:
        scope = EVERYTHING
    elif event.event in (Event.GROUP_UNSUBSCRIBE, Event.GROUP_RESUBSCRIBE):
        topic = OPTIONAL.get(row.kind) if row is not None else None
        scope = groups.get(event.group_id, topic) if event.group_id is not None else topic
    if scope is None:
        return
    if event.event is Event.GROUP_RESUBSCRIBE:
        recipients.lift(session, [event.email], [scope], before=event.at)
        return
    recipients.suppress(
        session, event.email, scope, event.event, source, event.at, detail=event.reason
    )


def _advance(session: Session, event: MailEvent, row: OutboxRow, by_id: bool) -> bool:
    """Move the message's state forward; whether its case should look at it."""
    new = event.delivery
    if new is None or not (by_id or new.failed):
        return False
    found = session.get(DeliveryRow, (row.outbox_id, event.email))
    old = found.state if found is not None else None
    if found is None:
        found = DeliveryRow(outbox_id=row.outbox_id, email=event.email)
        session.add(found)
    if further(old, new) is not old:
        found.state, found.at, found.reason = new, event.at, event.reason
        session.flush()
    # Unresolved: then it is known by our id.
    return row.state in _UNRESOLVED or (new.failed and row.kind.starts_clock)


def _concerned(event: MailEvent, row: OutboxRow | None) -> str | None:
    """The case that may have to look at an event; see `_advance`, which says whether it has to."""
    if row is None or event.delivery is None:
        return None
    return row.case_id if event.delivery.failed or row.state in _UNRESOLVED else None


def _mark_untold(session: Session, row: OutboxRow) -> None:
    """Should the signal get lost, the daily watch tells the case, on hold or not."""
    over = (CaseStatus.DECIDED, CaseStatus.CLOSED)
    running = (CaseRow.case_id == row.case_id, CaseRow.status.not_in(over))
    session.execute(update(CaseRow).where(*running).values(untold=True))


def _event(row: MailEventRow) -> MailEvent:
    return MailEvent(row.event, row.email, row.at, bounce_type=row.bounce_type)
