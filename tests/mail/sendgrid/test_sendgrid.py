"""SendGrid's transport against the strict stand-in: every outcome, and nothing leaks."""

from __future__ import annotations

import logging
import ssl
import time
import urllib.error
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest

from partners.domain.mail.notices import MailState, Rendered
from partners.mail.sendgrid import sendgrid
from partners.mail.sendgrid.rate import RateLimit
from partners.mail.sendgrid.sendgrid import SendGridTransport
from partners.mail.sendgrid.sendgrid_client import client
from partners.mail.standin.faults import Fault
from partners.mail.standin.running import serving
from partners.mail.standin.server import StandIn
from partners.mail.transport import AllowList, Message, OutboxTransport, Receipt, without_addresses

KEY = "SG.stand-in"
TIMEOUT = 0.4


def a_message(to: str = "acme@example.com", **more: object) -> Message:
    content = Rendered("6 orders a month, 10 required", "Dear Acme", "<p>Dear Acme</p>")
    fields = {"public_id": "f00d", "kind": "warning", **more}
    return Message(7, (to,), "Northwind <partners@northwind.example>", content, **fields)  # type: ignore[arg-type]


class Desk:
    """A stand-in that serves, and a transport to it."""

    def __init__(self, standin: StandIn, address: str) -> None:
        self.standin, self.address = standin, address

    def transport(self, key: str = KEY, **more: object) -> SendGridTransport:
        api = client(key, self.address, TIMEOUT)
        return SendGridTransport(api, OutboxTransport(delivers=True), **more)  # type: ignore[arg-type]

    def send(self, *faults: Fault, message: Message | None = None) -> Receipt:
        self.standin.faults.script(faults)
        return self.transport().send(message or a_message())


@pytest.fixture
def desk() -> Iterator[Desk]:
    standin = StandIn(hang=1.5, reset=30)
    with serving(standin) as address:
        yield Desk(standin, address)


def test_202_is_accepted_and_the_providers_id_is_kept(desk: Desk) -> None:
    receipt = desk.send()

    (taken,) = desk.standin.taken
    assert receipt.state is MailState.ACCEPTED
    assert receipt.provider_id == taken.sg_message_id.split(".")[0]


def test_the_request_keeps_the_contract_and_says_no_more_than_it_must(desk: Desk) -> None:
    desk.send(message=a_message(headers={"List-Unsubscribe": "<https://northwind.example/u/x>"}))

    (taken,) = desk.standin.taken
    assert desk.standin.refused == []
    assert taken.custom_args == {"outbox_id": "f00d"}
    assert taken.body["categories"] == ["warning"]
    assert [part["type"] for part in taken.body["content"]] == ["text/plain", "text/html"]
    assert taken.body["from"] == {"email": "partners@northwind.example", "name": "Northwind"}
    assert taken.body["tracking_settings"] == {"subscription_tracking": {"enable": False}}
    assert taken.body["headers"] == {"List-Unsubscribe": "<https://northwind.example/u/x>"}


def test_a_line_break_in_a_subject_never_reaches_the_provider(desk: Desk) -> None:
    content = Rendered("Hello\r\nBcc: all@example.com", "text", "<p>html</p>")
    desk.send(message=Message(7, ("a@example.com",), "us@example.com", content, public_id="x"))

    assert desk.standin.taken[0].body["subject"] == "Hello Bcc: all@example.com"


@pytest.mark.parametrize(
    "fault",
    [
        Fault.HANG,
        Fault.HANG_TAKEN,
        Fault.DROP,
        Fault.DROP_TAKEN,
        Fault.CUT_TAKEN,
        Fault.FAIL,
        Fault.FAIL_TAKEN,
        Fault.OVERLOADED,
        Fault.REDIRECT,
    ],
)
def test_where_the_answer_does_not_say_the_outcome_is_unknown(desk: Desk, fault: Fault) -> None:
    assert desk.send(fault).state is MailState.UNKNOWN
    assert desk.standin.counts["requests"] == 1  # never tried again by itself


