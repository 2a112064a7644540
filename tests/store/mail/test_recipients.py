"""Who may be written to about what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from partners.domain.mail.topics import EVERYTHING, Consent, Topic
from partners.store.engine.database import Database
from partners.store.mail import recipients
from partners.store.tables.program_tables import PartnerRow
from tests import builders

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture
def acme(database: Database) -> PartnerRow:
    with database.write() as session:
        return builders.a_partner(
            session, "acme", email="Acme@Example.com", fallback_email="boss@example.com"
        )


def wanted(database: Database, acme: PartnerRow) -> set[str]:
    with database.read() as session:
        found = recipients.wanted(session, acme, Topic, Consent.ASSUMED)
    return {topic.value for topic, wish in found.items() if wish}


def choose(database: Database, acme: PartnerRow, **wishes: bool) -> None:
    with database.write() as session:
        recipients.choose(session, acme, wishes, NOW, "page")


def suppress(database: Database, email: str, scope: str) -> bool:
    with database.write() as session:
        return recipients.suppress(session, email, scope, "unsubscribe", "event", NOW)


EVERY = {topic.value for topic in Topic}


def test_a_partner_wants_everything_until_they_say_no(database: Database, acme: PartnerRow) -> None:
    assert wanted(database, acme) == EVERY
    choose(database, acme, newsletter=False)
    assert wanted(database, acme) == EVERY - {"newsletter"}
    choose(database, acme, newsletter=True)
    assert wanted(database, acme) == EVERY


def test_an_unsubscription_of_either_address_counts(database: Database, acme: PartnerRow) -> None:
    suppress(database, "BOSS@example.com", "newsletter")
    assert wanted(database, acme) == EVERY - {"newsletter"}
    suppress(database, "acme@example.com", EVERYTHING)
    assert wanted(database, acme) == set()


def test_a_yes_ends_what_stood_against_that_topic_alone(
    database: Database, acme: PartnerRow
) -> None:
    suppress(database, "acme@example.com", EVERYTHING)
    choose(database, acme, newsletter=True)
    assert wanted(database, acme) == {"newsletter"}


def test_a_yes_does_not_end_a_bounce(database: Database, acme: PartnerRow) -> None:
    suppress(database, "acme@example.com", recipients.ALL)
    choose(database, acme, **{topic.value: True for topic in Topic})
    with database.read() as session:
        assert list(recipients.blocked(session, ["ACME@example.com"])) == ["acme@example.com"]


def test_the_first_reason_stays_on_record(database: Database) -> None:
    assert suppress(database, "a@example.com", "all")
    assert not suppress(database, "A@Example.com", "all")


def test_lifting_leaves_what_is_newer(database: Database) -> None:
    suppress(database, "a@example.com", "all")
    with database.write() as session:
        before = NOW - timedelta(days=1)
        assert recipients.lift(session, ["a@example.com"], ["all"], before=before) == 0
        assert recipients.lift(session, ["A@example.com"], ["all"], before=NOW) == 1


def test_the_first_approval_of_a_run_stays_on_record(database: Database) -> None:
    with database.write() as session:
        recipients.approve(session, "policy/3", "Ann", "checked", NOW)
        recipients.approve(session, "policy/3", "Bob", "me too", NOW)
        found = recipients.approval(session, "policy/3")
        assert found is not None
        assert found.who == "Ann"
