"""The outbox: each notice rendered, frozen and claimed before it is handed over.

States go forward only: (none) → sending → accepted | rejected | unknown, or, where nobody
delivers, → waiting → accepted | superseded. What was certainly not taken goes back: sending →
queued → sending. What is unknown is never handed over again: unknown → accepted | rejected by
evidence, or → lost, and then another attempt under a key of its own may follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.errors import UserError
from partners.store.mail.mail_refusals import (
    MessageSuperseded,
    UnknownMessage,
    WrittenOnAnotherDay,
)
from partners.store.policy import policies
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import SwitchRow

MAIL_SWITCH = "mail"

UNSETTLED = (MailState.QUEUED, MailState.SENDING, MailState.WAITING, MailState.UNKNOWN)

# Built once, for every message asks.
_MESSAGE = (
    select(OutboxRow)
    .where(OutboxRow.notice_key == bindparam("key"))
    .order_by(OutboxRow.attempt.desc())
    .limit(1)
    .with_for_update()
)
_SWITCHES = select(SwitchRow).where(SwitchRow.name.in_((bindparam("all"), bindparam("this"))))


@dataclass(frozen=True)
class Claim:
    """Who hands a message over: one attempt of an activity, and until when (real time)."""

    token: str
    until: datetime


@dataclass(frozen=True)
class Written:
    """A rendered message, by the key of its notice; `partner_id` is None for staff."""

    key: str
    kind: NoticeKind
    rendered: Rendered
    to: list[str]
    sender: str
    partner_id: str | None = None
    case_id: str | None = None
    stated_deadline: date | None = None


def kind_switch(kind: str) -> str:
    """The switch that stops one kind of notice."""
    return f"kind/{kind}"


def review_switch(kind: str) -> str:
    """The switch that stops one kind of review."""
    return f"review/{kind}"


def message(session: Session, key: str) -> OutboxRow | None:
    """The newest attempt at a notice, by the notice's key; locked until the transaction ends."""
    return session.scalar(_MESSAGE, {"key": key})


def claim(
    session: Session,
    written: Written,
    *,
    now: datetime,
    by: Claim | None = None,
    after: OutboxRow | None = None,
) -> OutboxRow:
    """Freeze a rendered message and claim it for sending; the key's constraint refuses a second.

    `after`: the attempt at the same notice that was lost.
    """
    attempt = after.attempt + 1 if after else 1
    row = OutboxRow(
        message_key=written.key if attempt == 1 else f"{written.key}/{attempt}",
        notice_key=written.key,
        attempt=attempt,
        public_id=uuid4().hex,
        kind=written.kind,
        partner_id=written.partner_id,
        case_id=written.case_id,
        to=written.to,
        sender=written.sender,
        subject=written.rendered.subject,
        text=written.rendered.text,
        html=written.rendered.html,
        rendered_at=now,
        stated_deadline=written.stated_deadline,
        untold=False,
    )
    session.add(row)
    take(row, by, now)
    session.flush()
    return row


def take(row: OutboxRow, by: Claim | None, now: datetime) -> None:
    """Claim a message for one attempt; commit before it is handed over."""
    row.state = MailState.SENDING
    row.claimed_at = now
    row.claim_token = by.token if by else None
    row.claimed_until = by.until if by else None


def settle(
    row: OutboxRow,
    state: MailState,
    now: datetime,
    *,
    provider_id: str | None = None,
    detail: str | None = None,
) -> None:
    """Record what became of a message. A message that has been settled stays as it is."""
    if row.state in UNSETTLED:
        _become(row, state, now, detail)
        row.provider_id = provider_id


def withdraw(row: OutboxRow | None, why: str, now: datetime) -> None:
    """A message that nobody has been handed yet is not sent any more (rule 14)."""
    if row is not None and row.state in (MailState.QUEUED, MailState.WAITING):
        settle(row, MailState.SUPERSEDED, now, detail=why)


def answer(
    row: OutboxRow,
    token: str | None,
    state: MailState,
    now: datetime,
    *,
    provider_id: str | None = None,
    detail: str | None = None,
) -> None:
    """Record the provider's answer to the attempt that claimed the message.

    The answer may come late: when the message has been found unknown, or was even given up. Then
    it is learned, and whoever waits is told. An answer to a claim that is no more changes nothing.
    """
    if row.claim_token != token:
        return
    if row.state in (MailState.UNKNOWN, MailState.LOST):
        if state is not MailState.UNKNOWN:
            learn(row, state, now, detail or "the answer came late", provider_id)
        return
    settle(row, state, now, provider_id=provider_id, detail=detail)


