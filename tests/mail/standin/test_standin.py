"""The stand-in is as strict as SendGrid: each thing that SendGrid refuses, it refuses."""

from __future__ import annotations

import base64
import copy
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook

from partners.domain.mail.notices import MailState
from partners.mail.sendgrid.sendgrid_client import client
from partners.mail.sendgrid.sendgrid_logs import SendGridLogs
from partners.mail.standin import contract, logs
from partners.mail.standin.events import SIGNATURE, TIMESTAMP, Signer
from partners.mail.standin.faults import Fault, Faults
from partners.mail.standin.running import serving
from partners.mail.standin.server import StandIn
from partners.mail.transport import NoTrace

GOOD: dict[str, Any] = {
    "personalizations": [
        {"to": [{"email": "acme@example.com"}], "custom_args": {"outbox_id": "f00d"}}
    ],
    "from": {"email": "partners@northwind.example", "name": "Northwind"},
    "subject": "Hello",
    "content": [
        {"type": "text/plain", "value": "text"},
        {"type": "text/html", "value": "<p>html</p>"},
    ],
    "categories": ["warning"],
}
PERSON = GOOD["personalizations"][0]


def test_a_good_request_has_no_problems() -> None:
    assert contract.problems(GOOD) == []


def changed(**fields: Any) -> dict[str, Any]:
    body = copy.deepcopy(GOOD)
    for name, value in fields.items():
        field = name.replace("from_", "from")
        body.pop(field) if value is None else body.update({field: value})
    return body


def person(**fields: Any) -> dict[str, Any]:
    return changed(personalizations=[{**PERSON, **fields}])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (changed(personalizations=None), "personalizations"),
        (changed(personalizations=[]), "personalizations"),
        (changed(personalizations=[PERSON] * 1001), "personalizations"),
        (person(to=[]), "personalizations.0.to"),
        (person(to=[{"email": "no address"}]), "personalizations.0.to.0.email"),
        (person(to=[{"email": "a@example.com"}] * 2), "personalizations.0.to.1.email"),
        (person(cc=[{"email": "ACME@example.com"}]), "personalizations.0.cc.0.email"),
        (person(to=[{"email": f"a{n}@e.com"} for n in range(1001)]), "personalizations"),
        (person(custom_args={"id": 7}), "personalizations.0.custom_args"),
        (person(custom_args={"id": "x" * 10_000}), "personalizations.0.custom_args"),
        (person(custom_args={"to": "a@example.com"}), "personalizations.0.custom_args"),
        (person(surprise=1), "personalizations.0.surprise"),
        (changed(from_=None), "from.email"),
        (changed(from_={"email": "us"}), "from.email"),
        (changed(from_={"email": "us@e.com", "name": "a\nb"}), "from.name"),
        (changed(subject=None), "subject"),
        (changed(subject=""), "subject"),
        (changed(subject="Hello\r\nBcc: x@example.com"), "subject"),
        (changed(content=None), "content"),
        (changed(content=GOOD["content"][::-1]), "content"),
        (changed(content=[{"type": "text/plain", "value": ""}]), "content.0"),
        (changed(content=[{"type": "text/plain"}]), "content.0"),
        (changed(categories=[str(n) for n in range(11)]), "categories"),
        (changed(categories=["a", "a"]), "categories"),
        (changed(categories=["ann@example.com"]), "categories.0"),
        (changed(categories=["x" * 256]), "categories.0"),
        (changed(headers={"Subject": "x"}), "headers"),
        (changed(headers={"X-A": "a\r\nb"}), "headers"),
        (
            changed(tracking_settings={"subscription_tracking": {"enable": "no"}}),
            "tracking_settings.subscription_tracking.enable",
        ),
        (changed(mail_settings={"sandbox": {"enable": True}}), "mail_settings"),
        (changed(surprise=1), "surprise"),
    ],
)
def test_each_breach_of_the_contract_names_its_field(body: dict[str, Any], field: str) -> None:
    assert field in [found for _, found in contract.problems(body)]


@pytest.mark.parametrize("body", [[], "text", None, {}, {"personalizations": [7]}])
def test_whatever_is_no_request_at_all_is_a_problem_and_no_crash(body: Any) -> None:
    assert contract.problems(body)


def test_the_same_seed_throws_the_same_faults() -> None:
    chances = {Fault.HANG: 0.3, Fault.FAIL: 0.3}
    one, other = Faults(chances, 7), Faults(chances, 7)
    assert [one.next() for _ in range(50)] == [other.next() for _ in range(50)]


# ---- over the wire ----

Post = Callable[..., tuple[int, Any]]


@pytest.fixture
def standin() -> Iterator[tuple[StandIn, str]]:
    standin = StandIn()
    with serving(standin) as address:
        yield standin, address


def post(address: str, body: Any, **headers: str) -> tuple[int, Any]:
    given = {"Authorization": "Bearer SG.stand-in", "Content-Type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"{address}/v3/mail/send", raw, given)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (GOOD, {}, 202),
        (GOOD, {"Authorization": "Bearer None"}, 401),
        (GOOD, {"Content_Type": "text/plain"}, 415),
        (b"{", {}, 400),
        (changed(subject=None), {}, 400),
    ],
)
def test_status_codes(
    standin: tuple[StandIn, str], body: Any, headers: dict[str, str], status: int
) -> None:
    got, answer = post(standin[1], body, **headers)
    assert got == status
    if status != 202:
        assert {"message", "field", "help"} == set(answer["errors"][0])
        assert standin[0].taken == []


