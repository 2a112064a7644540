"""A person says what became of a message, or that a run may go on; waiting cases are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from partners.errors import Refusal
from partners.loading import on_use
from partners.store.mail import mailbox, outbox, recipients
from partners.store.record import recorder
from partners.use_cases import telling
from partners.use_cases.acting import Manager
from partners.use_cases.refusals import need_reason
from partners.use_cases.telling import MailGoes, Told

with on_use():
    from activities.inbox import waiting_mail


@dataclass(frozen=True)
class Said:
    """What a person said of a message, and whether its case knows."""

    number: int
    state: str
    told: Told


@dataclass(frozen=True)
class RunApproved:
    who: str  # the first to have approved it
    told: MailGoes


@dataclass(eq=False)
class SentBeforeWritten(Refusal):
    """A message cannot have been sent before it was written."""

    at: datetime
    written_at: datetime

    def __str__(self) -> str:
        return (
            f"{self.at.isoformat()} is before the message was written "
            f"({self.written_at.isoformat()})"
        )


@dataclass(eq=False)
class NoSuchRun(Refusal):
    """No message of this run was written, so none waits for its cap."""

    says = "no message of {run} was written"

    run: str


async def mark_sent(by: Manager, message: str, at: datetime | None = None) -> Said:
    """A waiting message was sent by a person, at a moment of program time; default: now.

    Raises UserError for one that is not true any more: it is withdrawn.
    """
    now = by.now()
    moment = at or now
    with by.database.write() as session:
        row = mailbox.required(session, message)
        if moment < row.rendered_at:
            raise SentBeforeWritten(moment, row.rendered_at)
        number = row.outbox_id
        recorder.sign(session, by.name, moment)
        partner_id, why = waiting_mail.mark_sent(session, number, by.name, moment, now)
        state = row.state
    if why is not None:  # only now: what is untrue is withdrawn, and that is committed
        raise waiting_mail.refused(number, why)
    return Said(number, state, await telling.message_changed(by, partner_id))


async def resolve(by: Manager, message: str, sent: bool) -> Said:
    """An unknown message was sent, or was not: then its notice goes out again, if it still may."""
    now = by.now()
    with by.database.write() as session:
        row = mailbox.required(session, message)
        outbox.resolve_by_hand(row, sent, by.name, now)
        number, partner_id, state = row.outbox_id, row.partner_id, row.state
    return Said(number, state, await telling.message_changed(by, partner_id))


async def approve_run(by: Manager, run: str, reason: str) -> RunApproved:
    """A run of mail goes over its cap."""
    need_reason(reason)
    now = by.now()
    with by.database.write() as session:
        if not recipients.count_of_run(session, run, besides=""):
            raise NoSuchRun(run)
        who = recipients.approve(session, run, by.name, reason, now).who
    return RunApproved(who, await telling.mail_goes(by))
