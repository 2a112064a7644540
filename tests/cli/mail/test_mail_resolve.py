"""`partners mail resolve`: a person found out what became of an unknown message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.store.engine.database import Database
from partners.store.mail import outbox
from partners.store.tables.mail_tables import OutboxRow
from partners.use_cases import telling
from partners.use_cases.acting import Viewer

HANDED_OVER = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The partners whose cases were signalled."""
    partners: list[str | None] = []

    async def tell(_by: Viewer, partner: str | None) -> telling.Told:
        partners.append(partner)
        return telling.Told()

    monkeypatch.setattr(telling, "message_changed", tell)
    return partners


def put(database: Database, state: MailState) -> int:
    with database.write() as session:
        row = outbox.claim(
            session,
            outbox.Written(
                "grace/acme-2026-10/warning/1",
                NoticeKind.WARNING,
                Rendered("subject", "text", "<p>html</p>"),
                to=["acme@example.com"],
                sender="us@example.com",
                partner_id="acme",
                case_id="acme-2026-10",
                stated_deadline=(HANDED_OVER + timedelta(days=45)).date(),
            ),
            now=HANDED_OVER,
        )
        outbox.settle(row, state, HANDED_OVER + timedelta(minutes=1))
        return row.outbox_id


def row(database: Database, number: int) -> OutboxRow:
    with database.read() as session:
        return session.get_one(OutboxRow, number)


def test_what_was_sent_counts_as_accepted_when_it_was_handed_over(
    run: Any, database: Database, told: list[str | None]
) -> None:
    number = put(database, MailState.UNKNOWN)
    ran = run("mail", "resolve", number, "--sent", "--by", "Ann")
    assert (ran.status, ran.out) == (0, f"Message {number} is accepted, says Ann.\n")
    found = row(database, number)
    assert (found.state, found.settled_at) == ("accepted", HANDED_OVER)
    assert found.detail == "sent, says Ann"
    assert told == ["acme"]


def test_what_was_not_sent_is_lost_and_its_case_goes_on(
    run: Any, database: Database, told: list[str | None]
) -> None:
    number = put(database, MailState.UNKNOWN)
    assert run("mail", "resolve", number, "--not-sent", "--by", "Ann").status == 0
    assert row(database, number).state == "lost"
    assert told == ["acme"]


@pytest.mark.parametrize("state", [MailState.ACCEPTED, MailState.REJECTED, MailState.SUPERSEDED])
def test_what_is_known_is_not_a_persons_to_say(
    run: Any, database: Database, told: list[str | None], state: MailState
) -> None:
    number = put(database, state)
    ran = run("mail", "resolve", number, "--sent")
    assert (ran.status, told) == (2, [])
    assert f"message {number} is not unknown: it is {state}" in ran.err
    assert row(database, number).state == state


def test_one_of_the_two_has_to_be_said(run: Any, database: Database) -> None:
    ran = run("mail", "resolve", put(database, MailState.UNKNOWN))
    assert (ran.status, ran.err) == (2, "error: say --sent or --not-sent\n")


def test_unknown_messages_are_listed_for_staff(run: Any, database: Database) -> None:
    number = put(database, MailState.UNKNOWN)
    assert str(number) in run("mail", "list", "--state", "unknown").out
