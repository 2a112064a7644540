"""What tests of exclusives say about a world: sign one, sell, miss, and let the workflow hear."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from partners.domain.exclusives.view import ExclusiveResult
from partners.domain.offers.exclusive import ExclusiveStatus, PeriodVerdict
from partners.store.exclusives import exclusive_terms
from partners.store.offers import exclusive_standing
from partners.store.offers.holding import exclusives
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.exclusive_tables import ExclusiveRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.temporal.running_exclusives import RunningExclusives
from tests import builders
from tests.workflows.conftest import World
from workflows.kit.options import exclusive_workflow_id
from workflows.offers.exclusive_term import ExclusiveTerm

Handle = WorkflowHandle[ExclusiveTerm, ExclusiveResult]
APRIL, JUNE = date(2035, 4, 1), date(2035, 6, 30)


class Holding:
    """A world in which acme holds an exclusive for window cleaning."""

    def __init__(
        self, world: World, exclusive_id: str = "acme-x1", partner_id: str = "acme"
    ) -> None:
        self.world = world
        self.exclusive_id = exclusive_id
        self.partner_id = partner_id

    @property
    def handle(self) -> Handle:
        return self.world.client.get_workflow_handle_for(
            ExclusiveTerm.run, exclusive_workflow_id(self.exclusive_id)
        )

    def sign(self, first: date = APRIL, last: date = JUNE, **columns: Any) -> None:
        """From April through June, ten orders in each month."""
        with self.world.database.write() as session:
            builders.an_exclusive(
                session,
                self.exclusive_id,
                self.partner_id,
                **{
                    "service": "windows",
                    "minimum_orders": 10,
                    "first_day": first,
                    "last_day": last,
                    "status": ExclusiveStatus.ANNOUNCED,
                    **columns,
                },
            )

    def sells(self, month: int, count: int, last_day: int = 28, **columns: Any) -> None:
        """So many orders, spread over the days of a month of 2035 from its first on."""
        first, last = date(2035, month, 1), date(2035, month, last_day)
        self.world.orders(first, last, count, service="windows", **columns)

    def row(self) -> ExclusiveRow:
        with self.world.database.read() as session:
            return session.get_one(ExclusiveRow, self.exclusive_id)

    def change(self, **columns: Any) -> None:
        with self.world.database.write() as session:
            row = session.get_one(ExclusiveRow, self.exclusive_id)
            for name, value in columns.items():
                setattr(row, name, value)

    async def start(self) -> Handle:
        await RunningExclusives(self.world.client).start(self.exclusive_id)
        return self.handle

    def moves_to(self, tier: str | None, **columns: Any) -> None:
        """The holder is in another tier, or in none."""
        with self.world.database.write() as session:
            row = session.get_one(PartnerRow, self.partner_id)
            for name, value in {"tier": tier, **columns}.items():
                setattr(row, name, value)

    def writes_to(self, email: str) -> None:
        """The holder has another address."""
        with self.world.database.write() as session:
            session.get_one(PartnerRow, self.partner_id).email = email

    def message(self, session: Session, key: str) -> OutboxRow:
        query = select(OutboxRow).where(
            OutboxRow.message_key == f"exclusive/{self.exclusive_id}/{key}"
        )
        return session.scalars(query).one()

    def blocked(self, first: date, last: date | None = None) -> None:
        with self.world.database.write() as session:
            session.add(
                OverrideRow(
                    partner_id=self.partner_id,
                    kind="block",
                    from_day=first,
                    until_day=last,
                    who="Ann",
                    reason="unpaid bills",
                    offers=[],
                )
            )

    def ends(self, who: str, reason: str, at: datetime) -> None:
        """A person ends it."""
        with self.world.database.write() as session:
            row = session.get_one(ExclusiveRow, self.exclusive_id)
            exclusive_standing.stand(session, row, ExclusiveStatus.ENDED, at, who, reason)

    async def told(self, *keys: str) -> None:
        """Wait, without letting time pass, until these messages have been sent."""
        await self.world.eventually(lambda: set(keys) <= set(self.mails()), f"{keys} were sent")

    async def over_by(self, day: date) -> ExclusiveResult:
        """How it ended, by noon of that day."""
        await self.until(day)
        async with asyncio.timeout(20):
            return await self.handle.result()

    async def look(self) -> None:
        await self.handle.signal(ExclusiveTerm.look_again)

    async def until(self, day: date, hour: int = 12) -> None:
        await self.world.until(datetime.combine(day, time(hour), UTC))

    async def seen(self, **wanted: Any) -> None:
        """Wait, without letting time pass, until the workflow has seen it stand as named."""
        async with asyncio.timeout(20):
            while True:
                with suppress(RPCError):
                    view = await self.handle.query(
                        ExclusiveTerm.show_term, rpc_timeout=timedelta(seconds=2)
                    )
                    if view is not None and all(getattr(view, k) == v for k, v in wanted.items()):
                        return
                await asyncio.sleep(0.02)

    def periods(self) -> dict[str, tuple[int, PeriodVerdict]]:
        """What was judged: orders and verdict, by the period's name."""
        with self.world.database.read() as session:
            rows = exclusives.periods(session, self.exclusive_id)
            return {str(exclusive_terms.span_of(row)): (row.placed, row.verdict) for row in rows}

    def mails(self) -> list[str]:
        """The keys of the messages, in order, without what all begin with; and their states where
        they were not accepted."""
        prefix = f"exclusive/{self.exclusive_id}/"
        with self.world.database.read() as session:
            rows = session.scalars(
                select(OutboxRow)
                .where(OutboxRow.message_key.startswith(prefix))
                .order_by(OutboxRow.outbox_id)
            )
            return [
                row.message_key.removeprefix(prefix)
                + ("" if row.state == "accepted" else f": {row.state}")
                for row in rows
            ]

    def texts(self) -> dict[str, str]:
        """What the messages say, by key, on one line each."""
        prefix = f"exclusive/{self.exclusive_id}/"
        with self.world.database.read() as session:
            rows = session.scalars(
                select(OutboxRow).where(OutboxRow.message_key.startswith(prefix))
            )
            return {r.message_key.removeprefix(prefix): " ".join(r.text.split()) for r in rows}
