"""Handing a message over. A transport is chosen by settings: the outbox, or SendGrid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from partners.domain.mail.notices import MailState, Rendered
from partners.domain.mail.resolution import Evidence
from partners.mail_addresses import fault, normal

DETAIL_LENGTH = 500
_WORD = r"[^\s<>\"'(),;:]"
_ANY_ADDRESS = re.compile(f"(?<!{_WORD}){_WORD}+@{_WORD}+")
"""Sought from the beginnings of words alone: else a long word is gone through for each letter."""


@dataclass(frozen=True)
class Message:
    """What a transport is given. `public_id` is the only identifier that may leave the machine."""

    outbox_id: int
    to: tuple[str, ...]
    sender: str
    content: Rendered
    public_id: str = ""
    kind: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # e.g. List-Unsubscribe


@dataclass(frozen=True)
class Receipt:
    """What the provider said: accepted, rejected, waiting or unknown; or queued: certainly not
    taken, to be handed over again.

    `detail` holds no address, for it is told to workflows (rule 18). `wait`: how long all mail
    waits, because the provider asked for it.
    """

    state: MailState
    provider_id: str | None = None
    detail: str | None = None
    wait: timedelta | None = None


class Transport(Protocol):
    """Hands messages to a provider."""

    @property
    def repeatable(self) -> bool:
        """Whether a message found still `sending` after a crash may be handed over again."""
        ...

    def send(self, message: Message) -> Receipt:
        """Hand one message over, once. Never retries by itself."""
        ...


class NoTrace(Exception):
    """Whether there is a trace could not be found out this time."""


class Tracer(Protocol):
    """Looks up at the provider what became of a message."""

    def find(self, public_id: str, to: str, since: datetime) -> Evidence | None:
        """What the provider did with it (real time); None: it has no trace.

        Raises NoTrace if the provider could not be asked.
        """
        ...


def without_addresses(words: str) -> str:
    """What a provider says, fit for a history (rule 18): without addresses, and not too long."""
    return _ANY_ADDRESS.sub("<address>", words)[:DETAIL_LENGTH]


def is_usable(address: str | None) -> bool:
    """Whether mail could reach this address: its form, and not a name reserved to reach nobody."""
    if not address or fault(address):
        return False
    return not normal(address).endswith(".invalid")


def best_address(address: str, fallback: str | None) -> str:
    """A partner's address; the fallback where that one can receive no mail."""
    return fallback if fallback and not is_usable(address) else address


@dataclass(frozen=True)
class AllowList:
    """Who may be written to, for staging: addresses and `@domains`; empty: everybody."""

    entries: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> AllowList:
        """From `ann@example.com, @example.org`."""
        entries = (normal(entry) for entry in text.split(","))
        return cls(frozenset(entry for entry in entries if entry))

    def includes(self, address: str) -> bool:
        if not self.entries:
            return True
        known = normal(address)
        return known in self.entries or f"@{known.rpartition('@')[2]}" in self.entries


@dataclass(frozen=True)
class OutboxTransport:
    """Leaves messages in the database, where people read them.

    It delivers to nobody. `delivers` (dev, demo and tests) accepts at once; otherwise a message
    waits until a person says that they sent it (rule 1).
    """

    delivers: bool
    repeatable: bool = True

    def send(self, message: Message) -> Receipt:
        """Accept or put off; refuse an address that cannot reach anybody."""
        unusable = [address for address in message.to if not is_usable(address)]
        if unusable or not message.to:
            return Receipt(MailState.REJECTED, detail="the address cannot receive mail")
        if self.delivers:
            return Receipt(MailState.ACCEPTED, provider_id=f"outbox-{message.outbox_id}")
        return Receipt(MailState.WAITING)
