"""SendGrid's webhook: only what is signed, whole and recent is believed."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from partners.domain.mail.delivery import Delivery, Event, MailEvent, further
from partners.errors import SetupError
from partners.mail.sendgrid.event_webhook import (
    SIGNATURE,
    TIMESTAMP,
    Unproven,
    Unreadable,
    Verifier,
    read,
)
from partners.mail.standin.events import Signer

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
SIGNER = Signer()
VERIFIER = Verifier(SIGNER.public_key, timedelta(hours=25))
BODY = b'[{"email":"a@example.com"}]'


def check(body: bytes, at: datetime = NOW, *, signed: bytes | None = None, **changed: str) -> None:
    headers = SIGNER.headers(signed if signed is not None else body, str(int(at.timestamp())))
    VERIFIER.check(
        body,
        changed.get("signature", headers[SIGNATURE]),
        changed.get("timestamp", headers[TIMESTAMP]),
        NOW,
    )


def test_what_is_signed_now_is_believed() -> None:
    check(BODY)
    check(BODY, NOW - timedelta(hours=24))


@pytest.mark.parametrize("hours", [-26, -1000, 1])
def test_what_was_signed_long_ago_or_will_be_is_not(hours: int) -> None:
    with pytest.raises(Unproven, match="too old, or from the future"):
        check(BODY, NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": ""},
        {"timestamp": ""},
        {"signature": "not base64 !"},
        {"signature": "AAAA"},
        {"signature": "é"},
        {"signature": base64.b64encode(b"0" * 70).decode()},
        {"timestamp": "1"},
        {"timestamp": "9" * 400},
        {"timestamp": "now"},
        {"timestamp": "²"},
    ],
)
def test_a_missing_or_garbled_proof_is_none(changed: dict[str, str]) -> None:
    with pytest.raises(Unproven):
        check(BODY, **changed)


@pytest.mark.parametrize("body", [b"", b"[]", BODY[:-1], BODY + b" ", b"\xff\xfe", b"\x00"])
def test_a_body_that_was_changed_on_the_way_is_refused(body: bytes) -> None:
    with pytest.raises(Unproven):
        check(body, signed=BODY)


def test_another_accounts_signature_is_refused() -> None:
    headers = Signer().headers(BODY, str(int(NOW.timestamp())))
    with pytest.raises(Unproven):
        VERIFIER.check(BODY, headers[SIGNATURE], headers[TIMESTAMP], NOW)


def test_a_signed_time_that_is_no_number_is_refused() -> None:
    headers = SIGNER.headers(BODY, "soon")
    with pytest.raises(Unproven):
        VERIFIER.check(BODY, headers[SIGNATURE], "soon", NOW)


@given(
    body=st.binary(max_size=200), signature=st.text(max_size=100), timestamp=st.text(max_size=20)
)
def test_nothing_that_is_invented_is_believed(body: bytes, signature: str, timestamp: str) -> None:
    with pytest.raises(Unproven):
        VERIFIER.check(body, signature, timestamp, NOW)


@pytest.mark.parametrize("key", ["", "x", "é", base64.b64encode(b"0" * 91).decode()])
def test_a_key_that_is_none_is_refused_at_the_start(key: str) -> None:
    with pytest.raises(SetupError, match="PARTNERS_SENDGRID_WEBHOOK_KEY"):
        Verifier(key, timedelta(hours=1))


# ---- reading ----


def event(**changed: object) -> dict[str, object]:
    return {
        "event": "bounce",
        "email": "Ann@Example.com",
        "timestamp": 1_795_000_000,
        "type": "bounce",
        "reason": "550 no such\r\nuser\x00",
        "sg_event_id": "e1",
        "sg_message_id": "m1",
        "outbox_id": "abc",
        **changed,
    }


def one(**changed: object) -> MailEvent:
    [found] = read(json.dumps([event(**changed)]).encode())
    return found


def test_an_event_is_read_cleaned() -> None:
    found = one(asm_group_id=7)
    assert found == MailEvent(
        Event.BOUNCE,
        "ann@example.com",
        datetime.fromtimestamp(1_795_000_000, UTC),
        "e1",
        "abc",
        "m1",
        "bounce",
        "550 no such user",
        7,
    )
    assert found.delivery is Delivery.BOUNCED


def test_only_the_type_bounce_is_a_hard_bounce() -> None:
    assert one(type="blocked").delivery is Delivery.BLOCKED
    assert one(type=None).delivery is Delivery.BLOCKED
    assert not one(type=None).is_hard_bounce


@pytest.mark.parametrize(
    "changed",
    [
        {"event": "surprise"},
        {"event": None},
        {"event": ["bounce"]},
        {"email": ""},
        {"email": "nobody"},
        {"email": {"a": 1}},
        {"timestamp": "1795000000"},
        {"timestamp": True},
        {"timestamp": -1},
        {"timestamp": 1e300},
        {"timestamp": None},
    ],
)
def test_an_event_of_the_wrong_shape_is_left_out_alone(changed: dict[str, object]) -> None:
    found = read(json.dumps([event(**changed), event()]).encode())
    assert [e.sg_event_id for e in found] == ["e1"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"null",
        b'"x"',
        b"[",
        b"\xff",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    ],
)
def test_what_is_no_list_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
FIELDS = st.sampled_from([*sorted(event()), "asm_group_id", "response", "category"])


@given(st.lists(st.dictionaries(FIELDS, JSON) | JSON, max_size=6))
def test_any_json_list_can_be_read(items: list[object]) -> None:
    for found in read(json.dumps(items).encode()):
        assert isinstance(found, MailEvent)
        assert "\x00" not in found.email + found.reason


@given(st.lists(st.sampled_from(list(Delivery)), min_size=1))
def test_states_only_move_forward_in_whatever_order_they_come(states: list[Delivery]) -> None:
    reached: Delivery | None = None
    for state in states:
        before, reached = reached, further(reached, state)
        assert before is None or reached.rank >= before.rank
    assert reached is max(states, key=lambda state: state.rank)


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256K1(), ec.SECP521R1()])
def test_a_key_of_another_curve_is_refused_when_the_pages_start(curve: ec.EllipticCurve) -> None:
    public = ec.generate_private_key(curve).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    text = base64.b64encode(public.public_bytes(serialization.Encoding.DER, form)).decode()
    with pytest.raises(SetupError, match=f"this one is of {curve.name}, SendGrid's are of P-256"):
        Verifier(text, timedelta(hours=25))
