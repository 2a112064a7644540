"""Events as SendGrid's event webhook posts them, signed as it signs them.

ECDSA on P-256 with SHA-256, over the timestamp followed by the raw body; the signature is DER in
base64, the public key base64 of its SubjectPublicKeyInfo, as SendGrid's settings show it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
POST_SECONDS = 10
RETRIES = 5

_CAUSES: dict[str, dict[str, str]] = {
    "bounce": {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"},
    "blocked": {"type": "blocked", "status": "5.7.1", "reason": "554 5.7.1 refused this time"},
    "dropped": {"reason": "Bounced Address"},
    "deferred": {"response": "451 4.7.1 try again later", "attempt": "1"},
    "delivered": {"response": "250 OK"},
}


class Signer:
    """Has a key pair of its own, and signs with it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """As it is pasted into our settings."""
        public = self._key.public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def headers(self, body: bytes, timestamp: str | None = None) -> dict[str, str]:
        """The two headers that prove a body; `timestamp`: seconds since 1970, default now."""
        stamp = timestamp or str(int(time.time()))
        signature = self._key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            SIGNATURE: base64.b64encode(signature).decode(),
            TIMESTAMP: stamp,
            "Content-Type": "application/json; charset=utf-8",
        }


def event(
    name: str,
    email: str,
    sg_message_id: str,
    custom_args: dict[str, str],
    categories: Sequence[str] = (),
    **more: Any,
) -> dict[str, Any]:
    """One event. `blocked` is SendGrid's bounce of that type; custom arguments lie flat in it."""
    content: dict[str, Any] = {
        "email": email,
        "timestamp": int(time.time()),
        "smtp-id": f"<{sg_message_id.split('.')[0]}@stand-in.invalid>",
        "event": "bounce" if name == "blocked" else name,
        "category": list(categories),
        "sg_event_id": base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("="),
        "sg_message_id": sg_message_id,
        **_CAUSES.get(name, {}),
        **custom_args,
        **more,
    }
    return content


def fates(email: str) -> tuple[str, ...]:
    """What becomes of mail to an address, told by its first word: `bounce@…`, `spam@…` …"""
    word = email.split("@")[0].split("+")[0].split("-")[0].lower()
    return {
        "bounce": ("processed", "bounce"),
        "blocked": ("processed", "blocked"),
        "dropped": ("dropped",),
        "deferred": ("processed", "deferred", "delivered"),
        "spam": ("processed", "delivered", "spamreport"),
        "open": ("processed", "delivered", "open", "click"),
        "silent": (),
    }.get(word, ("processed", "delivered"))


class Poster:
    """Posts events in batches to a webhook; one that is not taken is posted again, as it was."""

    def __init__(self, signer: Signer, url: str) -> None:
        self._signer, self._url = signer, url
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.refused: list[int] = []

    def add(self, new: dict[str, Any]) -> None:
        """Have an event posted; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._queue.put_nowait, new)

    async def run(self) -> None:
        """Post until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            batch = [await self._queue.get()]
            while not self._queue.empty() and len(batch) < 500:
                batch.append(self._queue.get_nowait())
            for attempt in range(RETRIES):
                if await asyncio.to_thread(self.post, batch):
                    break
                await asyncio.sleep(0.5 * 2**attempt)

    def post(self, batch: list[dict[str, Any]]) -> bool:
        """Post one batch, signed; whether it was taken."""
        body = json.dumps(batch).encode()
        request = urllib.request.Request(self._url, data=body, headers=self._signer.headers(body))
        try:
            with urllib.request.urlopen(request, timeout=POST_SECONDS) as response:
                return bool(200 <= response.status < 300)
        except urllib.error.HTTPError as error:
            self.refused.append(error.code)
        except OSError:
            self.refused.append(0)
        return False
