"""The daily watch: leads that are to be handed over or on are looked at though nobody said so."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from temporalio.testing import ActivityEnvironment

from activities.referrals.watch_activities import ReferralWatchActivities
from activities.services import Services
from partners.domain.referrals.lead_view import LeadNews
from partners.domain.referrals.referral import ReferralState, Version
from partners.domain.referrals.view import ReferralEvent, ReferralNews
from partners.domain.reviews.view import ReviewRef
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.transport import OutboxTransport
from partners.store.engine.database import Database
from partners.store.referrals import referral_leads, referrals
from partners.store.referrals.referrals import Reported
from tests import builders

NOW = datetime.now(UTC)
ROUTING = {"sales_email": "sales@northwind.example"}
EVENT = ReferralEvent("r1", "working")


class Heard:
    """Stands for the workflows: who was started, and who was told what."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.told: list[tuple[str, ReferralNews]] = []

    async def start(self, name: str) -> None:
        self.started.append(name)

    async def tell(self, partner_id: str, news: ReferralNews) -> None:
        self.told.append((partner_id, news))


async def test_leads_that_nobody_has_are_started_and_who_referred_is_told(
    database: Database,
) -> None:
    policy = builders.a_policy(referral={"routing": ROUTING})
    builders.accept(database, policy)
    with database.write() as session:
        builders.a_partner(session, "acme")
        referrals.lock(session)
        report = Reported("r1", "acme", "L-1", NOW, Version(NOW, ReferralState.ACCEPTED))
        referrals.take_in(session, [report], "tests", "USD", keep_refused=False)
        referral_leads.resolve(session, {"L-1"}, policy, NOW)
    templates = Path(__file__).parents[3] / "templates"
    services = Services(database, ProgramClock(), Renderer(templates), OutboxTransport(True))
    partners, leads = Heard(), Heard()
    watch, server = ReferralWatchActivities(services, partners, leads), ActivityEnvironment()

    await server.run(watch.wake_referrals, ReviewRef("daily/2026-11-22"))
    await server.run(watch.tell_referrer, LeadNews("acme", EVENT))

    assert leads.started == ["r1"]
    assert partners.told == [("acme", ReferralNews((EVENT,)))]
