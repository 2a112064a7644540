"""What tests of leads say about a world: a referral is accepted, sellers answer, customers buy."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from partners.domain.referrals.lead import LeadState
from partners.domain.referrals.referral import ReferralState, Version
from partners.store.referrals import leads, referral_leads, referrals
from partners.store.referrals.referrals import Reported
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.referral_tables import LeadRow, LeadTurnRow, ReferralRow
from partners.temporal.running_leads import RunningLeads
from partners.use_cases.acting import Face, Manager, Program
from partners.use_cases.referrals import leads as acts
from tests.workflows.conftest import START, World
from workflows.kit.options import lead_workflow_id
from workflows.lead import LeadHandover, LeadResult

ROUTING: dict[str, Any] = {
    "sales_email": "sales@northwind.example",
    "untouched_days": 10,
    "reminder_days": 5,
}
TERMS: dict[str, Any] = {
    "compensation": {"share": "0.10"},
    "holding_days": 14,
    "routing": ROUTING,
}
SELLERS = ("ben", "cleo", "dora")


class Selling:
    """A world in which acme refers, and sellers work the leads. Days count from START's."""

    def __init__(self, world: World) -> None:
        self.world = world

    def people(self, *sellers: str, **columns: Any) -> None:
        self.world.partner("acme", kind="referral", tier=None, tier_since=None)
        for name in sellers or SELLERS:
            self.world.partner(name, **columns)

    @property
    def ann(self) -> Manager:
        async def connect() -> Any:
            return self.world.client

        program = Program(self.world.database, lambda: self._now, connect)
        return Manager(program, "Ann", Face.COMMAND_LINE)

    _now = START

    async def acting(self) -> Manager:
        """Ann, at the server's own time."""
        self._now = await self.world.now()
        return self.ann

    def report(
        self,
        name: str,
        state: ReferralState,
        now: datetime = START,
        amount: str | None = None,
        **said: str,
    ) -> None:
        """Take in what is reported of a referral at that moment."""
        closed = now if state in (ReferralState.CONVERTED, ReferralState.REFUNDED) else None
        version = Version(now, state, Decimal(amount) if amount else None, closed)
        report = Reported(name, "acme", f"lead-{name}", START, version, **said)
        with self.world.database.write() as session:
            referrals.lock(session)
            taken = referrals.take_in(session, [report], "tests", "USD", keep_refused=False)
            assert taken[0].what is not referrals.Taken.REFUSED, taken
            referral_leads.resolve(session, {report.lead_ref}, self.world.policy, now)

    def accept(self, name: str = "r1", **said: str) -> None:
        self.report(name, ReferralState.ACCEPTED, **said)

    async def start(self, name: str = "r1") -> WorkflowHandle[LeadHandover, LeadResult]:
        await RunningLeads(self.world.client).start(name)
        return self.handle(name)

    def handle(self, name: str = "r1") -> WorkflowHandle[LeadHandover, LeadResult]:
        return self.world.client.get_workflow_handle_for(LeadHandover.run, lead_workflow_id(name))

    async def take(self, name: str = "r1") -> None:
        await acts.take(await self.acting(), name)

    async def decline(self, name: str = "r1") -> None:
        await acts.decline(await self.acting(), name, "no time")

    async def until_day(self, days: float) -> None:
        await self.world.until(START + timedelta(days=days))

    def order(
        self, partner_id: str, at: datetime, order_id: str = "o1", name: str = "r1", **columns: Any
    ) -> None:
        """An order of the lead's customer."""
        seconds, month = int(at.timestamp()), at.year * 100 + at.month
        row = {
            "order_id": order_id,
            "partner_id": partner_id,
            "customer_id": f"lead-{name}",
            "placed_at": seconds,
            "placed_month": month,
            "status": "completed",
            "outcome_at": seconds,
            "outcome_month": month,
            "known_at": seconds,
            "value_cents": 120_000,
            **columns,
        }
        with self.world.database.write() as session:
            session.execute(insert(OrderRow), [row])

    def correct(self, order_id: str, **columns: Any) -> None:
        with self.world.database.write() as session:
            session.execute(update(OrderRow).where(OrderRow.order_id == order_id).values(columns))

    async def looked(self, state: LeadState | str, whom: str | None = "", name: str = "r1") -> None:
        """Wait, without letting time pass, until the workflow has seen the lead stand so."""
        async with asyncio.timeout(20):
            while True:
                with suppress(RPCError):
                    view = await self.handle(name).query(
                        LeadHandover.show_lead, rpc_timeout=timedelta(seconds=2)
                    )
                    has = view.turns[-1].partner_id if view.turns else ""
                    if view.state == state and view.telling is None and whom in ("", has):
                        return
                await asyncio.sleep(0.02)

    def lead(self, name: str = "r1") -> LeadRow:
        with self.world.database.read() as session:
            return session.get_one(LeadRow, name)

    def turns(self, name: str = "r1") -> list[tuple[str, str]]:
        """Who had it, and how that ended."""
        with self.world.database.read() as session:
            rows = leads.turns_of(session, name)
            return [(row.partner_id or "sales", row.end.value if row.end else "") for row in rows]

    def won(self, name: str = "r1") -> list[str | None]:
        """Whose success it is."""
        with self.world.database.read() as session:
            query = select(LeadTurnRow).where(LeadTurnRow.won_on.is_not(None))
            rows = session.scalars(query.where(LeadTurnRow.referral_id == name))
            return [row.partner_id for row in rows]

    def referral(self, name: str = "r1") -> ReferralRow:
        with self.world.database.read() as session:
            return session.get_one(ReferralRow, name)

    def mails(self) -> list[tuple[str, str]]:
        """To whom, and what, of all messages about leads."""
        with self.world.database.read() as session:
            rows = session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))
            return [
                (row.partner_id or "sales", row.message_key.split("/")[2])
                for row in rows
                if row.message_key.startswith("lead/")
            ]
