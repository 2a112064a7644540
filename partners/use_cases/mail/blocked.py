"""Addresses that are not written to, and writing to one again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from partners.errors import Refusal
from partners.store.mail import recipients
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.copying import copied
from partners.use_cases.refusals import need_reason


@dataclass(frozen=True)
class Blocked:
    """An address, and what it is not written to about."""

    email: str
    scope: str  # a topic, `everything` optional, or `all`
    since: datetime
    cause: str
    source: str
    detail: str


@dataclass(eq=False)
class NotBlocked(Refusal):
    """Nothing keeps mail from this address altogether."""

    says = "{address} is not blocked"

    address: str


def blocked(by: Viewer, address: str | None = None) -> Iterator[Blocked]:
    """What is not written to, newest first; or why this address is not."""
    with by.database.read() as session:
        every = recipients.every_suppression(session)
        found = recipients.suppressions(session, [address]) if address else every
        yield from (copied(Blocked, row) for row in found)


def unblock(by: Manager, address: str, reason: str) -> None:
    """Write to an address again that bounced or complained. The provider keeps its own list."""
    need_reason(reason)
    now = by.now()
    with by.database.write() as session:
        if not recipients.lift(session, [address], [recipients.ALL]):
            raise NotBlocked(address)
        recipients.record_unblocked(session, address, by.name, reason, now)
