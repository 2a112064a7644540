"""SendGrid's event webhook: is it signed, is it recent, and what does it say.

The helper of the sendgrid package raises on a missing or garbled signature and accepts any age
(research: events webhook); here everything that is not proven is `Unproven`.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from sendgrid.helpers.eventwebhook import EventWebhook

from partners.domain.mail.delivery import Event, MailEvent
from partners.errors import SetupError
from partners.mail.words.plain import one_line
from partners.mail_addresses import normal

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
MAX_BYTES = 2_000_000
"""A batch is sent at 1.5 MB at the latest, half as much as a rule."""
AHEAD = timedelta(minutes=5)
"""A clock may be so much ahead of ours."""
OUTBOX_ID = "outbox_id"
"""Our custom argument."""
_NO_KEY = (
    "PARTNERS_SENDGRID_WEBHOOK_KEY is no public key; copy the Verification Key of SendGrid's "
    "settings, Mail Settings, Event Webhook"
)
_EVENTS = {event.value: event for event in Event}
_LAST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()


class Unproven(Exception):
    """Whatever came is not proven to be the provider's; the message says why."""


class Unreadable(Exception):
    """It is signed, but is no list of events."""


class Verifier:
    """Checks requests against the account's public key. Safe to share between threads."""

    def __init__(self, public_key: str, max_age: timedelta) -> None:
        """`public_key` as SendGrid's settings show it: base64 of a P-256 key.

        Raises SetupError for one that is no key.
        """
        self._max_age = max_age
        try:
            self._webhook = EventWebhook(public_key.strip())
        except (ValueError, TypeError) as error:
            raise SetupError(_NO_KEY) from error
        key = self._webhook.public_key
        if not isinstance(key, EllipticCurvePublicKey):  # or none at all
            raise SetupError(_NO_KEY)
        if not isinstance(key.curve, SECP256R1):
            raise SetupError(f"{_NO_KEY}; this one is of {key.curve.name}, SendGrid's are of P-256")

    def check(self, body: bytes, signature: str, timestamp: str, now: datetime) -> None:
        """Raises Unproven unless body and timestamp are signed, and recent."""
        if not signature or not timestamp:
            raise Unproven("not signed")
        if not self._is_signed(body, signature, timestamp):
            raise Unproven("the signature does not fit")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise Unproven("the time is no number")
        at = datetime.fromtimestamp(min(int(timestamp), _LAST), UTC)
        if not now - self._max_age <= at <= now + AHEAD:
            raise Unproven("too old, or from the future")

    def _is_signed(self, body: bytes, signature: str, timestamp: str) -> bool:
        """Over the timestamp and the raw body, byte for byte."""
        try:
            payload = body.decode("utf-8")
            return bool(self._webhook.verify_signature(payload, signature, timestamp))
        except (ValueError, TypeError, binascii.Error):  # UnicodeError is a ValueError
            return False


def read(body: bytes) -> list[MailEvent]:
    """The events of a proven body that we know; what is odd in itself is left out.

    Raises Unreadable if it is no JSON list.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON") from error
    if not isinstance(content, list):
        raise Unreadable("no list of events")
    events = (_read_one(item) for item in content if isinstance(item, dict))
    return [event for event in events if event is not None]


def _read_one(item: Mapping[str, Any]) -> MailEvent | None:
    """One event; None for a kind we do not know, or without an address or a time."""
    name, stamp = item.get("event"), item.get("timestamp")
    event = _EVENTS.get(name) if isinstance(name, str) else None
    email = normal(_text(item, "email", 320))
    timed = isinstance(stamp, int | float) and not isinstance(stamp, bool) and 0 < stamp < _LAST
    if event is None or "@" not in email or not timed:
        return None
    group = item.get("asm_group_id")
    return MailEvent(
        event=event,
        email=email,
        at=datetime.fromtimestamp(float(stamp or 0), UTC),
        sg_event_id=_text(item, "sg_event_id", 200) or None,
        outbox_id=_text(item, OUTBOX_ID, 64) or None,
        message_id=_text(item, "sg_message_id", 200) or None,
        bounce_type=_text(item, "type", 16) if event is Event.BOUNCE else "",
        reason=_text(item, "reason") or _text(item, "response"),
        group_id=group if isinstance(group, int) and not isinstance(group, bool) else None,
    )


def _text(item: Mapping[str, Any], name: str, most: int = 500) -> str:
    """A value as one clean line; blank where it is absent or no text or number."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        return one_line(str(value), most)
    except ValueError:  # a number of thousands of digits
        return ""
