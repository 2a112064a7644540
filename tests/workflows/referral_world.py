"""What tests of referrals say about a world: refer, buy, refund, and let the workflow hear."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from partners.domain.referrals.referral import ReferralState, Version
from partners.domain.referrals.view import ReferralNews
from partners.store.referrals import referral_leads, referrals
from partners.store.referrals.referral_leads import Change
from partners.store.referrals.referrals import Reported
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.referral_tables import QualificationRow, ReferralNewsRow, ReferralRow
from partners.temporal.running import RunningReferrals
from tests.workflows.conftest import START, World
from workflows.kit.options import referral_workflow_id
from workflows.referral import ReferralQualification, ReferralResult

TERMS: dict[str, Any] = {
    "successes": 3,
    "window_days": 30,
    "approval": "auto",
    "holding_days": 14,
    "nudge_days": 20,
    "compensation": {"share": "0.10", "cap": "500"},
}
Handle = WorkflowHandle[ReferralQualification, ReferralResult]


class Referring:
    """A world in which acme refers. Days are counted from START's."""

    def __init__(self, world: World, partner_id: str = "acme") -> None:
        self.world = world
        self.partner_id = partner_id

    @property
    def handle(self) -> Handle:
        return self.world.client.get_workflow_handle_for(
            ReferralQualification.run, referral_workflow_id(self.partner_id)
        )

    def partner(self, **columns: Any) -> None:
        self.world.partner(
            self.partner_id,
            **{
                "kind": "referral",
                "tier": None,
                "tier_since": None,
                "joined_on": START.date(),
                **columns,
            },
        )

    def report(
        self,
        name: str,
        state: ReferralState,
        now: datetime,
        amount: str | None = None,
        closed_at: datetime | None = None,
    ) -> list[Change]:
        """Take in what is reported at that moment; returns what changed."""
        version = Version(now, state, Decimal(amount) if amount else None, closed_at)
        report = Reported(name, self.partner_id, f"lead-{name}", min(START, now), version)
        with self.world.database.write() as session:
            referrals.lock(session)
            taken = referrals.take_in(session, [report], "tests", "USD", keep_refused=False)
            assert taken[0].what is not referrals.Taken.REFUSED, taken
            return referral_leads.resolve(session, {report.lead_ref}, self.world.policy, now)

    async def tell(self, changes: list[Change]) -> None:
        events = tuple(change.event for change in changes)
        await RunningReferrals(self.world.client).tell(self.partner_id, ReferralNews(events))

    async def start(self) -> Handle:
        await RunningReferrals(self.world.client).start(self.partner_id)
        return self.handle

    async def buys(self, name: str, day: date | None = None, amount: str = "1000") -> None:
        """A referral led to a purchase on that day, and the workflow hears of it now."""
        now = await self.world.now()
        bought = datetime.combine(day, START.timetz()) if day else now
        await self.tell(self.report(name, ReferralState.CONVERTED, now, amount, min(bought, now)))

    async def refund(self, name: str) -> None:
        now = await self.world.now()
        await self.tell(self.report(name, ReferralState.REFUNDED, now, None, now))

    async def until_day(self, days: float) -> None:
        await self.world.until(START + timedelta(days=days))

    async def looked(self, **wanted: Any) -> None:
        """Wait, without letting time pass, until the workflow stands as named.

        The time-skipping server forgets a query that meets a run's end: it is asked again.
        """
        async with asyncio.timeout(20):
            while True:
                with suppress(RPCError):
                    shown = await self.handle.query(
                        ReferralQualification.show_progress, rpc_timeout=timedelta(seconds=2)
                    )
                    view = shown.view
                    if view is not None and all(getattr(view, k) == v for k, v in wanted.items()):
                        return
                await asyncio.sleep(0.02)

    def qualification(self) -> QualificationRow:
        with self.world.database.read() as session:
            return session.get_one(QualificationRow, self.partner_id)

    def referral(self, name: str) -> ReferralRow:
        with self.world.database.read() as session:
            return session.get_one(ReferralRow, name)

    def mails(self) -> list[str]:
        """What partner and staff were told of, in order; staff notices with what happened."""
        with self.world.database.read() as session:
            rows = session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))
            return [
                "staff: " + row.message_key.split("/")[2] if row.partner_id is None else row.kind
                for row in rows
            ]

    def news(self) -> list[tuple[str, str, str | None]]:
        with self.world.database.read() as session:
            rows = session.scalars(select(ReferralNewsRow).order_by(ReferralNewsRow.news_id))
            return [(row.kind, row.event, row.result) for row in rows]
