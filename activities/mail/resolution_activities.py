"""Finding out what became of messages whose answer nobody saw, and telling who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from temporalio import activity

from activities.mail import mail_evidence
from activities.mail.protocol import STOPPED, Attempt
from activities.pages import side_by_side
from activities.services import Activities, Services
from partners.domain.mail.notices import MailState
from partners.domain.mail.resolution import Evidence, resolve
from partners.domain.mail.view import Resolve, Resolved
from partners.domain.time.clock import ProgramClock
from partners.mail.transport import NoTrace, Tracer
from partners.store.mail import outbox
from partners.store.tables.mail_tables import OutboxRow

ABANDONED = timedelta(minutes=10)
"""So long after the end of a claim nobody will come back to the message."""


class CasesThatWait(Protocol):
    """The way to the workflows of cases."""

    async def mail_changed(self, partner_id: str) -> bool:
        """Say that something was learned about a message; False if no workflow runs."""
        ...


class ResolutionActivities(Activities):
    """Settles unknown messages. Safe to repeat: only what is unknown is looked at."""

    def __init__(
        self, services: Services, tracer: Tracer | None, running: CasesThatWait, window: timedelta
    ) -> None:
        self._services = services
        self._tracer = tracer
        self._running = running
        self._window = window

    @activity.defn
    def resolve_unknown(self, request: Resolve) -> Resolved:
        """Look for evidence of each unknown message, oldest first; without any, its kind decides.

        The provider is asked outside of any transaction.
        """
        attempt, counts = Attempt.running(), dict.fromkeys(MailState, 0)
        if not self._services.transport.repeatable:
            self._find_abandoned(attempt)
        for outbox_id in self._unknown(request.most):
            state = self._look_into(outbox_id, attempt)
            counts[state] += 1
            activity.heartbeat()
        unknown = counts[MailState.UNKNOWN]
        lost = counts[MailState.LOST]
        return Resolved(sum(counts.values()) - unknown - lost, lost, unknown)

    @activity.defn
    async def tell_resolved(self) -> int:
        """Signal the cases whose mail became known; returns how many."""
        waiting = await asyncio.to_thread(self._untold)

        async def tell(partner_id: str) -> bool:
            return await self._running.mail_changed(partner_id)

        partners = sorted({partner for partner, case_id in waiting.values() if case_id and partner})
        # Told before it is noted: a crash in between tells a case twice; in the other order, never.
        told = await side_by_side(partners, tell)
        await asyncio.to_thread(self._note_told, list(waiting))
        return sum(map(bool, told))

    # ---- one message ----

    def _unknown(self, most: int) -> Sequence[int]:
        with self._services.database.read() as session:
            query = select(OutboxRow.outbox_id).where(OutboxRow.state == MailState.UNKNOWN)
            return session.scalars(query.order_by(OutboxRow.claimed_at).limit(most)).all()

    def _look_into(self, outbox_id: int, attempt: Attempt) -> MailState:
        """Settle one message if that can be done; returns its state then."""
        clock = self._services.clock
        with self._services.database.read() as session:
            row = session.get_one(OutboxRow, outbox_id)
            found = mail_evidence.from_events(session, row, clock)
        asked = True
        if found is None and self._tracer is not None:
            try:
                found = _trace(self._tracer, row, clock)
            except NoTrace as error:
                activity.logger.warning("%s", error)
                asked = False  # nobody has said no: such a message is not given up so soon
        with self._services.database.write() as session:
            return self._settle(session, outbox_id, found, attempt.now(clock), asked)

    def _settle(
        self, session: Session, outbox_id: int, found: Evidence | None, now: datetime, asked: bool
    ) -> MailState:
        row = session.get_one(OutboxRow, outbox_id, with_for_update=True)
        # Asked again under the lock: the answer may have come while the provider was asked.
        if row.state == MailState.UNKNOWN:
            finding = resolve(
                row.kind,
                _lost_with_this(session, row),
                found,
                handed_over_at=row.claimed_at or row.rendered_at,
                now=now,
                window=self._window,
                asked=asked,
            )
            if finding is not None:
                outbox.learn(row, finding.state, finding.at, finding.detail, finding.provider_id)
        return row.state

    def _find_abandoned(self, attempt: Attempt) -> None:
        """What nobody comes back to, for its workflow was ended, is unknown too."""
        with self._services.database.write() as session:
            query = select(OutboxRow).where(
                OutboxRow.state == MailState.SENDING,
                OutboxRow.claimed_until < attempt.real_now() - ABANDONED,
            )
            # In one order, and beside events, which only refer to them.
            lock = query.order_by(OutboxRow.outbox_id).with_for_update(key_share=True)
            for row in session.scalars(lock):
                now = attempt.now(self._services.clock)
                outbox.settle(row, MailState.UNKNOWN, now, detail=STOPPED)

    # ---- telling ----

    def _untold(self) -> dict[int, tuple[str | None, str | None]]:
        with self._services.database.read() as session:
            columns = (OutboxRow.outbox_id, OutboxRow.partner_id, OutboxRow.case_id)
            rows = session.execute(select(*columns).where(OutboxRow.untold))
            return {number: (partner, case_id) for number, partner, case_id in rows}

    def _note_told(self, outbox_ids: list[int]) -> None:
        with self._services.database.write() as session:
            told = update(OutboxRow).where(OutboxRow.outbox_id.in_(outbox_ids))
            session.execute(told.values(untold=False))


def _trace(tracer: Tracer, row: OutboxRow, clock: ProgramClock) -> Evidence | None:
    """What the provider's logs say; times become program time."""
    handed_over_at = clock.real_time(row.claimed_at or row.rendered_at)
    for address in row.to[:1]:
        found = tracer.find(row.public_id, address, handed_over_at)
        if found is not None:
            at = clock.program_time(found.at)
            return Evidence(found.state, at, found.detail, found.provider_id)
    return None


def _lost_with_this(session: Session, row: OutboxRow) -> int:
    """How many attempts at the notice would be lost, with this one."""
    if row.case_id is not None and row.kind.starts_clock:
        return outbox.count_lost(session, row.case_id, row.kind) + 1
    return row.attempt
