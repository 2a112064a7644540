"""Whether a message about an exclusive still says what is (rule 14)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from activities.exclusives import exclusive_facts, term_arrival
from activities.exclusives.term_file import TermFile
from partners.domain.exclusives.exclusive_term import NewsEvent
from partners.domain.exclusives.term_rules import is_true
from partners.store.exclusives import exclusive_news
from partners.store.tables.exclusive_tables import ExclusiveNewsRow
from partners.store.tables.mail_tables import OutboxRow


def why_not(file: TermFile, news: ExclusiveNewsRow) -> str | None:
    """Why it must not go out; None if it is true."""
    if not is_true(file.term, news.event):
        return f"no longer true: {file.term.status.value}"
    if news.event is NewsEvent.MISSED and news.month != file.row.warned_month:
        return "it is warned about another period"
    if news.event is NewsEvent.OTHER and not exclusive_facts.lost_by(file, news):
        return "they lose nothing by it"
    return None


def why_untrue(session: Session, row: OutboxRow, now: datetime) -> str | None:
    """The same of a message that waits for a person."""
    news = exclusive_news.of_message(session, row.notice_key)
    if news is None:
        return None
    file = TermFile.of(session, news.exclusive_id, now, lock=False)
    assert file is not None
    if news.event.warns and term_arrival.message_key(news) != row.notice_key:
        return "a newer one has taken its place"
    return why_not(file, news)
