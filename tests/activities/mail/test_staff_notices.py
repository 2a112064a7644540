"""Notices to staff that belong to no case: sent once, stopped by a switch, still true."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

from activities.mail.staff_notice_activities import StaffNoticeActivities
from activities.services import Services
from partners.domain.judging.assessment import Assessment, Finding, Verdict
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.staff_notice import StaffNotice, StaffSent
from partners.domain.mail.view import Sending
from partners.domain.reviews.review import Action, ReviewKind, period_on
from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.transport import Message, OutboxTransport, Receipt, Transport
from partners.store.cases import guard
from partners.store.engine.database import Database
from partners.store.mail import outbox
from partners.store.reviews import reviews
from partners.store.tables.mail_tables import OutboxRow
from tests import builders
from tests.activities.conftest import AMPLE, NOW, TEMPLATES

REQUEST = StaffNotice("review/monthly/2035-02/guard", NoticeKind.GUARD, "monthly/2035-02")


def send(
    database: Database, request: StaffNotice = REQUEST, transport: Transport | None = None
) -> StaffSent:
    services = Services(
        database, ProgramClock(), Renderer(TEMPLATES), transport or OutboxTransport(True)
    )
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        environment.info, started_time=NOW, start_to_close_timeout=AMPLE
    )
    sent: StaffSent = environment.run(StaffNoticeActivities(services).send_staff_notice, request)
    return sent


def messages(database: Database) -> list[OutboxRow]:
    with database.read() as session:
        return list(session.scalars(select(OutboxRow)))


@pytest.fixture
def asked(database: Database) -> Database:
    """The guard holds a review that would warn two partners."""
    builders.accept(database, builders.a_policy())
    with database.write() as session:
        guard.request(session, "monthly/2035-02", ["beta", "acme"], "61 of 300", NOW)
    return database


def test_rule_13_staff_are_told_with_the_list_once(asked: Database) -> None:
    assert [send(asked).result for _ in range(2)] == [Sending.SENT] * 2
    (message,) = messages(asked)
    assert message.to == ["managers@northwind.example"]
    assert (message.partner_id, message.case_id, message.kind) == (None, None, "guard")
    for words in ("acme", "beta", "61 of 300", "partners guard approve monthly/2035-02"):
        assert words in message.text


def test_staff_who_are_named_twice_are_written_to_once(database: Database) -> None:
    """A provider refuses a message that names an address twice, and would go on refusing."""
    policy = builders.a_policy()
    emails = ("Ann@Northwind.example", "bo@northwind.example", "ann@northwind.example")
    twice = policy.staff.model_copy(update={"emails": emails})
    builders.accept(database, policy.model_copy(update={"staff": twice}))
    with database.write() as session:
        guard.request(session, "monthly/2035-02", ["beta", "acme"], "61 of 300", NOW)
    assert send(database).result is Sending.SENT
    (message,) = messages(database)
    assert message.to == ["Ann@Northwind.example", "bo@northwind.example"]


def test_rule_14_a_stopped_kind_is_not_sent(asked: Database) -> None:
    with asked.write() as session:
        outbox.stop(session, "kind/guard", "Ann", "why", NOW)
    assert send(asked) == StaffSent(Sending.STOPPED, "kind/guard stopped by Ann")
    with asked.write() as session:
        outbox.go(session, "kind/guard")
    assert send(asked).result is Sending.SENT


def test_rule_14_what_has_been_decided_meanwhile_is_not_asked(asked: Database) -> None:
    with asked.write() as session:
        later = NOW + timedelta(minutes=1)
        guard.decide(session, "monthly/2035-02", False, "Ann", "a wrong import", later)
    assert send(asked) == StaffSent(Sending.SKIPPED, "monthly/2035-02 was rejected by Ann")
    assert messages(asked) == []


def test_staff_are_told_what_an_audit_found(asked: Database) -> None:
    few, many = (Assessment((an_orders_finding(orders),)) for orders in (6, 12))
    with asked.write() as session:
        period = period_on(ReviewKind.QUARTERLY, NOW.date(), 3)
        reviews.claim(session, period, as_of=NOW.date(), policy_version=1, by="w", now=NOW)
        found = [("acme", few), ("beta", many), ("gamma", few)]
        reviews.record(
            session, period.review_id, ((p, "preferred", a, Action.NONE) for p, a in found)
        )
    request = StaffNotice("review/q/summary", NoticeKind.AUDIT, period.review_id)

    assert [send(asked, request).result for _ in range(2)] == [Sending.SENT] * 2

    (message,) = messages(asked)
    assert message.subject.endswith("2 of 3 partners below their standards")
    assert "acme (Preferred): 6 orders a month, 10 required; no case is open" in message.text
    assert "gamma" in message.text
    assert "beta" not in message.text


def an_orders_finding(orders: int) -> Finding:
    return Finding(
        metric="orders_per_month",
        actual=Decimal(orders),
        required=Decimal(10),
        at_least=True,
        window_months=1,
        sample=1,
        min_sample=1,
        verdict=Verdict.PASSING if orders >= 10 else Verdict.BELOW,
    )


class LostAnswers:
    repeatable = False

    def send(self, message: Message) -> Receipt:
        raise ConnectionResetError("dropped")


def test_a_send_without_an_answer_is_never_repeated_blindly(asked: Database) -> None:
    lossy: Any = LostAnswers()
    with pytest.raises(ConnectionResetError):
        send(asked, transport=lossy)
    assert send(asked, transport=lossy).result is Sending.UNKNOWN
