"""The staff's inbox: one provider for each thing that can wait for a person.

A new one is a function added to PROVIDERS: it reads, and names what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, defer

from activities.cases.case_news import PAGE
from activities.inbox import waiting_mail
from activities.judging.corrections import changed_since_closed
from partners.domain.cases.case import CaseStatus, HoldReason
from partners.domain.inbox.inbox import InboxAct, InboxItem, InboxKind, in_order
from partners.domain.judging.aside import ASIDE_WORDS
from partners.domain.ladder.ladder import CandidateState
from partners.domain.mail.notices import MailState
from partners.domain.number_words import number_of
from partners.domain.webhooks.view import EventState
from partners.store.cases import failing_steps, guard
from partners.store.engine.database import Database
from partners.store.judging import aside
from partners.store.ladder import ladder
from partners.store.offers.catalogue import blocked_offers
from partners.store.overrides import appeals
from partners.store.people.known_partner import names_of
from partners.store.responses import complaints
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.webhooks import webhooks

Provider = Callable[[Database, datetime], Iterator[InboxItem]]
"""What waits, read in transactions of its own; the moment is program time."""

LATELY = timedelta(days=30)
"""A message that was rejected longer ago is history; one of an open case is not."""
CORRECTED = timedelta(days=180)
"""Cases closed longer ago than this are history, whatever changes: see `partners corrections`."""


def inbox(
    database: Database, now: datetime, judged: Callable[[], None] = lambda: None
) -> list[InboxItem]:
    """Everything that waits for a person, the most pressing kind first.

    `judged` is called after each closed case that was judged anew, which takes longest.
    """
    items = [item for provider in PROVIDERS for item in provider(database, now)]
    items += _corrections(database, now, judged)
    with database.read() as session:
        names = names_of(session, (item.partner_id for item in items if item.partner_id))
    return in_order([replace(item, name=names.get(item.partner_id or "", "")) for item in items])


def _guard(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Reviews over the guard; cases over it are on hold, and listed there."""
    with database.read() as session:
        for row in guard.waiting_reviews(session):
            why = f"{number_of(row.many, 'partner')}: {row.detail}"
            what = row.request_id
            yield InboxItem(InboxKind.GUARD, what, row.asked_at, why, InboxAct.DECIDE_GUARDED, what)


def _holds(database: Database, now: datetime) -> Iterator[InboxItem]:
    with database.read() as session:
        query = select(CaseRow).where(
            CaseRow.status == CaseStatus.ON_HOLD,
            CaseRow.hold_until.is_(None),  # a pause that ends by itself waits for nobody
            CaseRow.hold_reason != HoldReason.APPEAL,
        )
        for row in session.scalars(query.order_by(CaseRow.hold_since)):
            who, act = row.partner_id, (InboxAct.RESUME_CASE, row.partner_id)
            if row.hold_reason == HoldReason.GUARD:
                act = (InboxAct.DECIDE_GUARDED, row.case_id)
            why = f"{row.hold_reason}: {row.hold_detail or 'a person is needed'}"
            since = row.hold_since or row.opened_at
            yield InboxItem(InboxKind.HOLD, row.case_id, since, why, *act, who)


