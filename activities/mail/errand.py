"""What the send protocol asks about a message, and each kind of mail answers in its own way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from activities.mail.gates import Gate
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from partners.mail.notice import Notice
from partners.mail.send_rules import SendRules
from partners.store.tables.mail_tables import OutboxRow

R = TypeVar("R")


@dataclass(frozen=True)
class Draft:
    """A notice and whom it is for; `partner_id` is None for staff."""

    notice: Notice
    to: list[str]
    partner_id: str | None = None
    case_id: str | None = None
    not_after: datetime | None = None  # the last moment at which it is of use, in program time
    stated_deadline: date | None = None


class Errand(ABC, Generic[R]):
    """One message in one transaction: the questions whose answers depend on its kind.

    `now` is program time. R is what the activity answers.
    """

    session: Session
    kind: NoticeKind
    now: datetime

    @property
    @abstractmethod
    def key(self) -> str:
        """What makes the message unique (rule 9). It may change when one is written anew."""

    @abstractmethod
    def ended(self, row: OutboxRow) -> R | None:
        """The answer where the message's state has it; None: it may be handed over, or followed
        by another attempt."""

    @abstractmethod
    def why_not(self) -> str | None:
        """Is it still true? Why it must not go out now; a guard that counts is asked last."""

    @abstractmethod
    def gate(self, rules: SendRules) -> Gate:
        """Whether it may go out now, and to whom. Changes nothing."""

    def make_way(self, row: OutboxRow | None) -> OutboxRow | None:
        """What is handed over, or is followed by another attempt; None: it is written anew."""
        return row

    @abstractmethod
    def draft(self) -> Draft:
        """What is written, once it is to be."""

    @abstractmethod
    def not_sent(self, result: Sending, detail: str, until: datetime | None = None) -> R:
        """The answer where nothing was handed over."""

    @abstractmethod
    def follow_up(self, row: OutboxRow) -> R:
        """Store what follows from the message's state, nothing the second time; the answer."""
