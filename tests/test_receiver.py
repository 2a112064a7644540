"""Handing events to the outside: signed, never redirected, and what counts as not delivered."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from partners.errors import SetupError
from partners.receiver import NotDelivered, Receiver
from tests import clocks
from tests.receivers import KEY, SECRET, LocalReceiver

BODY = '{"type":"partner.test","data":{"partner_id":"ü"}}'
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()


@pytest.fixture
def receiver() -> Iterator[LocalReceiver]:
    with LocalReceiver().running() as running:
        yield running


def deliver(receiver: Receiver) -> None:
    async def run() -> None:
        try:
            await receiver.deliver("evt_1", BODY, datetime.now(UTC))
        finally:
            await receiver.close()

    asyncio.run(run())


def test_an_event_is_signed_as_an_independent_receiver_expects(receiver: LocalReceiver) -> None:
    deliver(Receiver(receiver.url, [SECRET], inside=True))
    (got,) = receiver.got
    assert (got.webhook_id, got.body["data"]["partner_id"]) == ("evt_1", "ü")


def test_a_wrong_secret_is_refused_by_the_receiver(receiver: LocalReceiver) -> None:
    with pytest.raises(NotDelivered, match="answered 401"):
        deliver(Receiver(receiver.url, [OTHER], inside=True))


def test_while_a_secret_is_changed_both_sign(receiver: LocalReceiver) -> None:
    deliver(Receiver(receiver.url, [OTHER, SECRET], inside=True))
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
        deliver(Receiver(receiver.url, [SECRET], inside=True))
    assert receiver.tried == 1  # redirects are not followed
    assert not failed.value.for_good


def test_gone_is_for_good_and_retry_after_is_heeded(receiver: LocalReceiver) -> None:
    receiver.answer = lambda got: 410
    with pytest.raises(NotDelivered) as gone:
        deliver(Receiver(receiver.url, [SECRET], inside=True))
    assert gone.value.for_good
    receiver.answer = lambda got: 429
    receiver.headers = {"retry-after": "120"}
    with pytest.raises(NotDelivered) as later:
        deliver(Receiver(receiver.url, [SECRET], inside=True))
    assert later.value.wait == timedelta(seconds=120)


def test_nobody_there_is_not_delivered_and_the_error_names_no_address() -> None:
    with pytest.raises(NotDelivered) as failed:
        deliver(Receiver("http://127.0.0.1:9/secret-path", [SECRET], inside=True))
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


# ---- one deadline for the whole of it ----


@contextmanager
def dripping() -> Iterator[str]:
    """A receiver that sends one byte of a header after the other, and never ends."""
    over = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nx-slow: ")
            while not over.wait(0.05):
                connection.sendall(b"a")

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=drip, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()


def test_a_receiver_that_drips_its_answer_is_left_at_the_deadline() -> None:
    began = time.monotonic()
    with dripping() as url, pytest.raises(NotDelivered, match=r"no whole answer within 0\.3 sec"):
        deliver(Receiver(url, [SECRET], timeout_seconds=0.3, inside=True))
    assert time.monotonic() - began < 5


def test_a_name_server_that_does_not_answer_is_left_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()
    monkeypatch.setattr("partners.addresses.socket.getaddrinfo", lambda *_, **__: over.wait(20))
    try:
        with pytest.raises(NotDelivered, match="no whole answer"):
            deliver(Receiver("https://crm.example.com", [SECRET], timeout_seconds=0.2))
    finally:
        over.set()


# ---- not inside the network ----


@pytest.mark.parametrize(
    "url",
    [
        *("http://localhost/events", "http://127.0.0.1:9/events", "https://10.0.0.7/events"),
        *("https://169.254.169.254/latest", "https://[fd00::1]/", "https://[::ffff:10.0.0.7]/"),
    ],
)
def test_an_address_inside_the_network_is_refused_unless_that_is_set(url: str) -> None:
    with pytest.raises(SetupError, match="PARTNERS_WEBHOOK_INSIDE=true"):
        Receiver(url, [SECRET])
    Receiver(url, [SECRET], inside=True)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every name leads to this machine; the names that were looked up."""
    names: list[str] = []

    def look_up(host: str, port: int, **_: object) -> list[object]:
        names.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr("partners.addresses.socket.getaddrinfo", look_up)
    return names


def test_a_name_that_leads_inside_gets_nothing(receiver: LocalReceiver, asked: list[str]) -> None:
    port = urlsplit(receiver.url).port
    with pytest.raises(NotDelivered, match="inside the network; if that is meant"):
        deliver(Receiver(f"https://crm.example.com:{port}/events", [SECRET]))
    assert (asked, receiver.tried) == (["crm.example.com"], 0)


def test_the_request_goes_to_the_address_that_was_checked(
    receiver: LocalReceiver, asked: list[str]
) -> None:
    """Looked up once: a second answer, as of a name that rebinds, is never asked for."""
    url = receiver.url.replace("127.0.0.1", "localhost")
    deliver(Receiver(url, [SECRET], inside=True))
    assert (asked, len(receiver.got)) == (["localhost"], 1)


@pytest.mark.parametrize("name", ["localhost", "other.example"])
def test_the_certificate_has_to_be_the_names_though_an_address_is_connected_to(
    receiver: LocalReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    clocks.needs_the_real_one()  # OpenSSL looks when a certificate is valid
    receiver.serve_tls(certificate_for(name, tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    url = receiver.url.replace("http://127.0.0.1", "https://localhost")
    if name == "localhost":
        deliver(Receiver(url, [SECRET], inside=True))
        assert len(receiver.got) == 1
    else:
        with pytest.raises(NotDelivered, match="ConnectError"):
            deliver(Receiver(url, [SECRET], inside=True))


def certificate_for(name: str, folder: Path) -> Path:
    """A certificate that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = serialization.PrivateFormat.PKCS8
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(pem, private, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return file
