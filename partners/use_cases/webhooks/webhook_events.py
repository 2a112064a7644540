"""Changes told to the outside: what has not arrived, and what a person does about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from partners.domain.webhooks.view import EventState
from partners.loading import on_use
from partners.store.judging import appraisals
from partners.store.record import recorder
from partners.store.webhooks import webhooks
from partners.use_cases.acting import Admin, Manager, Viewer
from partners.use_cases.copying import copied, counted

with on_use():
    from partners.temporal import running


@dataclass(frozen=True)
class Event:
    """A change that has not arrived."""

    webhook_id: str
    event_id: int
    partner_id: str
    type: str
    occurred_at: datetime
    state: EventState
    attempts: int
    last_error: str | None
    body: str


@dataclass(frozen=True)
class Undelivered:
    """`on`: whether anybody is told of changes; the events are read as they are asked for."""

    on: bool
    events: Iterator[Event]


def undelivered(by: Viewer) -> Undelivered:
    """The oldest first; dead ones hold up their partner's."""
    with by.database.read() as session:
        return Undelivered(webhooks.is_on(session), _undelivered(by))


async def retry(by: Manager, event: str | None) -> int:
    """A dead letter is delivered again; None: every one. Returns for how many partners deliveries
    were started: also of what waits."""
    with by.database.write() as session:
        recorder.sign(session, by.name, by.now())
        dead = webhooks.undelivered(session, [EventState.DEAD])
        for row in list(dead) if event is None else [webhooks.find(session, event)]:
            webhooks.retry(row)
    return await _start(by)


async def skip(by: Manager, event: str, reason: str) -> None:
    """The receiver never gets this event, and those after it go out; the reason is kept."""
    now = by.now()
    with by.database.write() as session:
        recorder.sign(session, by.name, now)
        row = webhooks.find(session, event)
        webhooks.skip(row, datetime.now(UTC))
        words = f"Event {row.webhook_id} ({row.type}) was passed over: {reason}"
        appraisals.note(session, row.partner_id, words, who=by.name, at=now)
    await _start(by)


def turn_on(by: Admin) -> bool:
    """Changes are told from now on. Returns whether they were not before."""
    with by.database.write() as session:
        return webhooks.turn_on(session, datetime.now(UTC))


def turn_off(by: Admin) -> bool:
    """Nobody is told any more. Returns whether anybody was."""
    now = by.now()
    with by.database.write() as session:
        recorder.sign(session, by.name, now)
        return webhooks.turn_off(session)


def _undelivered(by: Viewer) -> Iterator[Event]:
    with by.database.read() as session:
        yield from (copied(Event, row) for row in webhooks.undelivered(session))


async def _start(by: Manager) -> int:
    """Start the delivery of everything that waits; returns for how many partners."""
    with by.database.read() as session:
        ids = webhooks.to_deliver(session)
    if ids:
        with by.program.progress("starting deliveries", len(ids)) as step:
            deliveries = running.RunningDeliveries(await by.program.connect())
            for partner_id in counted(ids, step):
                await deliveries.start(partner_id)
    return len(ids)