def test_a_redirect_is_not_followed_with_the_key(desk: Desk) -> None:
    assert desk.send(Fault.REDIRECT).detail == "SendGrid answered 302"
    assert desk.standin.counts["followed a redirect"] == 0


def test_a_refusal_is_final_and_says_which_field_and_why(desk: Desk) -> None:
    receipt = desk.send(Fault.REFUSE)

    assert receipt.state is MailState.REJECTED
    assert receipt.detail == (
        "SendGrid answered 400: personalizations.0.to.0.email: Does not contain a valid address."
    )


def test_a_wrong_key_is_rejected_by_the_provider(desk: Desk) -> None:
    receipt = desk.transport(key="SG.wrong").send(a_message())
    assert (receipt.state, desk.standin.taken) == (MailState.REJECTED, [])
    assert "401" in str(receipt.detail)


def test_rule_18_what_the_provider_says_is_kept_without_addresses(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "to: ann.o-neill@example.com (Ann <ann@example.org>) is not valid"
    monkeypatch.setattr(sendgrid, "errors_of", lambda _body: said)
    assert desk.send(Fault.REFUSE).detail == (
        "SendGrid answered 400: to: <address> (Ann <<address>>) is not valid"
    )


def test_429_is_not_taken_and_all_threads_wait_until_the_reset(desk: Desk) -> None:
    transport = desk.transport()
    desk.standin.faults.script([Fault.LIMITED])

    first = transport.send(a_message())
    second = transport.send(a_message())

    assert (first.state, second.state) == (MailState.QUEUED, MailState.QUEUED)
    assert first.wait is not None
    assert timedelta(seconds=28) < first.wait < timedelta(seconds=31)  # its clock shows seconds
    assert desk.standin.counts["requests"] == 1  # the second was not even tried


def test_many_threads_share_one_limit_and_never_run_into_it(desk: Desk) -> None:
    desk.standin.limit, desk.standin.window = 5, 60
    transport = desk.transport()
    transport.send(a_message())  # learns what is left
    barrier, receipts = Barrier(12, timeout=60), list[Receipt]()

    def send() -> None:
        barrier.wait()
        receipts.append(transport.send(a_message()))

    threads = [Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    states = [receipt.state for receipt in receipts]
    assert (states.count(MailState.ACCEPTED), states.count(MailState.QUEUED)) == (4, 8)
    assert desk.standin.counts["over the limit"] == 0


def test_what_was_never_connected_may_be_handed_over_again() -> None:
    nowhere = SendGridTransport(client(KEY, "http://127.0.0.1:9", 1), OutboxTransport(True))
    unnamed = SendGridTransport(
        client(KEY, "http://no-such-host.invalid", 1), OutboxTransport(True)
    )
    for transport in (nowhere, unnamed):
        receipt = transport.send(a_message())
        assert (receipt.state, receipt.wait) == (MailState.QUEUED, None)


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (ConnectionRefusedError(), MailState.QUEUED),
        (ssl.SSLCertVerificationError(), MailState.QUEUED),
        (TimeoutError(), MailState.UNKNOWN),  # perhaps while the request was being sent
        (ConnectionResetError(), MailState.UNKNOWN),
        (BrokenPipeError(), MailState.UNKNOWN),
        (OSError(101, "network is unreachable"), MailState.QUEUED),
        ("unknown url type", MailState.UNKNOWN),
    ],
)
def test_only_what_cannot_have_left_counts_as_not_connected(
    reason: object, state: MailState
) -> None:
    assert sendgrid._failed(urllib.error.URLError(reason)).state is state  # type: ignore[arg-type]


def test_in_the_sandbox_a_message_is_checked_and_counts_as_the_outbox_says(desk: Desk) -> None:
    production = SendGridTransport(
        client(KEY, desk.address, TIMEOUT), OutboxTransport(delivers=False), sandbox=True
    )
    assert desk.transport(sandbox=True).send(a_message()).state is MailState.ACCEPTED
    assert production.send(a_message()).state is MailState.WAITING  # rule 1: it reached nobody
    assert (desk.standin.counts["sandbox"], desk.standin.taken) == (2, [])


