"""Whether a warning from which days run has reached its holder (rule 1)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.exclusives.exclusive_term import Arrival, NewsEvent
from partners.domain.mail.notices import MailState
from partners.domain.mail.resolution import MOST_ATTEMPTS
from partners.mail.transport import is_usable
from partners.mail_addresses import normal
from partners.store.exclusives import exclusive_news
from partners.store.mail import mail_events, recipients
from partners.store.tables.exclusive_tables import ExclusiveNewsRow, ExclusiveRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow


def message_key(news: ExclusiveNewsRow) -> str:
    """The key of the newest attempt: `exclusive/<id>/warning/2026-10/2`."""
    if not news.event.warns:
        return news.key
    return f"{_stem(news)}{news.attempt}"


def _stem(news: ExclusiveNewsRow) -> str:
    return news.key.removesuffix("1")


def current_warning(session: Session, row: ExclusiveRow) -> ExclusiveNewsRow | None:
    """The warning that the exclusive is under, that of a missed minimum first; None if none is."""
    if row.warned_month is not None:
        return exclusive_news.newest(session, row.exclusive_id, NewsEvent.MISSED)
    if row.at_risk_until is not None:
        return exclusive_news.newest(session, row.exclusive_id, NewsEvent.TIER_LOST)
    return None


def arrival(session: Session, row: ExclusiveRow, partner: PartnerRow) -> Arrival:
    """What became of the warning that the exclusive is under."""
    news = current_warning(session, row)
    if news is None or news.told_at is None:
        return Arrival.FINE
    accepted = row.warned_at if news.event is NewsEvent.MISSED else row.risk_told_at
    if accepted is not None:
        return Arrival.CAME_BACK if _came_back(session, news) else Arrival.FINE
    return Arrival.AGAIN if _other_address(session, news, partner) else Arrival.NOBODY


def _came_back(session: Session, news: ExclusiveNewsRow) -> bool:
    key = message_key(news)
    sent = [message for message in attempts(session, news) if message.notice_key == key]
    return any(failed_at(session, message) is not None for message in sent)


def failed_at(session: Session, message: OutboxRow) -> datetime | None:
    """When an accepted message came back; None if it may have arrived."""
    if message.state is not MailState.ACCEPTED:
        return None
    failed = mail_events.failed_delivery(session, message.outbox_id)
    return failed.at if failed is not None else None


def attempts(session: Session, news: ExclusiveNewsRow) -> list[OutboxRow]:
    """The messages that this warning has been so far."""
    row = OutboxRow
    query = select(row).where(row.notice_key.startswith(_stem(news), autoescape=True))
    return list(session.scalars(query.order_by(row.outbox_id)))


def failed_addresses(session: Session, news: ExclusiveNewsRow) -> frozenset[str]:
    """Addresses, in their normal form, at which it has failed."""
    return frozenset(
        normal(address)
        for message in attempts(session, news)
        if message.state is MailState.REJECTED or failed_at(session, message) is not None
        for address in message.to
    )


def _other_address(session: Session, news: ExclusiveNewsRow, partner: PartnerRow) -> bool:
    """Whether an address is left that has not failed, and not too many attempts were lost."""
    lost = [m for m in attempts(session, news) if m.state is MailState.LOST]
    if len(lost) >= MOST_ATTEMPTS:
        return False
    known = recipients.addresses_of(partner)
    bad = {*recipients.blocked(session, known), *failed_addresses(session, news)}
    return any(is_usable(address) and normal(address) not in bad for address in known)
