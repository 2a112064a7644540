"""Messages of a case are locked after it, by whomever: nobody waits in a circle (docs/audit.md)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from activities.inbox import waiting_mail
from partners.domain.cases.view import CaseView
from partners.domain.mail.delivery import Event, MailEvent
from partners.domain.mail.notices import MailState, NoticeKind
from partners.mail.transport import OutboxTransport
from partners.store.cases import cases
from partners.store.mail import mail_events, outbox
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from tests.activities.conftest import Desk, too_few_orders
from tests.interleaved import LONG, beside, is_locked, until_waiting

pytestmark = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk whose messages wait until a person has sent them."""
    return Desk(desk.database, OutboxTransport(False))


def with_warning(desk: Desk, partner_id: str = "acme") -> CaseView:
    case = desk.open(partner_id).case
    assert case is not None
    desk.send(case, NoticeKind.WARNING)
    return case


def warning_of(desk: Desk, case: CaseView) -> OutboxRow:
    with desk.database.read() as session:
        return session.scalars(select(OutboxRow).where(OutboxRow.case_id == case.case_id)).one()


def bounce(desk: Desk, *rows: OutboxRow) -> mail_events.Taken:
    told = [
        MailEvent(Event.BOUNCE, row.to[0], desk.now, outbox_id=row.public_id, bounce_type="bounce")
        for row in rows
    ]
    with desk.database.write() as session:
        return mail_events.take_in(session, told, desk.now)


def test_a_person_who_marks_a_message_waits_for_the_step_of_its_case(desk: Desk) -> None:
    case = with_warning(desk)
    row = warning_of(desk, case)

    def mark() -> str | None:
        with desk.database.write() as session:
            return waiting_mail.mark_sent(session, row.outbox_id, "Ann", desk.now, desk.now)[1]

    with beside() as start, desk.database.write() as session:
        cases.locked_case(session, case.case_id)
        marking = start(mark)
        until_waiting(desk.database, marking)
        outbox.message(session, row.notice_key)

    assert marking.result(LONG) is None
    assert warning_of(desk, case).state == MailState.ACCEPTED


def test_a_bounce_that_comes_before_the_answer_waits_for_whoever_stores_it(desk: Desk) -> None:
    case = with_warning(desk)
    row = warning_of(desk, case)
    with beside() as start, desk.database.write() as session:
        cases.locked_case(session, case.case_id)
        taking = start(lambda: bounce(desk, row))
        until_waiting(desk.database, taking)
        message = outbox.message(session, row.notice_key)
        assert message is not None
        outbox.settle(message, MailState.ACCEPTED, desk.now)

    assert taking.result(LONG).partners == {"acme"}
    assert desk.row(case).untold


def test_events_that_wait_for_a_case_hold_none_that_comes_after_it(desk: Desk) -> None:
    too_few_orders(desk.database, "zenith")
    first, second = with_warning(desk), with_warning(desk, "zenith")
    rows = warning_of(desk, second), warning_of(desk, first)
    with beside() as start, desk.database.write() as session:
        cases.locked_case(session, first.case_id)
        taking = start(lambda: bounce(desk, *rows))
        until_waiting(desk.database, taking)
        held = is_locked(desk.database, CaseRow, second.case_id)

    assert (held, taking.result(LONG).partners) == (False, {"acme", "zenith"})


def test_the_daily_look_holds_one_case_at_a_time(desk: Desk) -> None:
    too_few_orders(desk.database, "zenith")
    first, second = with_warning(desk), with_warning(desk, "zenith")
    with desk.database.write() as session:
        for row in session.scalars(select(CaseRow)):
            row.outcome = "voided"
    desk.now += timedelta(hours=1)
    with beside() as start, desk.database.write() as session:
        cases.locked_case(session, second.case_id)
        looking = start(lambda: waiting_mail.withdraw_elsewhere(desk.database, desk.now))
        until_waiting(desk.database, looking)
        held = is_locked(desk.database, CaseRow, first.case_id)
        done = warning_of(desk, first).state

    looking.result(LONG)
    assert (held, done) == (False, MailState.SUPERSEDED)
    assert warning_of(desk, second).state == MailState.SUPERSEDED
