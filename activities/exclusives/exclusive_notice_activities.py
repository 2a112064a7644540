"""Notices about exclusives, by the send protocol; what follows from a warning is stored with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from temporalio import activity

from activities.exclusives import exclusive_facts, exclusive_truth, term_arrival
from activities.exclusives.term_file import TermFile
from activities.exclusives.term_view import view
from activities.mail import gates, protocol
from activities.mail.errand import Draft, Errand
from activities.mail.gates import Addressee, Gate
from activities.mail.protocol import OPEN, SENDING, Attempt
from activities.services import Activities, Services, actor
from partners.domain.exclusives.exclusive_term import NewsEvent
from partners.domain.exclusives.view import TellExclusive, TermTold
from partners.domain.mail.notices import MailState
from partners.domain.mail.resolution import sends_again
from partners.domain.mail.view import Sending
from partners.mail.send_rules import SendRules
from partners.store.exclusives import exclusive_news
from partners.store.mail import outbox
from partners.store.offers.exclusive_standing import stand
from partners.store.tables.exclusive_tables import ExclusiveNewsRow
from partners.store.tables.mail_tables import OutboxRow


@dataclass(frozen=True)
class Answer:
    """What became of one message. `again`: it is to be looked at again."""

    result: Sending
    again: bool = False
    until: datetime | None = None  # in program time


class ExclusiveNoticeActivities(Activities):
    """E-mails about an exclusive: to its holder, to others, to staff."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def send_exclusive_notices(self, request: TellExclusive) -> TermTold:
        """Send these, each once, and store what follows from the provider's answers.

        Safe to repeat: each message's key decides. Answers with the first that is to be tried
        again, and goes no further where all mail is stopped.
        """
        services, attempt = self._services, Attempt.running()
        open_still: Answer | None = None
        for number in request.news_ids:
            answer = self._send(request.exclusive_id, number, attempt)
            if answer.again:
                open_still = open_still or answer
            if answer.result is Sending.STOPPED:
                break
            activity.heartbeat(number)
        found = open_still or Answer(Sending.SENT)
        with services.database.read() as session:
            now = attempt.now(services.clock)
            file = TermFile.of(session, request.exclusive_id, now, lock=False)
            assert file is not None
            seen = view(file, services)
        until = found.until and services.clock.real_time(found.until)
        return TermTold(seen, found.result, until)

    def _send(self, exclusive_id: str, news_id: int, attempt: Attempt) -> Answer:
        services = self._services

        def errand_of(session: Session) -> _ExclusiveNotice:
            file = TermFile.of(session, exclusive_id, attempt.now(services.clock))
            assert file is not None
            news = session.get_one(ExclusiveNewsRow, news_id, populate_existing=True)
            return _ExclusiveNotice(file, news)

        return protocol.send(services, attempt, errand_of)


class _ExclusiveNotice(Errand[Answer]):
    """One message. The exclusive is locked while it is looked at."""

    def __init__(self, file: TermFile, news: ExclusiveNewsRow) -> None:
        self.session, self.now = file.session, file.now
        self.kind = exclusive_facts.KINDS[news.event]
        self._file, self._news = file, news

    @property
    def key(self) -> str:
        return term_arrival.message_key(self._news)

    def ended(self, row: OutboxRow) -> Answer | None:
        return None if self._may_go(row) else self.follow_up(row)

    def _may_go(self, row: OutboxRow) -> bool:
        if row.state is MailState.LOST:
            return sends_again(row.kind, self._lost(row))
        return row.state in OPEN or self._is_outdated(row)

    def _lost(self, row: OutboxRow) -> int:
        """How many attempts were lost; each attempt at a warning has a key of its own."""
        if not self._news.event.warns:
            return row.attempt
        sent = term_arrival.attempts(self.session, self._news)
        return sum(message.state is MailState.LOST for message in sent)

    def _is_outdated(self, row: OutboxRow) -> bool:
        """A warning states days from the day on which it is accepted (rule 12)."""
        unsettled = row.state in (MailState.WAITING, MailState.SENDING, MailState.QUEUED)
        rendered_on = self._file.calendar.day_of(row.rendered_at)
        return unsettled and row.stated_deadline is not None and rendered_on != self._file.today

    def why_not(self) -> str | None:
        return exclusive_truth.why_not(self._file, self._news)

    def gate(self, rules: SendRules) -> Gate:
        file, session = self._file, self.session
        partner = exclusive_facts.addressee(session, self._news)
        if partner is None:
            to = Addressee(file.calendar, staff=exclusive_facts.staff_of(file))
        else:
            warns = self._news.event.warns
            avoid = term_arrival.failed_addresses(session, self._news) if warns else frozenset()
            to = Addressee(file.calendar, partner, avoid=avoid)
        return gates.check(session, rules, self.key, self.kind, to, self.now)

    def make_way(self, row: OutboxRow | None) -> OutboxRow | None:
        """A warning that is outdated or lost is written anew, under the next attempt's key."""
        if row is None or not self._news.event.warns:
            return row
        if self._is_outdated(row):
            written = self._file.calendar.day_of(row.rendered_at)
            detail = f"not accepted on {written}, the day it was written"
            outbox.settle(row, MailState.SUPERSEDED, self.now, detail=detail)
        elif row.state is not MailState.LOST:
            return row
        self._news.attempt += 1
        return None

    def draft(self) -> Draft:
        return exclusive_facts.draft(self._file, self._news)

    def not_sent(self, result: Sending, detail: str, until: datetime | None = None) -> Answer:
        if result is Sending.SKIPPED:
            exclusive_news.told(self._news, f"skipped: {detail}", self.now)
        return Answer(result, result.is_open, until)

    def follow_up(self, row: OutboxRow) -> Answer:
        """What is unknown is asked again; a warning that waits for a person starts no days."""
        state, news = row.state, self._news
        if state is MailState.UNKNOWN or (news.event.warns and state is MailState.WAITING):
            return Answer(SENDING[state], again=True)
        if news.told_at is None:
            exclusive_news.told(news, f"{state}: {row.detail}" if row.detail else state, self.now)
            if news.event.warns and state is MailState.ACCEPTED:
                _start_days(self._file, news, row)
        return Answer(SENDING[state])


def _start_days(file: TermFile, news: ExclusiveNewsRow, message: OutboxRow) -> None:
    """The days run from the acceptance, and end no sooner than the message says (rules 1, 12)."""
    row, accepted = file.row, message.settled_at
    assert accepted is not None
    assert message.stated_deadline is not None
    if news.event is NewsEvent.MISSED and news.month == row.warned_month:
        row.warned_at = accepted
        row.cure_until = file.calendar.deadline(message.stated_deadline, accepted, row.cure_days)
        stand(file.session, row, row.status, file.now, actor(), f"to cure until {row.cure_until}")
    elif news.event is NewsEvent.TIER_LOST and row.at_risk_until is not None:
        until = file.calendar.deadline(message.stated_deadline, accepted, row.notice_days)
        row.risk_told_at, row.at_risk_until = accepted, min(until, row.last_day)
        stand(file.session, row, row.status, file.now, actor(), f"kept until {row.at_risk_until}")
