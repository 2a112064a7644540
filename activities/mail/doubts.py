"""What speaks against sending a message that waits for a person (rule 14).

A transport asks before it sends. Where nobody delivers, messages wait for days until a person sends
them, and anything may happen meanwhile: so each change of a case asks again about those that wait,
and so do `partners mail mark-sent`, the inbox and the daily digest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.topics import Consent, Topic, topic_of
from partners.store.mail import outbox, recipients
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow


@dataclass(frozen=True)
class Doubt:
    """Why a message must not be sent now. `passes`: it may be true again, so it goes on waiting."""

    why: str
    passes: bool = False


Ask = Callable[[], Doubt | str | None]
"""Why a message does not say any more what is; asked where it is still wanted."""


WAITING = (MailState.WAITING, MailState.QUEUED)


def waiting() -> Select[OutboxRow]:
    return select(OutboxRow).where(OutboxRow.state.in_(WAITING)).order_by(OutboxRow.outbox_id)


def doubt(session: Session, row: OutboxRow, ask: Ask) -> Doubt | None:
    """What speaks against sending a waiting message; None if nothing does. Changes nothing."""
    if (found := untrue(session, row, ask)) is not None:
        return found
    if switch := outbox.stopped(session, row.kind):
        return Doubt(f"{switch.name} is stopped by {switch.who}: {switch.reason}", passes=True)
    return None


def untrue(session: Session, row: OutboxRow, ask: Ask) -> Doubt | None:
    """As `doubt`, whatever is stopped."""
    if (why := _why_unwanted(session, row, row.kind)) is not None:
        return Doubt(why)
    found = ask()
    return Doubt(found) if isinstance(found, str) else found


def withdraw_all(
    rows: Iterable[OutboxRow], doubt_of: Callable[[OutboxRow], Doubt | None], now: datetime
) -> None:
    """Withdraw what is not true any more; what may be true again goes on waiting."""
    for row in list(rows):
        found = doubt_of(row)
        if found is not None and not found.passes:
            outbox.withdraw(row, found.why, now)


def _why_unwanted(session: Session, row: OutboxRow, kind: NoticeKind) -> str | None:
    """Optional mail that the partner does not want any more."""
    topic = topic_of(kind)
    partner = session.get(PartnerRow, row.partner_id) if topic and row.partner_id else None
    if topic is None or partner is None or _wants(session, partner, topic):
        return None
    return f"does not want mail about: {topic.label}"


def _wants(session: Session, partner: PartnerRow, topic: Topic) -> bool:
    """Where a yes is required, the message was written with one: only a no since then counts."""
    return recipients.wanted(session, partner, [topic], Consent.ASSUMED)[topic]