def _set_aside(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Whose data cannot be judged: everybody else was."""
    with database.read() as session:
        for row in aside.waiting(session):
            why = f"{ASIDE_WORDS[row.during]}: {row.reason}"
            who = row.partner_id
            act = InboxAct.LOOK_AT_PARTNER
            yield InboxItem(InboxKind.ASIDE, who, row.since, why, act, who, who)


def _steps(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Steps that fail again and again: what they belong to stands still meanwhile."""
    with database.read() as session:
        for row in failing_steps.failing(session, datetime.now(UTC)):
            name = row.activity.replace("_", " ")
            reason = f"({row.error}); a worker's log says why"
            if row.error == failing_steps.NO_END:
                reason = "(it timed out, or its worker died)"
            why = f"{name} has failed {row.attempts} times {reason}"
            what = row.workflow_id
            yield InboxItem(InboxKind.STEP, what, row.since, why, InboxAct.LOOK_AT_WORKFLOW, what)


def _appeals(database: Database, now: datetime) -> Iterator[InboxItem]:
    with database.read() as session:
        for row in appeals.waiting(session):
            what = f"against the case {row.case_id}" if row.case_id else "against a removal"
            who, act = row.partner_id, InboxAct.ANSWER_APPEAL
            yield InboxItem(InboxKind.APPEAL, who, row.opened_at, what, act, who, who)


def _mail(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Messages that wait to be sent, that may not have arrived, or that were refused lately."""
    with database.read() as session:
        on_hold = _undeliverable_cases(session)
    after = 0
    while True:
        with database.read() as session:
            page = _messages(session, now, after)
            waiting = [row for row in page if row.state == MailState.WAITING]
            true = {row.outbox_id for row in waiting_mail.may_be_sent(session, waiting, now)}
        if not page:
            return
        after = page[-1].outbox_id
        for row in page:
            if row.state == MailState.REJECTED and row.case_id in on_hold:
                continue  # its case is listed
            if row.state != MailState.WAITING or row.outbox_id in true:
                yield _of_message(row)


def _messages(session: Session, now: datetime, after: int) -> Sequence[OutboxRow]:
    """The next of them, without their bodies."""
    row = OutboxRow
    refused = and_(row.state == MailState.REJECTED, row.settled_at > now - LATELY)
    listed = or_(row.state.in_((MailState.WAITING, MailState.UNKNOWN)), refused)
    query = select(row).where(listed, row.outbox_id > after).order_by(row.outbox_id).limit(PAGE)
    return session.scalars(query.options(defer(row.text), defer(row.html))).all()


def _of_message(row: OutboxRow) -> InboxItem:
    words = row.kind.replace("_", " ")
    why = f"{words}: {row.state}" + (f", {row.detail}" if row.detail else "")
    waits = row.state == MailState.WAITING
    act = InboxAct.MARK_SENT if waits else InboxAct.LOOK_AT_MESSAGE
    number, at = str(row.outbox_id), row.rendered_at
    return InboxItem(InboxKind.MAIL, f"message {number}", at, why, act, number, row.partner_id)


def _undeliverable_cases(session: Session) -> set[str]:
    query = select(CaseRow.case_id).where(
        CaseRow.status == CaseStatus.ON_HOLD, CaseRow.hold_reason == HoldReason.UNDELIVERABLE
    )
    return set(session.scalars(query))


def _complaints(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Serious ones that nobody has dealt with; what was complained of is not repeated here."""
    with database.read() as session:
        for row in complaints.waiting(session):
            about = f", about order {row.order_id}" if row.order_id else ""
            why = f"received on {row.received_on}{about}"
            yield InboxItem(
                InboxKind.COMPLAINT,
                f"complaint {row.complaint_id}",
                row.recorded_at,
                why,
                InboxAct.SETTLE_COMPLAINT,
                str(row.complaint_id),
                row.partner_id,
            )


def _promotions(database: Database, now: datetime) -> Iterator[InboxItem]:
    with database.read() as session:
        for row in ladder.candidates(session, [CandidateState.WAITING]):
            why = f"from {row.from_tier or 'no tier'} to {row.to_tier}"
            who, act = row.partner_id, InboxAct.DECIDE_PROMOTION
            yield InboxItem(InboxKind.PROMOTION, who, row.proposed_at, why, act, who, who)


def _corrections(
    database: Database, now: datetime, judged: Callable[[], None]
) -> Iterator[InboxItem]:
    for case, why in changed_since_closed(database, now, CORRECTED, judged):
        outcome = (case.outcome or "").replace("_", " ")
        since = case.closed_at or case.opened_at
        yield InboxItem(
            InboxKind.CORRECTION,
            case.case_id,
            since,
            f"{outcome}, but {why}",
            InboxAct.LOOK_AT_PARTNER,
            case.partner_id,
            case.partner_id,
        )


def _webhook(database: Database, now: datetime) -> Iterator[InboxItem]:
    with database.read() as session:
        for row in webhooks.undelivered(session, [EventState.DEAD]):
            tried = number_of(row.attempts, "attempt")
            why = f"{row.type}: given up after {tried} ({row.last_error})"
            what, act = row.webhook_id, InboxAct.RETRY_DELIVERY
            yield InboxItem(
                InboxKind.WEBHOOK, what, row.occurred_at, why, act, what, row.partner_id
            )


def _in_words(database: Database, now: datetime) -> Iterator[InboxItem]:
    """Blocks that were written in words which no offer has, once there are offers at all. The words
    stay in the record."""
    with database.read() as session:
        for row in blocked_offers.to_match(session, now):
            why, who = "no offer has these words as its id or its name", row.partner_id
            since = datetime.combine(row.from_day, time(), UTC)
            act = InboxAct.SAY_WHICH_OFFER
            yield InboxItem(InboxKind.OFFER, who, since, why, act, who, who)


PROVIDERS: tuple[Provider, ...] = (
    _guard,
    _holds,
    _set_aside,
    _steps,
    _appeals,
    _complaints,
    _mail,
    _promotions,
    _webhook,
    _in_words,
)
