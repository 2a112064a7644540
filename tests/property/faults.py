"""What goes wrong on purpose: transactions that are rolled back, and a provider with moods."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from partners.domain.mail.notices import MailState
from partners.mail.transport import Message, Receipt
from partners.store.engine.database import Database


class Crash(Exception):
    """The process ended here."""


class CrashingDatabase(Database):
    """A database whose next transactions can be lost at their very end, before the commit."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.crash_in = 0
        """How many writing transactions from now the process ends; 0: it does not."""

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
            if self.crash_in:
                self.crash_in -= 1
                if not self.crash_in:
                    raise Crash


ANSWERS = ("accepted", "rejected", "busy", "unknown", "lost", "dropped")
"""What the provider may answer. `unknown`: no answer came; `lost`: it took the message, and our
process ended; `dropped`: it did not, and our process ended."""


class Provider:
    """Takes messages, and says so or not."""

    repeatable = False

    def __init__(self, took: Callable[[Message], None]) -> None:
        self.answers: deque[str] = deque()
        self._took = took

    def send(self, message: Message) -> Receipt:
        answer = self.answers.popleft() if self.answers else "accepted"
        if answer == "busy":
            return Receipt(MailState.QUEUED, detail="busy")
        if answer == "rejected":
            return Receipt(MailState.REJECTED, detail="550 no such mailbox")
        if answer == "dropped":
            raise Crash
        self._took(message)
        if answer == "lost":
            raise Crash
        if answer == "unknown":
            return Receipt(MailState.UNKNOWN, detail="no answer")
        return Receipt(MailState.ACCEPTED, provider_id="id")
