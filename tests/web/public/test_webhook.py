"""The webhook under fire: no 5xx, and nothing believed that is not signed, whole and recent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from starlette.testclient import TestClient

from partners.mail.sendgrid.event_webhook import MAX_BYTES, SIGNATURE, TIMESTAMP
from partners.mail.standin.events import Signer
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.store.mail import mail_events, recipients
from partners.store.tables.mail_tables import MailEventRow, SuppressionRow
from partners.web.app import WEBHOOK_PATH, web_app

SIGNER = Signer()
NOW = datetime.now(UTC)


class Told:
    """Whose cases were told."""

    def __init__(self) -> None:
        self.partners: list[str] = []

    async def __call__(self, partners: Iterable[str]) -> None:
        self.partners += partners


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def hook(box: Database, told: Told) -> Iterator[TestClient]:
    config = Settings(
        _env_file=None,
        sendgrid_webhook_key=SIGNER.public_key,
        sendgrid_groups={"newsletter": 7},
    )
    with TestClient(web_app(box, config, told), raise_server_exceptions=True) as client:
        yield client


def event(**changed: Any) -> dict[str, Any]:
    return {
        "event": "delivered",
        "email": "acme@example.com",
        "timestamp": int(NOW.timestamp()),
        "sg_event_id": "e1",
        "outbox_id": "public-7",
        **changed,
    }


def bounce(**changed: Any) -> dict[str, Any]:
    return event(event="bounce", type="bounce", reason="550 no", sg_event_id="e2", **changed)


def body_of(*events: Any) -> bytes:
    return json.dumps(list(events)).encode()


def post(hook: TestClient, body: bytes, **headers: str) -> int:
    """Post a signed body; a header of that name replaces or, if blank, drops the right one."""
    signed = SIGNER.headers(body) | {k.replace("_", "-"): v for k, v in headers.items()}
    sent = {name: value for name, value in signed.items() if value}
    return hook.post(WEBHOOK_PATH, content=body, headers=sent).status_code


def count(box: Database, row: type[MailEventRow] | type[SuppressionRow] = MailEventRow) -> int:
    with box.read() as session:
        return session.scalar(select(func.count()).select_from(row)) or 0


# ---- what is right ----


def test_signed_events_are_taken_in(box: Database, hook: TestClient, put: Any) -> None:
    put(box, 7)
    assert post(hook, body_of(event(), bounce())) == 204
    with box.read() as session:
        assert mail_events.deliveries(session, [7])[7].state == "bounced"
        assert list(recipients.blocked(session, ["acme@example.com"])) == ["acme@example.com"]


def test_the_case_of_a_bounced_warning_is_told(
    box: Database, hook: TestClient, told: Told, put: Any
) -> None:
    put(box, 7)
    post(hook, body_of(event()))
    assert told.partners == []
    post(hook, body_of(bounce()))
    assert told.partners == ["acme"]


def test_a_group_is_the_topic_of_the_settings(box: Database, hook: TestClient) -> None:
    assert post(hook, body_of(event(event="group_unsubscribe", asm_group_id=7))) == 204
    with box.read() as session:
        [row] = recipients.every_suppression(session)
        assert (row.scope, row.cause) == ("newsletter", "group_unsubscribe")


def test_a_replayed_request_changes_nothing(
    box: Database, hook: TestClient, told: Told, put: Any
) -> None:
    put(box, 7)
    body = body_of(bounce())
    headers = SIGNER.headers(body)
    for _ in range(3):
        assert hook.post(WEBHOOK_PATH, content=body, headers=headers).status_code == 204
    assert (count(box), count(box, SuppressionRow), told.partners) == (1, 1, ["acme"])


def test_without_a_key_there_is_no_webhook(box: Database, told: Told) -> None:
    client = TestClient(web_app(box, Settings(_env_file=None), told))
    body = body_of(bounce())
    answer = client.post(WEBHOOK_PATH, content=body, headers=SIGNER.headers(body))
    assert answer.status_code == 404
    assert count(box) == 0


def test_other_methods_are_refused(hook: TestClient) -> None:
    assert hook.get(WEBHOOK_PATH).status_code == 405


# ---- what is not signed ----

BODY = body_of(bounce())
OLD = str(int((NOW - timedelta(hours=26)).timestamp()))
AHEAD = str(int((NOW + timedelta(hours=1)).timestamp()))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SIGNATURE: SIGNER.headers(BODY)[SIGNATURE]},
        {TIMESTAMP: SIGNER.headers(BODY)[TIMESTAMP]},
        {SIGNATURE: "", TIMESTAMP: ""},
        {SIGNATURE: "x", TIMESTAMP: "1"},
        {SIGNATURE: "====", TIMESTAMP: str(int(NOW.timestamp()))},
        SIGNER.headers(BODY) | {TIMESTAMP: str(int(NOW.timestamp()) - 1)},
        SIGNER.headers(body_of(event())),
        SIGNER.headers(BODY, OLD),
        SIGNER.headers(BODY, AHEAD),
        SIGNER.headers(BODY, "1e9"),
        Signer().headers(BODY),
        {"Authorization": "Bearer SG.key", **Signer().headers(BODY)},
    ],
)
def test_what_is_not_proven_is_refused_and_leaves_no_trace(
    box: Database, hook: TestClient, told: Told, headers: dict[str, str]
) -> None:
    assert hook.post(WEBHOOK_PATH, content=BODY, headers=headers).status_code == 401
    assert (count(box), count(box, SuppressionRow), told.partners) == (0, 0, [])


@pytest.mark.parametrize("cut", [1, len(BODY) // 2, len(BODY) - 1])
def test_a_truncated_body_is_refused(box: Database, hook: TestClient, cut: int) -> None:
    headers = SIGNER.headers(BODY)
    assert hook.post(WEBHOOK_PATH, content=BODY[:cut], headers=headers).status_code == 401
    assert count(box) == 0


def test_ten_megabytes_are_refused_before_they_are_read(box: Database, hook: TestClient) -> None:
    big = b"[" + b" " * 10_000_000 + b"]"
    assert post(hook, big) == 413
    assert hook.post(WEBHOOK_PATH, content=big).status_code == 401  # not even looked at
    assert count(box) == 0


class _Endless:
    """A request without a length that goes on and on, as an ASGI server hands it over."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.read = 0
        self.status = 0
        self._headers = [(n.lower().encode(), v.encode()) for n, v in headers.items()]

    async def post_to(self, app: Any) -> int:
        scope = {
            "type": "http",
            "method": "POST",
            "path": WEBHOOK_PATH,
            "raw_path": WEBHOOK_PATH.encode(),
            "query_string": b"",
            "headers": self._headers,
            "http_version": "1.1",
            "scheme": "https",
            "server": ("example.com", 443),
            "client": ("203.0.113.9", 1),
            "root_path": "",
        }
        await app(scope, self._receive, self._send)
        return self.status

    async def _receive(self) -> dict[str, Any]:
        self.read += 64_000
        assert self.read < 5_000_000, "it reads without end"
        return {"type": "http.request", "body": b" " * 64_000, "more_body": True}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)