def learn(
    row: OutboxRow,
    state: MailState,
    at: datetime,
    detail: str,
    provider_id: str | None = None,
) -> bool:
    """Record what is learned of an unknown message afterwards; its case is told next.

    `at`: program time of the acceptance or refusal. What was given up may still turn out to have
    been sent. Returns whether anything changed.
    """
    given_up = row.state == MailState.LOST and state in (MailState.ACCEPTED, MailState.REJECTED)
    if row.state != MailState.UNKNOWN and not given_up:
        return False
    _become(row, state, at, detail)
    row.provider_id = provider_id or row.provider_id
    row.untold = True
    return True


def _become(row: OutboxRow, state: MailState, at: datetime, detail: str | None) -> None:
    open_still = state in UNSETTLED
    row.state = state
    row.settled_at = None if open_still else at
    row.detail = detail
    # In other states the claim stays, so that an answer that comes late is known as its own.
    if state is MailState.QUEUED:
        row.claim_token = row.claimed_until = None


def count_lost(session: Session, case_id: str, kind: str) -> int:
    """How many notices of a kind a case has lost."""
    row = OutboxRow
    query = select(func.count()).select_from(row).where(row.case_id == case_id, row.kind == kind)
    return session.execute(query.where(row.state == MailState.LOST)).scalar_one()


def mark_sent(session: Session, outbox_id: int, who: str, at: datetime) -> str | None:
    """A person says that they sent a waiting message; returns the partner it is about.

    `at` is the program time of the hand-over. Raises UserError, naming the state, for a message
    that does not wait.
    """
    row = session.get(OutboxRow, outbox_id, with_for_update=True)
    if row is None:
        raise UnknownMessage(outbox_id)
    if row.state == MailState.SUPERSEDED:
        raise MessageSuperseded(outbox_id, row.detail or "")
    if row.state != MailState.WAITING:
        raise UserError(f"message {outbox_id} does not wait to be sent: it is {row.state}")
    if row.stated_deadline is not None and not _same_day(session, row.rendered_at, at):
        raise WrittenOnAnotherDay(outbox_id)
    settle(row, MailState.ACCEPTED, at, detail=f"marked as sent by {who}")
    return row.partner_id


def resolve_by_hand(row: OutboxRow, sent: bool, who: str, now: datetime) -> None:
    """A person says whether an unknown message was sent; its notice goes on from there.

    It then counts as accepted when it was handed over. Raises UserError, naming the state, for a
    message of which it is known.
    """
    known = row.state != MailState.UNKNOWN and not (sent and row.state == MailState.LOST)
    if known:
        raise UserError(f"message {row.outbox_id} is not unknown: it is {row.state}")
    if sent:
        learn(row, MailState.ACCEPTED, row.claimed_at or now, f"sent, says {who}")
    else:
        learn(row, MailState.LOST, now, f"not sent, says {who}")


def _same_day(session: Session, one: datetime, other: datetime) -> bool:
    """Whether two instants fall on the same day of the program."""
    zone = policies.zone_at(session, other)
    return one.astimezone(zone).date() == other.astimezone(zone).date()


def stopped(session: Session, kind: NoticeKind) -> SwitchRow | None:
    """The kill switch that stops this kind of mail, if one does (rule 14)."""
    names = {"all": MAIL_SWITCH, "this": kind_switch(kind)}
    return session.scalars(_SWITCHES, names).first()


def review_stopped(session: Session, kind: str) -> SwitchRow | None:
    """The kill switch that stops this kind of review, if one does (rule 14)."""
    return session.get(SwitchRow, review_switch(kind))


def switches(session: Session) -> Sequence[SwitchRow]:
    """Everything that is stopped, by name."""
    return session.scalars(select(SwitchRow).order_by(SwitchRow.name)).all()


def stop(session: Session, name: str, who: str, reason: str, at: datetime) -> SwitchRow:
    """Turn a kill switch on; the first to have done so stays on record."""
    row = session.get(SwitchRow, name)
    if row is None:
        row = SwitchRow(name=name, who=who, reason=reason, stopped_at=at)
        session.add(row)
    return row


def go(session: Session, name: str) -> bool:
    """Turn a kill switch off. Returns whether it was on."""
    row = session.get(SwitchRow, name)
    if row is not None:
        session.delete(row)
        session.flush()
    return row is not None
