"""The outbox: each notice rendered, frozen and claimed before it is handed over.

States go forward only: (none) → sending → accepted | rejected | unknown, or, where nobody
delivers, → waiting → accepted | superseded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.notices import MailState, NoticeKind, Rendered
from partners.errors import UserError
from partners.store import policies
from partners.store.tables import OutboxRow, SwitchRow

MAIL_SWITCH = "mail"


def kind_switch(kind: str) -> str:
    """The switch that stops one kind of notice."""
    return f"kind/{kind}"


def review_switch(kind: str) -> str:
    """The switch that stops one kind of review."""
    return f"review/{kind}"


def message(session: Session, key: str) -> OutboxRow | None:
    """The message under a key, locked until the transaction ends."""
    query = select(OutboxRow).where(OutboxRow.message_key == key)
    return session.scalar(query.with_for_update())


def claim(
    session: Session,
    key: str,
    kind: NoticeKind,
    rendered: Rendered,
    *,
    to: list[str],
    sender: str,
    now: datetime,
    partner_id: str | None,
    case_id: str | None,
    stated_deadline: date | None,
) -> OutboxRow:
    """Freeze a rendered message and claim it for sending; the key's constraint refuses a second."""
    row = OutboxRow(
        message_key=key,
        kind=kind,
        partner_id=partner_id,
        case_id=case_id,
        state=MailState.SENDING,
        to=to,
        sender=sender,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        rendered_at=now,
        stated_deadline=stated_deadline,
        claimed_at=now,
    )
    session.add(row)
    session.flush()
    return row


def settle(
    row: OutboxRow,
    state: MailState,
    now: datetime,
    *,
    provider_id: str | None = None,
    detail: str | None = None,
) -> None:
    """Record what became of a message. A message that has been settled stays as it is."""
    if row.state in (MailState.SENDING, MailState.WAITING, MailState.UNKNOWN):
        row.state = state
        row.settled_at = None if state is MailState.WAITING else now
        row.provider_id = provider_id
        row.detail = detail


def mark_sent(session: Session, outbox_id: int, who: str, at: datetime) -> str | None:
    """A person says that they sent a waiting message; returns the partner it is about.

    `at` is the program time of the hand-over. Raises UserError, naming the state, for a message
    that does not wait.
    """
    row = session.get(OutboxRow, outbox_id, with_for_update=True)
    if row is None:
        raise UserError(f"there is no message {outbox_id}; see: partners mail list")
    if row.state == MailState.SUPERSEDED:
        raise UserError(
            f"message {outbox_id} was superseded ({row.detail}), for its deadline was counted from "
            "the day it was written; send the newest instead: partners mail list --state waiting"
        )
    if row.state != MailState.WAITING:
        raise UserError(f"message {outbox_id} does not wait to be sent: it is {row.state}")
    if row.stated_deadline is not None and not _same_day(session, row.rendered_at, at):
        raise UserError(
            f"message {outbox_id} was written on another day, and its deadline is counted from "
            "then; the running case writes it anew each day: partners mail list --state waiting"
        )
    settle(row, MailState.ACCEPTED, at, detail=f"marked as sent by {who}")
    return row.partner_id


def _same_day(session: Session, one: datetime, other: datetime) -> bool:
    """Whether two instants fall on the same day of the program."""
    in_force = policies.in_force_at(session, other)
    zone = in_force[1].program.zone if in_force else UTC
    return one.astimezone(zone).date() == other.astimezone(zone).date()


def stopped(session: Session, kind: NoticeKind) -> SwitchRow | None:
    """The kill switch that stops this kind of mail, if one does (rule 14)."""
    names = [MAIL_SWITCH, kind_switch(kind)]
    return session.scalars(select(SwitchRow).where(SwitchRow.name.in_(names))).first()


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
