"""The nightly reconciliation with the provider's lists, against the stand-in."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.mail.reconciliation_activities import ReconciliationActivities
from activities.services import Services
from partners.domain.mail.delivery import Delivery
from partners.domain.mail.mail_lists import Reconciled
from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.domain.mail.topics import Topic
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.sendgrid import sendgrid_client
from partners.mail.sendgrid.suppression_lists import SuppressionLists, Unavailable
from partners.mail.standin.running import serving
from partners.mail.standin.server import StandIn
from partners.mail.transport import OutboxTransport
from partners.store.engine.database import Database
from partners.store.mail import mail_events, outbox, recipients
from partners.store.tables.program_tables import PartnerRow
from tests import builders

NOW = datetime(2026, 11, 16, 3, tzinfo=UTC)
TEMPLATES = Path(__file__).parents[3] / "templates"


class Told:
    def __init__(self) -> None:
        self.partners: list[str] = []

    async def tell(self, partner_id: str) -> bool:
        self.partners.append(partner_id)
        return True


class Night:
    """The reconciliation of one database with one stand-in."""

    def __init__(self, database: Database, standin: StandIn, url: str) -> None:
        self.database, self.standin, self.told = database, standin, Told()
        self.url = url

    def list(self, name: str, email: str, at: datetime = NOW) -> None:
        entry = {"created": int(at.timestamp()), "email": email, "reason": f"550 <{email}>"}
        self.standin.suppressions.setdefault(name, []).append(entry)

    def run(self, at: datetime = NOW, key: str = "SG.stand-in") -> Reconciled:
        services = Services(
            self.database, ProgramClock(), Renderer(TEMPLATES), OutboxTransport(True)
        )
        lists = SuppressionLists(sendgrid_client.client(key, self.url, 5), {Topic.NEWSLETTER: 101})
        activities = ReconciliationActivities(services, lists, self.told)
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, started_time=at)
        return asyncio.run(environment.run(activities.reconcile_suppressions))

    def scopes(self) -> set[tuple[str, str, str]]:
        with self.database.read() as session:
            return {(r.email, r.scope, r.source) for r in recipients.every_suppression(session)}


@pytest.fixture
def night(database: Database) -> Iterator[Night]:
    standin = StandIn()
    with serving(standin) as url:
        yield Night(database, standin, url)


def test_what_is_listed_there_and_unknown_here_is_taken_in(night: Night) -> None:
    night.list("bounces", "A@example.com")
    night.list("spam_reports", "b@example.com")
    night.list("unsubscribes", "c@example.com")
    night.standin.groups[101] = ["d@example.com"]
    assert night.run() == Reconciled(listed=4, added=4)
    assert night.scopes() == {
        ("a@example.com", "all", "list"),
        ("b@example.com", "all", "list"),
        ("c@example.com", "everything", "list"),
        ("d@example.com", "newsletter", "list"),
    }
    assert night.run(NOW + timedelta(days=1)) == Reconciled(listed=4)


def test_long_lists_are_read_to_their_end(night: Night) -> None:
    for number in range(603):
        night.list("bounces", f"p{number}@example.com")
    assert night.run().added == 603


def test_what_is_listed_there_no_more_ends_here(night: Night) -> None:
    with night.database.write() as session:
        for source in ("event", "list", "simulated", "staff"):
            email, since = f"{source}@example.com", NOW - timedelta(days=3)
            recipients.suppress(session, email, "all", "bounce", source, since)
        recipients.suppress(session, "new@example.com", "all", "bounce", "event", NOW)
        recipients.suppress(
            session, "x@example.com", "scorecard", "group_unsubscribe", "event", NOW
        )
    assert night.run().ended == 2
    left = {email for email, _, _ in night.scopes()}
    assert left == {
        "simulated@example.com",
        "staff@example.com",
        "new@example.com",  # the lists may be a day behind
        "x@example.com",  # of a topic whose group we do not know
    }


def test_a_bounce_whose_event_was_lost_reaches_its_case(night: Night) -> None:
    with night.database.write() as session:
        builders.a_partner(session, "acme")
        row = outbox.claim(
            session,
            outbox.Written(
                "grace/acme-2026-10/warning/1",
                NoticeKind.WARNING,
                Rendered("subject", "text", "html"),
                to=["acme@example.com"],
                sender="us@example.com",
                partner_id="acme",
                case_id="acme-2026-10",
                stated_deadline=NOW.date() + timedelta(days=45),
            ),
            now=NOW - timedelta(hours=9),
        )
        outbox.settle(row, MailState.ACCEPTED, NOW - timedelta(hours=9))
    night.list("bounces", "acme@example.com", NOW - timedelta(hours=8))
    assert night.run().told == 1
    assert night.told.partners == ["acme"]
    with night.database.read() as session:
        found = mail_events.failed_delivery(session, row.outbox_id)
    assert found is not None
    assert found.state == Delivery.BOUNCED


def test_a_partners_own_later_yes_outweighs_the_list(night: Night) -> None:
    with night.database.write() as session:
        acme = builders.a_partner(session, "acme")
        recipients.choose(session, acme, {"newsletter": True}, NOW, "page")
    night.list("unsubscribes", "acme@example.com", NOW - timedelta(days=1))
    assert night.run().added == 0
    night.standin.suppressions.clear()
    night.list("unsubscribes", "acme@example.com", NOW + timedelta(hours=1))
    assert night.run(NOW + timedelta(days=1)).added == 1
    with night.database.read() as session:
        assert session.get_one(PartnerRow, "acme").email == "acme@example.com"


def test_a_list_that_cannot_be_read_ends_nothing(night: Night) -> None:
    with night.database.write() as session:
        since = NOW - timedelta(days=3)
        recipients.suppress(session, "a@example.com", "all", "bounce", "event", since)
    with pytest.raises(Unavailable, match="401"):
        night.run(key="SG.wrong")
    assert len(night.scopes()) == 1


def test_without_a_provider_there_is_nothing_to_compare(database: Database) -> None:
    services = Services(database, ProgramClock(), Renderer(TEMPLATES), OutboxTransport(True))
    activities = ReconciliationActivities(services, None, Told())
    environment = ActivityEnvironment()
    assert asyncio.run(environment.run(activities.reconcile_suppressions)) == Reconciled()
