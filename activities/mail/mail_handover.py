"""Handing over a message that no step of a case waits for, once, by the send protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from activities.mail import gates
from activities.mail.errand import Draft, Errand
from activities.mail.gates import Addressee, Gate
from activities.mail.protocol import OPEN, SENDING, Attempt, send
from activities.services import Services
from partners.calendars import calendar_of
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.resolution import sends_again
from partners.domain.mail.view import Sending
from partners.mail.send_rules import SendRules
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow


@dataclass(frozen=True)
class Handed:
    """What became of a message, and why."""

    result: Sending
    detail: str = ""
    until: datetime | None = None  # put off: when to try again, in program time


Compose = Callable[[Session], Draft | str]
"""Gathers the facts of a notice, or says why it must not go out now."""


def hand_over(
    services: Services, key: str, kind: NoticeKind, compose: Compose, now: datetime
) -> Handed:
    """Send one message once; `now` is program time. Safe to repeat: the key decides.

    The caller stores what follows afterwards, in a transaction of its own: a crash in between
    repeats the activity, and the message answers as before. Raises, to be tried again, while the
    provider asks to wait or cannot be reached.
    """
    return send(services, Attempt.running(), lambda s: _Plain(s, key, kind, compose, now))


class _Plain(Errand[Handed]):
    """A message on which no step of a case depends: what became of it is only answered."""

    def __init__(
        self, session: Session, key: str, kind: NoticeKind, compose: Compose, now: datetime
    ) -> None:
        self.session, self.kind, self.now = session, kind, now
        self._key, self._compose = key, compose
        self._draft: Draft | None = None

    @property
    def key(self) -> str:
        return self._key

    def ended(self, row: OutboxRow) -> Handed | None:
        again = row.state == MailState.LOST and sends_again(row.kind, row.attempt)
        return None if row.state in OPEN or again else self.follow_up(row)

    def why_not(self) -> str | None:
        composed = self._compose(self.session)
        if isinstance(composed, str):
            return composed
        self._draft = composed
        return None

    def gate(self, rules: SendRules) -> Gate:
        draft = self.draft()
        calendar = calendar_of(draft.notice.policy)
        partner = self.session.get_one(PartnerRow, draft.partner_id) if draft.partner_id else None
        to = Addressee(calendar, partner, staff=tuple(draft.to))
        return gates.check(self.session, rules, self.key, self.kind, to, self.now, draft.not_after)

    def draft(self) -> Draft:
        assert self._draft is not None
        return self._draft

    def not_sent(self, result: Sending, detail: str, until: datetime | None = None) -> Handed:
        return Handed(result, detail, until)

    def follow_up(self, row: OutboxRow) -> Handed:
        return Handed(SENDING[row.state], row.detail or "")
