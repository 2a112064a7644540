"""What others say of a partner: recorded, counted, answered, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.policy.metrics import COMPLAINTS
from partners.domain.policy.response_policy import OnSerious
from partners.domain.responses.response import Severity
from partners.domain.time.calendar import Month
from partners.errors import Refusal
from partners.store.cases import marks, rechecks
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.record import recorder
from partners.store.responses import complaints, responses
from partners.store.tables.feed_tables import OrderRow
from partners.store.tables.response_tables import ComplaintRow
from partners.use_cases import telling
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.refusals import DayAhead, not_blank
from partners.use_cases.responses.response_facts import ComplaintFacts
from partners.use_cases.telling import Told


@dataclass(eq=False)
class NoSuchOrder(Refusal):
    """The order that a complaint is about is none of the partner's."""

    says = "{partner_id} has no order {order_id!r}"

    partner_id: str
    order_id: str


@dataclass(frozen=True)
class Complained:
    """A complaint that was recorded. `answer`: how a serious one is answered at once."""

    complaint: ComplaintFacts
    month: Month
    is_counted: bool  # by a criterion of a tier
    answer: OnSerious | None
    told: Told


@dataclass(frozen=True)
class Withdrawn:
    """A complaint that does not count any more."""

    partner_id: str
    told: Told


def list_complaints(by: Viewer, partner_id: str | None = None) -> Iterator[ComplaintFacts]:
    """About a partner, or about anybody; the newest first, read as they are asked for."""
    with by.database.read() as session:
        if partner_id is not None:
            known_partner(session, partner_id)
        yield from map(ComplaintFacts.of, complaints.listed(session, partner_id))


async def add(
    by: Manager,
    partner_id: str,
    severity: Severity,
    text: str,
    order_id: str | None = None,
    on: date | None = None,
) -> Complained:
    """Record a complaint, by default of today. The next review counts it.

    Where a serious one is answered by a block, whoever acts blocks the partner next, with the
    preview and the notice of every block, and then says so (`blocked`); until then it waits.
    """
    not_blank(text=text, by=by.name)
    now = by.now()
    with by.database.write() as session:
        recorder.sign(session, by.name, now)
        known_partner(session, partner_id)
        version, policy = policies.required(session, now)
        today = calendar_of(policy).day_of(now)
        if (day := on or today) > today:
            raise DayAhead("complaint", day, today)
        row = complaints.add(
            session,
            partner_id,
            severity,
            text.strip(),
            received_on=day,
            order_id=_order(session, partner_id, order_id),
            now=now,
            who=by.name,
        )
        answer = policy.complaints.serious if severity is Severity.SERIOUS else None
        if answer is OnSerious.STAFF:
            responses.record_serious(session, row, answer, policy, version)
        _look_again(session, row)
    counted = any(COMPLAINTS in tier.keep_standards for tier in policy.tiers)
    told = await telling.numbers_changed(by)
    return Complained(ComplaintFacts.of(row), Month.of(day), counted, answer, told)


def blocked(by: Manager, number: int) -> None:
    """A serious complaint was answered: the partner is blocked."""
    now = by.now()
    with by.database.write() as session:
        recorder.sign(session, by.name, now)
        version, policy = policies.required(session, now)
        row = complaints.settle(session, number, who=by.name, how="blocked at once", now=now)
        responses.record_serious(session, row, OnSerious.BLOCK, policy, version)


def settle(by: Manager, number: int, reason: str) -> str:
    """A serious complaint was dealt with; it goes on counting. Returns whom it is about."""
    not_blank(reason=reason, by=by.name)
    now = by.now()
    with by.database.write() as session:
        recorder.sign(session, by.name, now)
        row = complaints.settle(session, number, who=by.name, how=reason.strip(), now=now)
        return row.partner_id


async def withdraw(by: Manager, number: int, reason: str) -> Withdrawn:
    """Take a complaint back: an open case looks again."""
    not_blank(reason=reason, by=by.name)
    now = by.now()
    with by.database.write() as session:
        recorder.sign(session, by.name, now)
        row = complaints.withdraw(session, number, who=by.name, why=reason.strip(), now=now)
        why = f"the complaint was withdrawn by {by.name}"
        responses.withdraw_of_complaint(session, number, why)
        _look_again(session, row)
    return Withdrawn(row.partner_id, await telling.numbers_changed(by))


def _look_again(session: Session, row: ComplaintRow) -> None:
    """The partner's open case, and the check of what was decided on that month."""
    connection, month = session.connection(), Month.of(row.received_on).number
    marks.mark(
        connection,
        untold=marks.open_cases(connection, {row.partner_id}),
        recheck=rechecks.touched(connection, [(row.partner_id, month)]),
    )


def _order(session: Session, partner_id: str, order_id: str | None) -> str | None:
    """The order, if it is one of the partner's."""
    if order_id is not None:
        order = session.get(OrderRow, order_id)
        if order is None or order.partner_id != partner_id:
            raise NoSuchOrder(partner_id, order_id)
    return order_id