def test_a_body_without_a_length_is_cut_off_at_the_cap(box: Database, told: Told) -> None:
    config = Settings(_env_file=None, sendgrid_webhook_key=SIGNER.public_key)
    request = _Endless(SIGNER.headers(b""))
    assert asyncio.run(request.post_to(web_app(box, config, told))) == 413
    assert request.read <= MAX_BYTES + 2 * 64_000


def test_a_length_that_lies_is_not_believed(box: Database, told: Told) -> None:
    config = Settings(_env_file=None, sendgrid_webhook_key=SIGNER.public_key)
    request = _Endless(SIGNER.headers(b"") | {"Content-Length": "5"})
    assert asyncio.run(request.post_to(web_app(box, config, told))) == 413


def test_a_connection_that_breaks_off_is_no_error(box: Database, told: Told) -> None:
    class Broken(_Endless):
        async def _receive(self) -> dict[str, Any]:
            return {"type": "http.disconnect"}

    config = Settings(_env_file=None, sendgrid_webhook_key=SIGNER.public_key)
    assert asyncio.run(Broken(SIGNER.headers(b"")).post_to(web_app(box, config, told))) == 400


# ---- what is signed, and odd ----


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"7",
        b'"events"',
        b"[",
        b"\xff\xfe[]",
        b'[{"timestamp": ' + b"9" * 5_000 + b"}]",
        b"[" * 500_000 + b"]" * 500_000,
        b'[{"a":' * 100_000,
    ],
)
def test_signed_nonsense_is_a_bad_request(box: Database, hook: TestClient, body: bytes) -> None:
    assert post(hook, body) in (400, 401)  # what is no UTF-8 cannot be checked
    assert count(box) == 0


