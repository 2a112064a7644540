"""Handing events to the outside: signed, never redirected, and what counts as not delivered."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from partners.errors import SetupError
from partners.receiver import NotDelivered, Receiver
from tests.receivers import KEY, SECRET, LocalReceiver

BODY = '{"type":"partner.test","data":{"partner_id":"ü"}}'
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()


@pytest.fixture
def receiver() -> Iterator[LocalReceiver]:
    with LocalReceiver().running() as running:
        yield running


def now() -> datetime:
    return datetime.now(UTC)


def test_an_event_is_signed_as_an_independent_receiver_expects(receiver: LocalReceiver) -> None:
    Receiver(receiver.url, [SECRET]).deliver("evt_1", BODY, now())
    (got,) = receiver.got
    assert (got.webhook_id, got.body["data"]["partner_id"]) == ("evt_1", "ü")


def test_a_wrong_secret_is_refused_by_the_receiver(receiver: LocalReceiver) -> None:
    with pytest.raises(NotDelivered, match="answered 401"):
        Receiver(receiver.url, [OTHER]).deliver("evt_1", BODY, now())


def test_while_a_secret_is_changed_both_sign(receiver: LocalReceiver) -> None:
    Receiver(receiver.url, [OTHER, SECRET]).deliver("evt_1", BODY, now())
    assert len(receiver.got) == 1


def test_the_headers_are_those_of_the_standard() -> None:
    """The example of the specification's reference libraries."""
    sender = Receiver("https://example.com", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    at = datetime.fromtimestamp(1614265330, UTC)
    assert sender.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
def test_whatever_is_no_2xx_has_not_arrived(receiver: LocalReceiver, status: int) -> None:
    receiver.answer = lambda got: status
    receiver.headers = {"location": receiver.url}
    with pytest.raises(NotDelivered, match=f"answered {status}") as failed:
        Receiver(receiver.url, [SECRET]).deliver("evt_1", BODY, now())
    assert receiver.tried == 1  # redirects are not followed
    assert not failed.value.for_good


def test_gone_is_for_good_and_retry_after_is_heeded(receiver: LocalReceiver) -> None:
    receiver.answer = lambda got: 410
    with pytest.raises(NotDelivered) as gone:
        Receiver(receiver.url, [SECRET]).deliver("evt_1", BODY, now())
    assert gone.value.for_good
    receiver.answer = lambda got: 429
    receiver.headers = {"retry-after": "120"}
    with pytest.raises(NotDelivered) as later:
        Receiver(receiver.url, [SECRET]).deliver("evt_1", BODY, now())
    assert later.value.wait == timedelta(seconds=120)


def test_nobody_there_is_not_delivered_and_the_error_names_no_address() -> None:
    with pytest.raises(NotDelivered) as failed:
        Receiver("http://127.0.0.1:9/secret-path", [SECRET]).deliver("evt_1", BODY, now())
    assert str(failed.value) == "no answer: ConnectError"


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/events",
        "ftp://example.com",
        "https://",
        "example.com",
        "http://localhost.example.com",
        "https://user:pass@example.com",
    ],
)
def test_an_address_that_is_not_https_is_refused(url: str) -> None:
    with pytest.raises(SetupError, match="PARTNERS_WEBHOOK_URL"):
        Receiver(url, [SECRET])


@pytest.mark.parametrize("secret", ["", "secret", "whsec_", "whsec_c2hvcnQ=", f"{SECRET}!"])
def test_a_secret_that_cannot_be_one_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(SetupError, match="PARTNERS_WEBHOOK_SECRET") as error:
        Receiver("https://example.com", [secret] if secret else [])
    assert not secret or secret == "secret" or secret == "whsec_" or secret not in str(error.value)


def test_a_secret_is_accepted_whose_key_is_long_enough() -> None:
    assert len(KEY) >= 24
    Receiver("https://example.com", [SECRET])