def test_whoever_is_not_on_the_allow_list_is_not_written_to(desk: Desk) -> None:
    transport = desk.transport(allowed=AllowList.parse("ann@example.com, @staging.example"))
    for address in ("Ann@Example.com", "bob@staging.example"):
        assert transport.send(a_message(address)).detail is None
    for address in ("bob@example.com", "bob@notstaging.example", "ann@example.com.evil.example"):
        assert transport.send(a_message(address)).detail == "kept: not on the allow-list"
    assert [taken.to for taken in desk.standin.taken] == ["Ann@Example.com", "bob@staging.example"]


def test_an_address_that_cannot_exist_is_rejected_without_asking(desk: Desk) -> None:
    assert desk.send(message=a_message("nobody@example.invalid")).state is MailState.REJECTED
    assert desk.standin.counts["requests"] == 0


def test_neither_key_nor_address_is_ever_logged(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.send()
    desk.send(Fault.REFUSE)
    desk.send(Fault.FAIL)
    assert KEY not in caplog.text
    assert "acme@example.com" not in caplog.text
    assert KEY not in repr(desk.transport())


# ---- the limit by itself ----


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def limits(remaining: int | str, reset: float | str) -> dict[str, str]:
    return {"X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset": str(reset)}


def test_the_least_that_any_answer_left_counts_until_the_reset() -> None:
    clock = Clock()
    rate = RateLimit(clock)
    rate.note(limits(3, 1060))
    rate.note(limits(5, 1060))  # an older answer, come late
    assert [rate.take() for _ in range(3)] == [None, None, None]
    assert rate.take() == timedelta(seconds=60)
    clock.now = 1060
    assert rate.take() is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (limits(0, 1010), 10),
        ({}, 30),
        (limits(0, "soon"), 30),
        (limits(0, 900), 1),  # a clock that is ahead
        (limits(0, 10**9), 3600),
    ],
)
def test_a_429_waits_until_its_reset_within_reason(headers: dict[str, str], seconds: int) -> None:
    rate = RateLimit(Clock())
    assert rate.refused(headers) == timedelta(seconds=seconds)
    assert rate.take() == timedelta(seconds=seconds)


def test_a_long_answer_is_looked_through_once_not_for_each_of_its_letters() -> None:
    begun = time.process_time()
    assert without_addresses("x" * 200_000) == "x" * 500
    assert time.process_time() - begun < 2  # it took a minute and more
    assert without_addresses("<ann@a.example>: b@c@d, ok") == "<<address>>: <address>, ok"


def test_of_several_recipients_only_those_on_the_allow_list_are_written_to(desk: Desk) -> None:
    content = Rendered("Something waits", "text", "<p>html</p>")
    to = ("ann@example.com", "bo@elsewhere.example", "cy@example.com")
    message = Message(7, to, "us@example.com", content, public_id="x")

    desk.transport(allowed=AllowList.parse("@example.com")).send(message)

    (part,) = desk.standin.taken[0].body["personalizations"]
    assert [one["email"] for one in part["to"]] == ["ann@example.com", "cy@example.com"]


def test_a_domain_in_other_letters_goes_out_in_ascii(desk: Desk) -> None:
    """SendGrid refuses any other form; the allow-list may name either."""
    content = Rendered("Hello", "text", "<p>html</p>")
    to, sender = ("Info@Bücher.example",), "Nörthwind <partners@nörthwind.example>"
    transport = desk.transport(allowed=AllowList.parse("@BÜCHER.example"))

    receipt = transport.send(Message(7, to, sender, content, public_id="x"))

    assert receipt.state is MailState.ACCEPTED
    (taken,) = desk.standin.taken
    assert taken.to == "Info@xn--bcher-kva.example"
    assert taken.body["from"] == {"email": "partners@xn--nrthwind-n4a.example", "name": "Nörthwind"}


def test_other_letters_before_the_at_are_rejected_without_asking(desk: Desk) -> None:
    assert desk.send(message=a_message("jörg@example.com")).state is MailState.REJECTED
    assert desk.standin.counts["requests"] == 0