@pytest.mark.parametrize(
    "odd",
    [
        None,
        7,
        "bounce",
        [],
        {},
        event(event="toaster"),
        event(event=None),
        event(event={"a": []}),
        event(email=["a@b.c"]),
        event(email=""),
        event(timestamp="yesterday"),
        event(timestamp=1e308),
        event(timestamp=-5),
        event(timestamp=True),
        event(timestamp=10**30),
    ],
)
def test_an_odd_event_does_not_cost_the_good_ones(
    box: Database, hook: TestClient, put: Any, odd: Any
) -> None:
    put(box, 7)
    assert post(hook, body_of(odd, bounce())) == 204
    assert count(box) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"outbox_id": 7},
        {"outbox_id": None},
        {"outbox_id": ["public-7"]},
        {"outbox_id": "x" * 100_000},
        {"outbox_id": "\ud800"},
        {"sg_event_id": None},
        {"sg_event_id": {"a": 1}},
        {"sg_event_id": "x" * 100_000},
        {"sg_message_id": 10**50},
        {"reason": "\x00\r\n" * 9_000},
        {"reason": {"deep": [[[[]]]]}},
        {"email": "x" * 5_000 + "@example.com"},
        {"email": "ACME@EXAMPLE.COM"},
        {"email": "a\x00b@example.com"},
        {"email": "\ud800@example.com"},
        {"asm_group_id": "7"},
        {"asm_group_id": 10**40},
        {"type": ["bounce"]},
        {"extra": {"a": [1, 2, {"b": None}]}},
        {"timestamp": 1_700_000_000.5},
    ],
)
@pytest.mark.parametrize("name", ["bounce", "group_unsubscribe", "processed"])
def test_odd_values_are_taken_or_left_but_break_nothing(
    box: Database, hook: TestClient, put: Any, name: str, changed: dict[str, Any]
) -> None:
    put(box, 7)
    assert post(hook, body_of(event(event=name) | changed)) == 204


def test_events_may_come_in_any_order(box: Database, hook: TestClient, put: Any) -> None:
    put(box, 7)
    later = {"timestamp": int(NOW.timestamp()) + 60}
    for part in (bounce(**later), event(), event(event="processed", sg_event_id="e0")):
        assert post(hook, body_of(part)) == 204
    with box.read() as session:
        assert mail_events.deliveries(session, [7])[7].state == "bounced"


def test_a_large_batch_is_taken_whole(box: Database, hook: TestClient, put: Any) -> None:
    put(box, 7)
    events = [event(event="open", sg_event_id=f"e{n}", timestamp=n + 1) for n in range(2_000)]
    assert post(hook, body_of(*events)) == 204
    assert count(box) == 2_000


def test_a_database_that_is_away_is_no_fault_of_the_sender(
    box: Database, hook: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(mail_events, "take_in", away)
    assert post(hook, body_of(event())) == 503  # SendGrid posts it again


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)
NAMES = st.sampled_from([*event(), "type", "reason", "asm_group_id", "sg_message_id"])
EVENTS = st.one_of(
    JSON,
    st.dictionaries(NAMES, JSON),
    st.builds(
        lambda name, at, more: event(event=name, timestamp=at) | more,
        st.sampled_from(["bounce", "delivered", "group_resubscribe", "unsubscribe"]),
        st.integers(1, 4_000_000_000),
        st.dictionaries(NAMES, JSON, max_size=2),
    ),
)
SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SLOW
@given(st.lists(EVENTS, max_size=5))
def test_whatever_is_signed_is_answered(hook: TestClient, events: list[Any]) -> None:
    assert post(hook, body_of(*events)) == 204


@SLOW
@given(
    body=st.binary(max_size=300) | st.just(BODY),
    signature=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=120),
    timestamp=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20),
)
def test_whatever_is_not_signed_is_refused(
    box: Database, hook: TestClient, body: bytes, signature: str, timestamp: str
) -> None:
    headers = [(SIGNATURE, signature.encode("latin-1")), (TIMESTAMP, timestamp.encode("latin-1"))]
    answer = hook.post(WEBHOOK_PATH, content=body, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert count(box) == 0


@SLOW
@given(place=st.integers(0, len(BODY) - 1), byte=st.integers(0, 255))
def test_one_changed_byte_is_enough(box: Database, hook: TestClient, place: int, byte: int) -> None:
    changed = BODY[:place] + bytes([byte]) + BODY[place + 1 :]
    answer = hook.post(WEBHOOK_PATH, content=changed, headers=SIGNER.headers(BODY))
    assert answer.status_code == (204 if changed == BODY else 401)
