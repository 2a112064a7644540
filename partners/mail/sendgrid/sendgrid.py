"""SendGrid as a transport: one request for one message, every outcome classified.

SendGrid knows no idempotency key, so nothing here is ever tried twice: the outbox decides what a
second attempt may do (research: the send protocol).

202 → accepted; 429 → not taken, all mail waits until Reset; other 4xx → rejected; never connected
→ not taken; everything else (5xx, time-out, drop, redirect) → unknown.
"""

from __future__ import annotations

import errno
import socket
import ssl
import urllib.error
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient

from partners.domain.mail.notices import MailState
from partners.mail.sendgrid.rate import RateLimit
from partners.mail.sendgrid.sendgrid_client import errors_of
from partners.mail.transport import (
    AllowList,
    Message,
    OutboxTransport,
    Receipt,
    is_usable,
    without_addresses,
)
from partners.mail_addresses import outgoing

OUTBOX_ID = "outbox_id"
"""The custom argument that names the message in events and logs. Opaque: nothing personal."""
RATE_LIMITED = 429

_UNREACHED = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN)


@dataclass
class SendGridTransport:
    """Hands messages to SendGrid. Threads share it.

    `sandbox`: SendGrid checks each message and sends it to nobody; `kept` then says, as of a
    message whose recipients are not on the allow-list, what the outbox says of one that is kept.
    """

    api: SendGridAPIClient
    kept: OutboxTransport
    allowed: AllowList = field(default_factory=AllowList)
    sandbox: bool = False
    rate: RateLimit = field(default_factory=RateLimit)
    repeatable: bool = False

    def send(self, message: Message) -> Receipt:
        """One POST; what became of it. Never raises, for what it knows must be stored."""
        allowed = tuple(address for address in message.to if self.allowed.includes(address))
        if not all(is_usable(address) for address in message.to) or not allowed:
            receipt = self.kept.send(message)
            if receipt.state is MailState.REJECTED:
                return receipt
            return Receipt(receipt.state, receipt.provider_id, "kept: not on the allow-list")
        if wait := self.rate.take():
            return Receipt(MailState.QUEUED, detail="the rate limit is used up", wait=wait)
        try:
            response = self.api.send(payload(message, allowed, self.sandbox))
        except HTTPError as error:
            return self._refused(error)
        except Exception as error:
            return _failed(error)
        return self._taken(message, response)

    def _taken(self, message: Message, response: Any) -> Receipt:
        self.rate.note(response.headers)
        if response.status_code == 202:
            return Receipt(MailState.ACCEPTED, response.headers.get("X-Message-Id"))
        if response.status_code == 200 and self.sandbox:
            kept = self.kept.send(message)
            return Receipt(kept.state, kept.provider_id, "sandbox: checked, sent to nobody")
        return Receipt(MailState.UNKNOWN, detail=f"SendGrid answered {response.status_code}")

    def _refused(self, error: HTTPError) -> Receipt:
        headers: Mapping[str, str] = error.headers or {}
        status, said = int(error.status_code), without_addresses(errors_of(error.body))
        words = f"SendGrid answered {status}" + (f": {said}" if said else "")
        if status == RATE_LIMITED:
            return Receipt(MailState.QUEUED, detail=words, wait=self.rate.refused(headers))
        self.rate.note(headers)
        state = MailState.REJECTED if 400 <= status < 500 else MailState.UNKNOWN
        return Receipt(state, detail=words)


def payload(message: Message, to: tuple[str, ...], sandbox: bool) -> dict[str, Any]:
    """The request's body (the library's own helpers lose custom arguments).

    Plain text comes first, as SendGrid demands. Staff who are told together see each other.
    """
    name, written = parseaddr(message.sender)
    sender = outgoing(written)
    body: dict[str, Any] = {
        "personalizations": [
            {
                "to": [{"email": outgoing(address)} for address in to],
                "custom_args": {OUTBOX_ID: message.public_id},
            }
        ],
        "from": {"email": sender, "name": name} if name else {"email": sender},
        "subject": " ".join(message.content.subject.split()),
        "content": [
            {"type": "text/plain", "value": message.content.text},
            {"type": "text/html", "value": message.content.html},
        ],
        "tracking_settings": {"subscription_tracking": {"enable": False}},
    }
    if message.kind:
        body["categories"] = [message.kind]
    if message.headers:
        body["headers"] = dict(message.headers)
    if sandbox:
        body["mail_settings"] = {"sandbox_mode": {"enable": True}}
    return body


def _failed(error: Exception) -> Receipt:
    """No answer. Only what never reached SendGrid may be handed over again."""
    kind = type(error).__name__
    if isinstance(error, urllib.error.URLError) and _never_connected(error.reason):
        return Receipt(MailState.QUEUED, detail=f"SendGrid was not reached ({_reason(error)})")
    if isinstance(error, urllib.error.URLError):
        kind = _reason(error)
    return Receipt(MailState.UNKNOWN, detail=f"no answer from SendGrid ({kind})")


def _never_connected(reason: object) -> bool:
    """Whether the request cannot have left: no name, no connection, no trust in the certificate.

    A time-out is none of these: it may have come while the request was being sent.
    """
    if isinstance(reason, socket.gaierror | ssl.SSLCertVerificationError | ConnectionRefusedError):
        return True
    return (
        isinstance(reason, OSError)
        and not isinstance(reason, TimeoutError)
        and reason.errno in _UNREACHED
    )


def _reason(error: urllib.error.URLError) -> str:
    return type(error.reason).__name__ if isinstance(error.reason, Exception) else "URLError"
