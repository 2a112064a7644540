"""The outside that is told of changes: one URL, signed by Standard Webhooks.

Each request has `webhook-id`, `webhook-timestamp` and `webhook-signature`: HMAC-SHA256 over
id.timestamp.body, with the secret (https://www.standardwebhooks.com). Whatever is not a 2xx has
not arrived; redirects are not followed, and the answer's body is not read. The whole of it, from
looking up the name to the answer's last header, has one deadline.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from partners.addresses import Inside, Resolver, is_public
from partners.domain.number_words import number_of
from partners.errors import PartnersError, SetupError

PREFIX = "whsec_"
SHORTEST_KEY = 24
"""Bytes; the standard asks for 24 to 64."""
INSIDE = "PARTNERS_WEBHOOK_INSIDE"
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

    def __init__(
        self,
        url: str,
        secrets: Sequence[str],
        timeout_seconds: float = 10,
        *,
        inside: bool = False,
    ) -> None:
        """`secrets`: `whsec_…`; each signs, so that a receiver can change from one to the next.
        `inside`: whether the receiver may have an address inside the network.

        Raises SetupError for an address or a secret that cannot be right.
        """
        self._url = httpx.URL(checked_url(url, inside))
        self._inside, self._seconds = inside, timeout_seconds
        self._signers = [Webhook(checked_secret(secret)) for secret in secrets]
        if not self._signers:
            raise SetupError(
                "PARTNERS_WEBHOOK_SECRET is missing; make one: partners webhook secret"
            )
        self._resolver = Resolver()
        self._client = httpx.AsyncClient(timeout=timeout_seconds, follow_redirects=False)

    async def deliver(self, webhook_id: str, body: str, now: datetime) -> None:
        """Hand over one event; returns once the receiver has taken it. Raises NotDelivered.

        `now` is real time: receivers refuse old timestamps.
        """
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._post(webhook_id, body, now)
        except TimeoutError:
            raise NotDelivered(
                f"no whole answer within {number_of(self._seconds, 'second')}"
            ) from None
        except Inside as error:
            raise NotDelivered(f"{error}; if that is meant: {INSIDE}=true") from error
        except httpx.HTTPError as error:
            raise NotDelivered(f"no answer: {type(error).__name__}") from error
        except (OSError, UnicodeError) as error:  # the name leads nowhere
            raise NotDelivered(f"no such host: {type(error).__name__}") from error
        if not response.is_success:
            raise NotDelivered(
                f"answered {response.status_code}",
                _asked_wait(response.headers.get("retry-after"), now),
                for_good=response.status_code == httpx.codes.GONE,
            )

    async def _post(self, webhook_id: str, body: str, now: datetime) -> httpx.Response:
        """To the address that was looked up and checked, in the name of the host."""
        host = self._url.raw_host.decode("ascii")
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        address = await self._resolver.checked(host, port, self._inside)
        headers = {
            "host": self._url.netloc.decode(),
            "content-type": "application/json",
            "user-agent": "partner-lifecycle-worker",
            **self.headers(webhook_id, body, now),
        }
        request = self._client.build_request(
            "POST",
            self._url.copy_with(host=address),
            content=body,
            headers=headers,
            extensions={"sni_hostname": host},  # whose certificate it has to be
        )
        response = await self._client.send(request, stream=True)
        await response.aclose()
        return response

    def headers(self, webhook_id: str, body: str, now: datetime) -> dict[str, str]:
        """The standard's headers: id, time and signatures."""
        moment = now.astimezone(UTC)
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(s.sign(webhook_id, moment, body) for s in self._signers),
        }

    async def close(self) -> None:
        self._resolver.close()
        await self._client.aclose()


def checked_url(url: str, inside: bool) -> str:
    """Raises SetupError unless it is https, or http on this machine where that is allowed."""
    parts = urlsplit(url)
    local = parts.hostname in LOCAL
    if not parts.hostname or parts.scheme not in ("https", *(("http",) if local else ())):
        raise SetupError(
            "PARTNERS_WEBHOOK_URL must be an https address (http only on this machine)"
        )
    if parts.username or parts.password:
        raise SetupError("PARTNERS_WEBHOOK_URL must not hold a user name or a password")
    if not inside and (local or _is_inside(parts.hostname)):
        raise SetupError(
            f"PARTNERS_WEBHOOK_URL leads inside the network; if that is meant: {INSIDE}=true"
        )
    return url


def _is_inside(host: str) -> bool:
    """Of an address that is written as numbers; names are looked up when something is sent."""
    try:
        return not is_public(host)
    except ValueError:
        return False


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
