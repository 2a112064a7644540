"""The outside that is told of changes: one URL, signed by Standard Webhooks.

Each request has `webhook-id`, `webhook-timestamp` and `webhook-signature`: HMAC-SHA256 over
id.timestamp.body, with the secret (https://www.standardwebhooks.com). Whatever is not a 2xx has
not arrived; redirects are not followed, and the answer's body is not read.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from partners.errors import PartnersError, SetupError

PREFIX = "whsec_"
SHORTEST_KEY = 24
"""Bytes; the standard asks for 24 to 64."""
LOCAL = ("localhost", "127.0.0.1", "::1")
LONGEST_WAIT = timedelta(hours=1)
"""A receiver that asks to be tried later is not waited for longer than this."""

logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO names the URL, which may be secret


class NotDelivered(PartnersError):
    """The event has not arrived. `wait`: how long the receiver asks to be left alone."""

    def __init__(self, why: str, wait: timedelta | None = None, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.wait = wait
        self.for_good = for_good


class Receiver:
    """Hands events to one URL."""

    def __init__(self, url: str, secrets: Sequence[str], timeout_seconds: float = 10) -> None:
        """`secrets`: `whsec_…`; each signs, so that a receiver can change from one to the next.

        Raises SetupError for an address or a secret that cannot be right.
        """
        self._url = checked_url(url)
        self._signers = [Webhook(checked_secret(secret)) for secret in secrets]
        if not self._signers:
            raise SetupError(
                "PARTNERS_WEBHOOK_SECRET is missing; make one: partners webhook secret"
            )
        self._client = httpx.Client(timeout=timeout_seconds, follow_redirects=False)

    def deliver(self, webhook_id: str, body: str, now: datetime) -> None:
        """Hand over one event; returns once the receiver has taken it. Raises NotDelivered.

        `now` is real time: receivers refuse old timestamps.
        """
        headers = {
            "content-type": "application/json",
            "user-agent": "partner-lifecycle-worker",
            **self.headers(webhook_id, body, now),
        }
        request = self._client.build_request("POST", self._url, content=body, headers=headers)
        try:
            response = self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise NotDelivered(f"no answer: {type(error).__name__}") from error
        response.close()
        if not response.is_success:
            raise NotDelivered(
                f"answered {response.status_code}",
                _asked_wait(response.headers.get("retry-after"), now),
                for_good=response.status_code == httpx.codes.GONE,
            )

    def headers(self, webhook_id: str, body: str, now: datetime) -> dict[str, str]:
        """The standard's headers: id, time and signatures."""
        moment = now.astimezone(UTC)
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(s.sign(webhook_id, moment, body) for s in self._signers),
        }

    def close(self) -> None:
        self._client.close()


def checked_url(url: str) -> str:
    """Raises SetupError unless it is https, or http on this machine."""
    parts = urlsplit(url)
    local = parts.hostname in LOCAL
    if not parts.hostname or parts.scheme not in ("https", *(("http",) if local else ())):
        raise SetupError(
            "PARTNERS_WEBHOOK_URL must be an https address (http only on this machine)"
        )
    if parts.username or parts.password:
        raise SetupError("PARTNERS_WEBHOOK_URL must not hold a user name or a password")
    return url


def checked_secret(secret: str) -> str:
    """Raises SetupError, without the secret, unless it is `whsec_` and 24 bytes or more in
    Base64."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or len(key) < SHORTEST_KEY:
        raise SetupError(
            "PARTNERS_WEBHOOK_SECRET is no secret of a webhook (whsec_ and at least "
            f"{SHORTEST_KEY} bytes in Base64); make one: partners webhook secret"
        )
    return secret


def _asked_wait(header: str | None, now: datetime) -> timedelta | None:
    """What Retry-After asks for: seconds or a date; None if it says nothing usable."""
    if not header:
        return None
    try:
        wait = timedelta(seconds=int(header))
    except (ValueError, OverflowError):
        try:
            wait = parsedate_to_datetime(header) - now
        except (ValueError, TypeError):
            return None
    return min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)
