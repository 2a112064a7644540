"""Writes the audit, standings and events of a transaction, at its end and within it.

It watches what the session writes, by the rules of `audit_rules`, so that no step has to remember
to say so. Statements that pass the session by (imports) append their entries themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from partners.domain.record.audit import AuditKind, Entry
from partners.domain.record.standing import Change
from partners.store.record import audit, standings
from partners.store.record.audit_rule import Written
from partners.store.record.audit_rules import RULES
from partners.store.tables.base import Base
from partners.store.tables.case_tables import CaseRow, OverrideRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.webhooks import webhooks

_ACTOR, _MOMENT = "audit actor", "audit moment"
_RECORDER = "audit recorder"
_PLACED: dict[type[Base], tuple[str, ...]] = {
    CaseRow: ("status", "closed_at", "warned_at"),
    PartnerRow: ("tier", "left_on"),
    OverrideRow: ("kind", "from_day", "until_day"),
}
"""Rows, and their columns, that can change a partner's standing."""


def sign(session: Session, who: str, at: datetime) -> None:
    """Say who acts in this transaction and when, in program time, where no row says it."""
    session.info[_ACTOR], session.info[_MOMENT] = who, at


def look_at_standing(session: Session, *partner_ids: str) -> None:
    """Have partners' standings compared at the transaction's end, though no row has changed."""
    recorder: Recorder = session.info[_RECORDER]
    recorder.placed.update(partner_ids)


class WatchedSession(Session):
    """A session that has a recorder."""


@event.listens_for(WatchedSession, "after_flush")
def _watch(session: Session, _context: object) -> None:
    """Once for all sessions: to listen to each by itself costs as much as a statement."""
    recorder: Recorder = session.info[_RECORDER]
    recorder.watch()


class Recorder:
    """Watches one writing session. `seal()` is called once, before the commit."""

    def __init__(self, session: Session, actor: Callable[[], str]) -> None:
        self._session, self._actor = session, actor
        # With the row itself: the id of one that is gone may be given to another.
        self._written: dict[int, tuple[Base, bool, bool, str | None]] = {}
        self.placed: set[str] = set()  # partners whose standing may have changed
        self.moved: set[str] = set()  # those among them whose tier or overrides were written
        session.info[_RECORDER] = self

    def watch(self) -> None:
        """Note what a flush wrote; several writes of a row count as one."""
        session = self._session
        for row in session.new:
            self._note(row, new=True)
        for row in session.dirty:
            if session.is_modified(row):
                self._note(row)
        for row in session.deleted:
            self._note(row, deleted=True)

    def _note(self, row: Any, *, new: bool = False, deleted: bool = False) -> None:
        columns = _PLACED.get(type(row))
        if columns and (new or deleted or any(_changed(row, name) for name in columns)):
            self.placed.add(row.partner_id)
            if not isinstance(row, CaseRow):
                self.moved.add(row.partner_id)
        rule = RULES.get(type(row))
        if rule is None:
            return
        watched = (rule.state, *rule.also) if rule.state else ()
        if not (new or deleted) and watched and not any(_changed(row, name) for name in watched):
            return
        before = None if new or not rule.state else _before(row, rule.state)
        first = self._written.get(id(row))
        if first is not None:
            new, before = first[1], first[3]
        self._written[id(row)] = (row, new, deleted, before)

    def seal(self) -> list[str]:
        """Write entries, standings and events; returns partners about whom there are events."""
        session = self._session
        session.flush()
        if not self._written and not self.placed:
            return []
        entries = list(self._entries())
        # All that is left is written before the turn is taken: the audit's lock must be the last.
        session.flush()
        connection = session.connection()
        if self.placed:
            audit.take_turn(connection)  # standings are compared in turn
        at = session.info.get(_MOMENT) or max((e.at for e in entries), default=_now())
        changes = standings.update_standings(session, self.placed, at)
        who = session.info.get(_ACTOR) or next((e.actor for e in entries), self._actor())
        audit.append(connection, chain(entries, (_entry(c, who, at) for c in changes)))
        return webhooks.emit(session, changes, at)

    def _entries(self) -> Iterator[Entry]:
        info = self._session.info
        who = info.get(_ACTOR) or self._actor()
        for row, new, deleted, before in self._written.values():
            at = info.get(_MOMENT) or _now()
            written = Written(row, new, deleted, before, who, at, self._session)
            entry = RULES[type(row)].describe(written)
            if entry is not None:
                yield entry


def _entry(change: Change, who: str, at: datetime) -> Entry:
    """The entry of a change: tier and standing before and after; a new partner has none before."""
    before, after = change.before, change.after
    details = {
        "tier": [before and before.tier, after.tier],
        "standing": [before and before.standing, after.standing],
    }
    return Entry(AuditKind.STANDING, at, who, change.partner_id, details=details)


def _changed(row: Any, name: str) -> bool:
    return bool(inspect(row).attrs[name].history.has_changes())


def _before(row: Any, name: str) -> str | None:
    deleted = inspect(row).attrs[name].history.deleted
    return deleted[0] if deleted else None


def _now() -> datetime:
    return datetime.now(UTC)
