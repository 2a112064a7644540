"""`partners mail blocked`, `unblock`, `approve`, and what `show` tells of a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from partners.cli import web
from partners.domain.mail.delivery import Event, MailEvent
from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.errors import SetupError
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.store.mail import mail_events, outbox, recipients
from partners.store.tables.mail_tables import UnblockRow
from partners.use_cases import telling
from tests.cli.conftest import Run

AT = datetime(2026, 11, 16, 9, tzinfo=UTC)
WHO = ("--by", "Ann", "--reason", "asked them by phone")


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whether running workflows would have been told."""
    calls: list[Any] = []

    async def tell(by: Any) -> telling.MailGoes:
        calls.append(by)
        return telling.MailGoes()

    monkeypatch.setattr(telling, "mail_goes", tell)
    return calls


def wrote(database: Database, key: str) -> str:
    """A message that was sent; returns the id that the provider knows."""
    with database.write() as session:
        row = outbox.claim(
            session,
            outbox.Written(
                key,
                NoticeKind.STANDARDS_CHANGED,
                Rendered("New standards", "text", "html"),
                to=["acme@example.com"],
                sender="us@example.com",
                partner_id="acme",
            ),
            now=AT,
        )
        outbox.settle(row, MailState.ACCEPTED, AT + timedelta(seconds=2))
        return row.public_id


def bounced(database: Database, public_id: str) -> None:
    event = MailEvent(
        Event.BOUNCE,
        "acme@example.com",
        AT + timedelta(minutes=1),
        outbox_id=public_id,
        bounce_type="bounce",
        reason="550 [red]no such[/red] user",
    )
    with database.write() as session:
        mail_events.take_in(session, [event], AT)


def test_a_message_shows_what_became_of_it(run: Run, database: Database) -> None:
    bounced(database, wrote(database, "policy/3/acme"))
    out = run("mail", "show", "1").out
    assert "2026-11-16 09:00:02  accepted" in out
    assert "2026-11-16 09:01:00  bounced: the address is not written to any more: 550" in out


def test_blocked_addresses_are_listed_with_the_reason(run: Run, database: Database) -> None:
    assert run("mail", "blocked").out == "Every address is written to.\n"
    bounced(database, wrote(database, "policy/3/acme"))
    out = run("mail", "blocked").out
    for words in ("acme@example.com", "anything", "2026-11-16", "bounce", "550 [red]no such"):
        assert words in out
    assert "acme" not in run("mail", "blocked", "else@example.com").out


def test_an_address_is_written_to_again_and_who_said_so_is_kept(
    run: Run, database: Database
) -> None:
    bounced(database, wrote(database, "policy/3/acme"))
    assert "is written to again" in run("mail", "unblock", "Acme@example.com", *WHO).out
    with database.read() as session:
        assert list(recipients.every_suppression(session)) == []
        [row] = session.scalars(select(UnblockRow))
        assert (row.email, row.who, row.reason) == (
            "acme@example.com",
            "Ann",
            "asked them by phone",
        )
    refused = run("mail", "unblock", "acme@example.com", *WHO)
    assert (refused.status, refused.out) == (2, "")
    assert "acme@example.com is not blocked" in refused.err


def test_a_run_is_approved_and_told(run: Run, database: Database, told: list[Any]) -> None:
    wrote(database, "policy/3/acme")
    assert "approved by Ann" in run("mail", "approve", "policy/3", *WHO).out
    assert len(told) == 1
    assert "no message of policy/4" in run("mail", "approve", "policy/4", *WHO).err


@pytest.mark.parametrize("command", [("unblock", "a@example.com"), ("approve", "policy/3")])
def test_a_reason_is_needed(run: Run, database: Database, command: tuple[str, str]) -> None:
    refused = run("mail", *command, "--by", "Ann", "--reason", " ")
    assert (refused.status, "say why" in refused.err) == (2, True)


def test_pages_without_a_webhook_key_are_refused_where_sendgrid_sends() -> None:
    with pytest.raises(SetupError, match="PARTNERS_SENDGRID_WEBHOOK_KEY"):
        web.check(Settings(_env_file=None, mail_transport="sendgrid"))
    web.check(Settings(_env_file=None))
