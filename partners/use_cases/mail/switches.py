"""Kill switches: for all mail, one kind of notice, or one kind of review (rule 14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from partners.loading import on_use
from partners.store.mail import outbox
from partners.store.record import recorder
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.copying import copied

with on_use():
    from partners.use_cases import telling

if TYPE_CHECKING:
    from partners.use_cases.telling import MailGoes

ALL_MAIL = outbox.MAIL_SWITCH
of_kind, of_review = outbox.kind_switch, outbox.review_switch


@dataclass(frozen=True)
class Stopped:
    """What is stopped, since when, by whom and why."""

    name: str
    stopped_at: datetime
    who: str
    reason: str


@dataclass(frozen=True)
class Gone:
    """Whether it was stopped, and who knows that it is no more."""

    was_stopped: bool
    told: MailGoes | None = None  # None: there was nothing to tell


def stopped(by: Viewer) -> list[Stopped]:
    """Everything that is stopped, by name."""
    with by.database.read() as session:
        return [copied(Stopped, row) for row in outbox.switches(session)]


def stop(by: Manager, switch: str, reason: str) -> Stopped:
    """The first to have stopped it stays on record, and comes back."""
    at = by.now()
    with by.database.write() as session:
        return copied(Stopped, outbox.stop(session, switch, by.name, reason, at))


async def go(by: Manager, switch: str) -> Gone:
    """Whatever waits for mail goes on. A review that is missed is a person's to make up for."""
    at = by.now()
    with by.database.write() as session:
        recorder.sign(session, by.name, at)
        was_stopped = outbox.go(session, switch)
    if not was_stopped or switch.startswith(of_review("")):
        return Gone(was_stopped)
    return Gone(True, await telling.mail_goes(by, referrals=True))
