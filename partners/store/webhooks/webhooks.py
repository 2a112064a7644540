"""Events for the outside: written with the change, delivered later, in order for each partner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from partners.domain.record.audit import canonical
from partners.domain.record.standing import Change, Place, Standing
from partners.domain.webhooks.view import EventState
from partners.errors import Refusal, UserError
from partners.store.tables.audit_tables import WebhookEventRow
from partners.store.tables.base import ask
from partners.store.tables.program_tables import SettingRow

SETTING = "webhook"
"""Of the database: a row means that changes are told. `partners setup` writes it."""

UNDELIVERED = (EventState.PENDING, EventState.DEAD)
_IS_ON = select(SettingRow.name).where(SettingRow.name == SETTING)
_NOWHERE = Place(None, Standing.NOT_ENROLLED)


@dataclass(eq=False)
class UnknownEvent(Refusal):
    """No event has this id or number."""

    says = "there is no event {event!r}"

    event: str


def is_on(session: Session) -> bool:
    """Whether changes are written as events. The database says so, so that every process does."""
    return ask(session, _IS_ON).first() is not None


def turn_on(session: Session, at: datetime) -> bool:
    """From now on changes are told; returns whether that is new."""
    if is_on(session):
        return False
    session.add(SettingRow(name=SETTING, value=at.isoformat()))
    return True


def turn_off(session: Session) -> bool:
    """From now on nothing is told; what is not delivered stays. Returns whether it was on."""
    row = session.get(SettingRow, SETTING)
    if row is not None:
        session.delete(row)
    return row is not None


def emit(session: Session, changes: Sequence[Change], at: datetime) -> list[str]:
    """Write the events of these changes, in the audit's turn; returns the partners concerned."""
    told = [(change, type_) for change in changes for type_ in change.event_types]
    if not told or not is_on(session):
        return []
    # Numbered in the audit's turn: receivers order by the number, so none may be committed after a
    # higher one, as those of a sequence may be.
    last = session.scalar(select(func.max(WebhookEventRow.event_id))) or 0
    rows = [
        _event(number, change, type_, at) for number, (change, type_) in enumerate(told, last + 1)
    ]
    session.execute(insert(WebhookEventRow), rows)
    return list(dict.fromkeys(change.partner_id for change, _ in told))


def _event(number: int, change: Change, type_: str, at: datetime) -> dict[str, object]:
    """The row of an event; its body is by Standard Webhooks: type, timestamp, data."""
    before, after = change.before or _NOWHERE, change.after
    data = {
        "partner_id": change.partner_id,
        "tier": after.tier,
        "standing": after.standing,
        "previous_tier": before.tier,
        "previous_standing": before.standing,
        "sequence": number,
    }
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "event_id": number,
        "webhook_id": f"evt_{uuid4().hex}",
        "partner_id": change.partner_id,
        "type": type_,
        "occurred_at": at,
        "body": canonical({"type": type_, "timestamp": moment, "data": data}),
        "state": EventState.PENDING,
        "attempts": 0,
    }


# ---- delivering ----


def head(session: Session, partner_id: str) -> WebhookEventRow | None:
    """The partner's oldest event that has not arrived; one that is dead holds up those after it."""
    row = WebhookEventRow
    query = select(row).where(row.partner_id == partner_id, row.state.in_(UNDELIVERED))
    return session.scalars(query.order_by(row.event_id).limit(1).with_for_update()).first()


def to_deliver(session: Session) -> list[str]:
    """Partners whose oldest undelivered event is to be delivered, the one that waits longest
    first."""
    row = WebhookEventRow
    query = select(row.partner_id, row.state).where(row.state.in_(UNDELIVERED))
    heads: dict[str, EventState] = {}
    for partner_id, state in session.execute(query.order_by(row.event_id)):
        heads.setdefault(partner_id, state)
    return [partner_id for partner_id, state in heads.items() if state == EventState.PENDING]


def find(session: Session, webhook_id: str) -> WebhookEventRow:
    """An event by its id or its number, locked. Raises UnknownEvent if there is none."""
    query = select(WebhookEventRow).where(WebhookEventRow.webhook_id == webhook_id)
    if webhook_id.isascii() and webhook_id.isdigit() and len(webhook_id) < 18:
        query = select(WebhookEventRow).where(WebhookEventRow.event_id == int(webhook_id))
    row = session.scalar(query.with_for_update())
    if row is None:
        raise UnknownEvent(webhook_id)
    return row


def undelivered(
    session: Session, states: Iterable[EventState] = UNDELIVERED
) -> Iterator[WebhookEventRow]:
    """Events in these states, the oldest first, read as they are asked for."""
    query = select(WebhookEventRow).where(WebhookEventRow.state.in_(list(states)))
    query = query.order_by(WebhookEventRow.event_id).execution_options(yield_per=500)
    yield from session.scalars(query)


CUT = "the attempt was cut: no answer was noted"


def attempted(row: WebhookEventRow) -> None:
    """It is about to be handed over; whatever becomes of that is noted afterwards."""
    row.attempts += 1
    row.last_error = CUT


def arrived(row: WebhookEventRow, at: datetime) -> None:
    row.state, row.settled_at, row.last_error = EventState.DELIVERED, at, None


def failed(row: WebhookEventRow, why: str) -> None:
    row.last_error = why


def give_up(row: WebhookEventRow, at: datetime) -> None:
    """A dead letter: a person tries it again or passes it over."""
    if row.state == EventState.PENDING:
        row.state, row.settled_at = EventState.DEAD, at


def retry(row: WebhookEventRow) -> None:
    """A person has a dead letter delivered again. Raises UserError for one that is not dead."""
    if row.state != EventState.DEAD:
        raise UserError(f"event {row.webhook_id} is no dead letter: it is {row.state}")
    row.state, row.settled_at = EventState.PENDING, None


def skip(row: WebhookEventRow, at: datetime) -> None:
    """A person passes over an event, so that those after it go out."""
    if row.state not in UNDELIVERED:
        raise UserError(f"event {row.webhook_id} does not wait: it is {row.state}")
    row.state, row.settled_at = EventState.SKIPPED, at