# ---- logs ----


@pytest.mark.parametrize(
    "query",
    [
        "to_email LIKE 'a%'",
        "from_email = 'a@example.com'",
        "to_email = 'a' OR to_email = 'b'",
        "status = 'delivered'",
        'sg_message_id_created_at > "2035-01-01"',
        'sg_message_id_created_at > TIMESTAMP "yesterday"',
    ],
)
def test_a_query_that_the_logs_do_not_know_is_refused(query: str) -> None:
    with pytest.raises(logs.BadQuery):
        logs.parse(query)


def test_our_look_up_finds_the_message_by_our_id_among_others_to_that_address(
    standin: tuple[StandIn, str],
) -> None:
    provider, address = standin
    lookup = SendGridLogs(client(provider.key, address, 2))
    since = datetime.now(UTC)
    for public_id in ("one", "two"):
        post(
            address,
            person(to=[{"email": "o'brien@example.com"}], custom_args={"outbox_id": public_id}),
        )

    found = lookup.find("two", "O'Brien@example.com".lower(), since)

    assert found is not None
    assert (found.state, found.provider_id) == (MailState.ACCEPTED, provider.taken[1].sg_message_id)
    assert abs(found.at - since) < timedelta(seconds=10)
    assert lookup.find("three", "o'brien@example.com", since) is None
    assert lookup.find("two", "o'brien@example.com", since + timedelta(hours=1)) is None


def test_our_look_up_asks_for_a_domain_in_other_letters_as_the_logs_name_it(
    standin: tuple[StandIn, str],
) -> None:
    provider, address = standin
    since = datetime.now(UTC)
    to = [{"email": "Info@xn--bcher-kva.example"}]
    post(address, person(to=to, custom_args={"outbox_id": "one"}))

    lookup = SendGridLogs(client(provider.key, address, 2))

    assert lookup.find("one", "info@Bücher.example", since) is not None


@pytest.mark.parametrize("fate", ["bounce", "dropped"])
def test_what_bounced_or_was_dropped_counts_as_rejected(
    standin: tuple[StandIn, str], fate: str
) -> None:
    provider, address = standin
    lookup = SendGridLogs(client(provider.key, address, 2))
    to = f"{fate}@example.com"
    post(address, person(to=[{"email": to}], custom_args={"outbox_id": "x"}))

    found = lookup.find("x", to, datetime.now(UTC))

    assert found is not None
    assert found.state is MailState.REJECTED


def test_logs_that_give_no_answer_are_no_evidence_of_absence() -> None:
    with pytest.raises(NoTrace):
        SendGridLogs(client("k", "http://127.0.0.1:9", 1)).find("x", "a@e.com", datetime.now(UTC))


def test_logs_that_the_key_may_not_read_leave_it_to_events(standin: tuple[StandIn, str]) -> None:
    lookup = SendGridLogs(client("SG.other", standin[1], 2))
    assert lookup.find("x", "a@example.com", datetime.now(UTC)) is None


# ---- events ----


class Hook(BaseHTTPRequestHandler):
    """A webhook that refuses the first batch, and keeps what it is given."""

    got: list[tuple[bytes, str, str]]
    refusals: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).got.append((body, self.headers[SIGNATURE], self.headers[TIMESTAMP]))
        type(self).refusals -= 1
        self.send_response(503 if type(self).refusals >= 0 else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[type[Hook]]:
    class OneHook(Hook):
        got: list[tuple[bytes, str, str]] = []  # noqa: RUF012
        refusals = 1

    server = HTTPServer(("127.0.0.1", 0), OneHook)
    OneHook.url = f"http://127.0.0.1:{server.server_port}/events"  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield OneHook
    server.shutdown()
    server.server_close()


def test_events_are_posted_signed_as_sendgrid_signs_them_and_again_when_refused(
    hook: type[Hook],
) -> None:
    provider = StandIn(webhook=hook.url)  # type: ignore[attr-defined]
    with serving(provider) as address:
        post(address, GOOD)
        ends_at = time.monotonic() + 10
        while len(hook.got) < 2 and time.monotonic() < ends_at:
            time.sleep(0.02)

    (first, _, _), (again, signature, timestamp) = hook.got[:2]
    webhook = EventWebhook(provider.signer.public_key)
    assert first == again  # with the same sg_event_id: told twice, it is one event
    assert webhook.verify_signature(again.decode(), signature, timestamp)
    assert not webhook.verify_signature(again.decode() + " ", signature, timestamp)
    events = json.loads(again)
    assert [event["event"] for event in events][:1] == ["processed"]
    assert all(event["outbox_id"] == "f00d" for event in events)


def test_a_signature_is_der_in_base64() -> None:
    headers = Signer().headers(b"[]")
    assert base64.b64decode(headers[SIGNATURE], validate=True)[0] == 0x30
