"""Everything that waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.inbox import inbox
from partners.domain.cases.commands import AppealState
from partners.domain.inbox.inbox import InboxItem, InboxKind
from partners.store.tables.case_tables import AppealRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.response_tables import ComplaintRow
from partners.use_cases.acting import Viewer

_PAGE = 500


def what_waits(by: Viewer, judged: Callable[[], None] = lambda: None) -> list[InboxItem]:
    """The most pressing kind first, with what somebody wrote of it; `judged` is called after each
    closed case that is looked at again, which takes longest."""
    items = inbox.inbox(by.database, by.now(), judged)
    with by.database.read() as session:
        texts = {kind: _texts(session, items, kind) for kind in _TEXTS}
    return [replace(i, text=texts.get(i.kind, {}).get(i.subject, "")) for i in items]


_TEXTS: dict[InboxKind, tuple[Any, Any]] = {
    InboxKind.APPEAL: (AppealRow.partner_id, AppealRow.reason),
    InboxKind.COMPLAINT: (ComplaintRow.complaint_id, ComplaintRow.text),
    InboxKind.MAIL: (OutboxRow.outbox_id, OutboxRow.subject),
}
"""By kind: what an item's subject names, and the words about it. The digest leaves them out: what
was complained of stays here."""


def _texts(session: Session, items: list[InboxItem], kind: InboxKind) -> dict[str, str]:
    """The words of the items of a kind, by their subject."""
    key, words = _TEXTS[kind]
    subjects = [item.subject for item in items if item.kind is kind]
    found: dict[str, str] = {}
    for start in range(0, len(subjects), _PAGE):
        page = [key.type.python_type(subject) for subject in subjects[start : start + _PAGE]]
        query = select(key, words).where(key.in_(page))
        if kind is InboxKind.APPEAL:
            query = query.where(AppealRow.state == AppealState.OPEN)
        found |= {str(subject): text for subject, text in session.execute(query)}
    return found
