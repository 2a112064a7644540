"""SendGrid only with everything it needs; else nothing starts, and one line says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

import worker
from partners.bootstrap import mail_and_events
from partners.errors import SetupError
from partners.mail.sendgrid.sendgrid import SendGridTransport
from partners.mail.transport import OutboxTransport
from partners.settings import Mode, Settings
from tests import processes

KEY = "SG.very-secret"
COMPLETE = {
    "mail_transport": "sendgrid",
    "sendgrid_api_key": SecretStr(KEY),
    "mail_sender": "Northwind <partners@northwind.example>",
    "postal_address": "1 Quay Street, Northport",
}


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **{**COMPLETE, **changes})  # type: ignore[arg-type]


def test_with_everything_sendgrid_is_built_with_a_time_out() -> None:
    transport = mail_and_events.build_transport(settings())
    assert isinstance(transport, SendGridTransport)
    assert not transport.repeatable
    assert transport.api.client.mail.send.timeout == 10


def test_everything_that_is_missing_is_named_at_once() -> None:
    nothing = settings(sendgrid_api_key=SecretStr(" "), mail_sender="", postal_address="")
    with pytest.raises(SetupError) as error:
        mail_and_events.build_transport(nothing)
    for name in ("PARTNERS_SENDGRID_API_KEY", "PARTNERS_MAIL_SENDER", "PARTNERS_POSTAL_ADDRESS"):
        assert f"{name} is missing" in str(error.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mail_sender": "Northwind"}, "PARTNERS_MAIL_SENDER is no address"),
        ({"mail_optional_sender": "news"}, "PARTNERS_MAIL_OPTIONAL_SENDER is no address"),
        ({"sendgrid_host": "http://api.sendgrid.com"}, "PARTNERS_SENDGRID_HOST is no https"),
        ({"mode": Mode.DEV}, "PARTNERS_MAIL_ALLOW is missing, as PARTNERS_MODE is dev"),
    ],
)
def test_what_cannot_be_right_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(SetupError, match=words):
        mail_and_events.build_transport(settings(**changes))


def test_the_demo_never_sends_whatever_the_environment_says() -> None:
    assert isinstance(mail_and_events.build_transport(settings(mode=Mode.DEMO)), OutboxTransport)
    assert mail_and_events.build_tracer(settings(mode=Mode.DEMO)) is None


def test_the_key_is_in_no_print_of_the_settings() -> None:
    assert KEY not in repr(settings())
    assert KEY not in json.dumps(settings().model_dump(mode="json"), default=str)


@pytest.mark.parametrize("command", ["worker", "setup"])
def test_nothing_starts_and_the_key_is_not_told(tmp_path: Path, command: str) -> None:
    given = {
        "PARTNERS_MAIL_TRANSPORT": "sendgrid",
        "PARTNERS_SENDGRID_API_KEY": KEY,
        "DATABASE_URL": f"sqlite:///{tmp_path}/x.db",
    }
    processes.run(tmp_path, "setup", "--database-only", DATABASE_URL=given["DATABASE_URL"])
    if command == "worker":
        done = processes.run_here(worker.main, tmp_path, **given)
    else:
        done = processes.run(tmp_path, "setup", **given)
    assert done.returncode != 0
    assert (
        done.stderr.strip().splitlines()[-1].startswith("error: e-mail cannot go through SendGrid")
    )
    assert "PARTNERS_MAIL_SENDER is missing; PARTNERS_POSTAL_ADDRESS is missing" in done.stderr
    assert KEY not in done.stderr + done.stdout
