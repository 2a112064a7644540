"""Bringing our suppressions and the provider's lists into line, every night.

Events can get lost, and people change the lists at the provider. What is listed there and not known
here is taken in as if its event had come; what came from there and is no longer listed ends here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from temporalio import activity

from activities.services import Activities, Services, program_now
from partners.domain.mail.delivery import MailEvent
from partners.domain.mail.mail_lists import UNKNOWN_TIME, Listed, Reconciled
from partners.domain.mail.topics import Topic
from partners.store.mail import mail_events, recipients
from partners.store.tables.mail_tables import SuppressionRow

PAGE = 500
SETTLE = timedelta(days=1)
"""The provider's lists may be so much behind its events."""


class Lists(Protocol):
    """The provider's lists: see `partners.mail.sendgrid.suppression_lists`."""

    @property
    def scopes(self) -> set[str]:
        """What they tell about."""
        ...

    def read(self) -> Iterator[Listed]:
        """Every entry of every list; raises where one cannot be read."""
        ...


class CasesToTell(Protocol):
    """The way to the workflows of cases."""

    async def tell(self, partner_id: str) -> bool:
        """Have a case look again; False if no workflow runs."""
        ...


class ReconciliationActivities(Activities):
    """Compares the lists; `lists` is None where mail goes through no provider."""

    def __init__(self, services: Services, lists: Lists | None, running: CasesToTell) -> None:
        self._services = services
        self._lists = lists
        self._running = running

    @activity.defn
    async def reconcile_suppressions(self) -> Reconciled:
        """Read the lists whole, then take in what is new and end what is gone; safe to repeat.

        Raises Unavailable, to be tried again, where a list cannot be read: then nothing ends.
        """
        if self._lists is None:
            return Reconciled()
        now = program_now(self._services.clock)
        listed = await asyncio.to_thread(self._read, self._lists)
        activity.heartbeat()
        added, partners = await asyncio.to_thread(self._take_in, listed, now)
        ended = await asyncio.to_thread(self._end, self._lists.scopes, listed, now)
        # After the commits: a case that looked before them would find nothing new.
        told = [await self._running.tell(partner_id) for partner_id in sorted(partners)]
        return Reconciled(len(listed), added, ended, sum(told))

    def _read(self, lists: Lists) -> list[Listed]:
        found = []
        for number, entry in enumerate(lists.read()):
            found.append(entry)
            if number % PAGE == 0:
                activity.heartbeat()
        return found

    def _take_in(self, listed: Sequence[Listed], now: datetime) -> tuple[int, set[str]]:
        """Page by page: addresses that are not known yet, and whose cases should look."""
        added, partners = 0, set[str]()
        for start in range(0, len(listed), PAGE):
            page = listed[start : start + PAGE]
            with self._services.database.write() as session:
                emails = [entry.email for entry in page]
                known = {(r.email, r.scope) for r in recipients.suppressions(session, emails)}
                chosen = recipients.chosen_at(session, emails)
                new = [e for e in page if (e.email, e.scope) not in known and _is_news(e, chosen)]
                groups = {n: topic.value for n, topic in enumerate(Topic)}
                events = [_event(entry, now) for entry in new]
                taken = mail_events.take_in(
                    session, events, now, groups=groups, source=mail_events.LIST
                )
                added += taken.new
                partners |= taken.partners
            activity.heartbeat()
        return added, partners

    def _end(self, scopes: set[str], listed: Sequence[Listed], now: datetime) -> int:
        """What came from the provider and is on none of its lists any more."""
        there = {(entry.email, entry.scope) for entry in listed}
        with self._services.database.write() as session:
            gone = [
                row
                for row in recipients.every_suppression(session)
                if row.scope in scopes
                and _came_from_there(row)
                and row.since < now - SETTLE
                and (row.email, row.scope) not in there
            ]
            recipients.withdraw(session, gone)
            return len(gone)


def _came_from_there(row: SuppressionRow) -> bool:
    return row.source in (mail_events.EVENT, mail_events.LIST)


def _is_news(entry: Listed, chosen: dict[str, datetime]) -> bool:
    """A partner's own later choice outweighs an unsubscription; nothing outweighs a bounce."""
    if entry.scope == recipients.ALL or entry.email not in chosen:
        return True
    return entry.since > chosen[entry.email]


def _event(entry: Listed, now: datetime) -> MailEvent:
    """The event that would have told us. A group's topic is its number, for `groups`."""
    topics = [topic.value for topic in Topic]
    return MailEvent(
        event=entry.cause,
        email=entry.email,
        at=now if entry.since == UNKNOWN_TIME else entry.since,
        bounce_type="bounce" if entry.scope == recipients.ALL else "",
        reason=entry.reason,
        group_id=topics.index(entry.scope) if entry.scope in topics else None,
    )
