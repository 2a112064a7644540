"""`partners mail`: reading the outbox, and saying that a message was sent."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from partners.domain.mail.delivery import Delivery
from partners.store.engine.database import Database
from partners.store.tables.mail_tables import DeliveryRow, MailEventRow, OutboxRow
from partners.use_cases import telling
from partners.use_cases.acting import Viewer

ROOT = Path(__file__).parents[3]
WRITTEN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been opened in a browser."""
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: bool(addresses.append(url)))
    return addresses


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The partners whose case would have been signalled."""
    partners: list[str | None] = []

    async def tell(_by: Viewer, partner: str | None) -> telling.Told:
        partners.append(partner)
        return telling.Told()

    monkeypatch.setattr(telling, "message_changed", tell)
    return partners


@pytest.fixture
def put(database: Database) -> Callable[..., None]:
    def put(number: int, **columns: Any) -> None:
        values: dict[str, Any] = {
            "outbox_id": number,
            "message_key": f"grace/acme-2026-10/warning/{number}",
            "notice_key": f"grace/acme-2026-10/warning/{number}",
            "attempt": 1,
            "public_id": f"public-{number}",
            "untold": False,
            "kind": "warning",
            "partner_id": "acme",
            "state": "waiting",
            "to": ["acme@example.com"],
            "sender": "partners@northwind.example",
            "subject": f"Subject {number} [bold]",
            "text": f"Text {number}\n",
            "html": f"<p>HTML {number}</p>",
            "rendered_at": WRITTEN,
        }
        with database.write() as session:
            session.add(OutboxRow(**(values | columns)))

    return put


def test_list_shows_the_newest_first_and_filters(run: Any, put: Any) -> None:
    put(1)
    put(2, kind="removal", partner_id="beta", state="accepted")
    listed = run("mail", "list")
    assert listed.status == 0
    assert listed.out.index("Subject 2 [bold]") < listed.out.index("Subject 1 [bold]")
    for option, value in (("--partner", "acme"), ("--kind", "warning"), ("--state", "waiting")):
        found = json.loads(run("mail", "list", option, value, "--json").out)
        assert [message["id"] for message in found] == [1]


def test_list_says_how_far_a_message_came(run: Any, put: Any, database: Database) -> None:
    put(1, state="accepted")
    put(2, state="accepted")
    with database.write() as session:
        session.add(
            DeliveryRow(
                outbox_id=1, email="acme@example.com", state=Delivery.BOUNCED, at=WRITTEN, reason=""
            )
        )
    first, second = reversed(json.loads(run("mail", "list", "--json").out))
    assert (first["state"], first["delivery"]) == ("accepted", "bounced")
    assert second["delivery"] is None
    assert "bounced" in run("mail", "list").out
    (found,) = json.loads(run("mail", "list", "--state", "bounced", "--json").out)
    assert found["id"] == 1


def test_what_happened_within_a_second_stands_in_its_order(
    run: Any, put: Any, database: Database
) -> None:
    """A provider tells whole seconds: its answer is not older than what it answers."""
    at, moment = WRITTEN.replace(microsecond=600_000), timedelta(milliseconds=1)
    put(1, state="accepted", rendered_at=at, claimed_at=at + moment, settled_at=at + 2 * moment)
    for event in ("delivered", "processed"):
        with database.write() as session:
            session.add(
                MailEventRow(
                    fingerprint=event,
                    event=event,
                    email="acme@example.com",
                    at=WRITTEN,
                    reason="",
                    received_at=WRITTEN,
                    outbox_id=1,
                    by_id=True,
                    bounce_type="",
                    simulated=False,
                )
            )
    lines = [line[21:] for line in run("mail", "show", "1").out.splitlines() if line[:2] == "20"]
    assert lines == ["written", "handed over", "accepted", "taken by the provider", "delivered"]


def test_list_as_json_has_every_header_and_no_body(run: Any, put: Any) -> None:
    put(1)
    (message,) = json.loads(run("mail", "list", "--json").out)
    assert message["key"] == "grace/acme-2026-10/warning/1"
    assert message["to"] == ["acme@example.com"]
    assert message["date"] == WRITTEN.isoformat()
    assert "html" not in message


def test_an_empty_outbox_says_so(run: Any, database: Database) -> None:
    assert run("mail", "list").out == "No messages.\n"
    assert run("mail", "list", "--json").out == "[]\n"


@pytest.mark.parametrize("message", ["1", "grace/acme-2026-10/warning/1"])
def test_show_prints_headers_and_text_by_number_or_key(run: Any, put: Any, message: str) -> None:
    put(1)
    shown = run("mail", "show", message).out
    assert "subject: Subject 1 [bold]\n" in shown
    assert "to: acme@example.com\n" in shown
    assert shown.endswith("\n\nText 1\n")
    assert run("mail", "show", message, "--html").out == "<p>HTML 1</p>\n"


def test_open_writes_the_html_and_opens_it(run: Any, put: Any, opened: list[str]) -> None:
    put(1)
    path = Path(run("mail", "open", 1).out.strip())
    assert path.read_text() == "<p>HTML 1</p>"
    assert opened == [path.as_uri()]


def test_export_writes_a_file_that_mail_programs_open(run: Any, put: Any, tmp_path: Path) -> None:
    put(1)
    target = tmp_path / "one.eml"
    assert run("mail", "export", 1, "--to", target).status == 0
    assert message_from_bytes(target.read_bytes())["Subject"] == "Subject 1 [bold]"
    refused = run("mail", "export", 1, "--to", tmp_path / "absent" / "one.eml")
    assert refused.status == 2
    assert "cannot write" in refused.err


def test_mark_sent_accepts_a_waiting_message_and_tells_its_case(
    run: Any, put: Any, database: Database, told: list[str | None]
) -> None:
    put(1)
    moment = WRITTEN + timedelta(hours=1)
    assert run("mail", "mark-sent", 1, "--by", "Ana", "--at", moment.isoformat()).status == 0
    with database.read() as session:
        row = session.get_one(OutboxRow, 1)
    assert (row.state, row.settled_at) == ("accepted", moment)
    assert "Ana" in (row.detail or "")
    assert told == ["acme"]


def test_mark_sent_refuses_what_does_not_wait(run: Any, put: Any, told: list[str | None]) -> None:
    put(1, state="rejected")
    refused = run("mail", "mark-sent", 1)
    assert refused.status == 2
    assert "rejected" in refused.err
    assert told == []


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("yesterday", "is no time"),
        ("2026-01-01T10:00", "has no offset"),
        ("2999-01-01T10:00+00:00", "has not come yet"),
        ("2001-01-01T10:00+00:00", "before the message was written"),
    ],
)
def test_mark_sent_refuses_impossible_moments(run: Any, put: Any, at: str, reason: str) -> None:
    put(1)
    refused = run("mail", "mark-sent", 1, "--at", at)
    assert refused.status == 2
    assert reason in refused.err


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("show", "99"), "partners mail list"),
        (("open", "no/such/key"), "partners mail list"),
        (("show", "9" * 40), "partners mail list"),
        (("list", "--kind", "spam"), "warning, reminder"),
        (("list", "--state", "gone"), "waiting, queued, sending"),
        (("preview", "spam"), "warning, reminder"),
        (("preview", "warning", "--language", "tlh"), "en, de, es"),
        (("test", "spam", "--to", "ann@example.com"), "warning, reminder"),
    ],
)
def test_errors_name_what_is_valid(
    run: Any, database: Database, arguments: tuple[str, ...], remedy: str
) -> None:
    refused = run("mail", *arguments)
    assert refused.status == 2
    assert remedy in refused.err
