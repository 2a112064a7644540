"""A warning that came back is noticed wherever the case stands (rule 1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from temporalio.exceptions import ApplicationError

from partners.domain.cases.case import CaseStatus, HoldReason, Next, Outcome
from partners.domain.cases.view import CaseRef, CaseView, PlainCommand
from partners.domain.judging.coverage import DayRange
from partners.domain.mail.delivery import Event, MailEvent
from partners.domain.mail.notices import MailState, NoticeKind
from partners.mail.transport import Message, Receipt
from partners.store.mail import mail_events
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.activities.conftest import Desk
from tests.activities.overrides.test_case_commands import DEADLINE, DECISION, more_orders


def comes_back(desk: Desk, event: Event = Event.BOUNCE, by_id: bool = True) -> None:
    """The provider reports that the newest warning did not arrive."""
    with desk.database.write() as session:
        row = session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id.desc())).first()
        assert row is not None
        sent_as = row.public_id if by_id else None
        kind = "bounce" if event is Event.BOUNCE else ""
        told = MailEvent(event, row.to[0], desk.now, outbox_id=sent_as, bounce_type=kind)
        mail_events.take_in(session, [told], desk.now)


def case_row(desk: Desk) -> CaseRow:
    with desk.database.read() as session:
        return session.scalars(select(CaseRow)).one()


def _in_grace(desk: Desk) -> CaseView:
    return desk.warned()


def _paused(desk: Desk) -> CaseView:
    return desk.command(desk.commands.pause_case, desk.warned())


def _paused_until(desk: Desk) -> CaseView:
    until = desk.now.date() + timedelta(days=9)
    return desk.command(desk.commands.pause_case, desk.warned(), until=until)


def _appealed(desk: Desk) -> CaseView:
    return desk.command(desk.commands.appeal_case, desk.warned())


def _appealed_in_a_pause(desk: Desk) -> CaseView:
    return desk.command(desk.commands.appeal_case, _paused(desk))


STANDS: list[Callable[[Desk], CaseView]] = [
    _in_grace,
    _paused,
    _paused_until,
    _appealed,
    _appealed_in_a_pause,
]
EVENTS = [(Event.BOUNCE, True), (Event.DROPPED, True), (Event.BOUNCE, False)]


def go_on(desk: Desk, case: CaseView) -> CaseView:
    """End whatever holds the case, as people do."""
    if case.hold_reason is HoldReason.PAUSED:
        case = desk.command(desk.cases.resume_case, case)
    if case.hold_reason is HoldReason.APPEAL:
        case = desk.command(desk.commands.uphold_case, case)
    return desk.assess(case)


@pytest.mark.parametrize(("event", "by_id"), EVENTS)
@pytest.mark.parametrize("stand", STANDS)
def test_rule_01_a_warning_that_came_back_starts_no_grace_again(
    desk: Desk, stand: Callable[[Desk], CaseView], event: Event, by_id: bool
) -> None:
    case = stand(desk)
    desk.now += timedelta(days=1)
    comes_back(desk, event, by_id)
    assert case_row(desk).untold  # should the signal get lost
    with pytest.raises(ApplicationError) as refused:
        desk.command(desk.commands.remove_case, case)
    assert refused.value.details[0] == "goes_beyond_policy"

    ended = go_on(desk, case)

    assert (ended.status, ended.hold_reason) == (CaseStatus.ON_HOLD, HoldReason.UNDELIVERABLE)
    assert (ended.deadline, case_row(desk).warned_at) == (None, None)


def test_rule_01_a_pause_that_ends_by_itself_looks_at_the_warning(desk: Desk) -> None:
    case = _paused_until(desk)
    comes_back(desk)
    desk.now += timedelta(days=11)
    ended = desk.call(desk.commands.end_pause, CaseRef(case.case_id))

    assert ended.hold_reason is HoldReason.UNDELIVERABLE


def test_rule_01_nobody_is_removed_after_the_deadline_on_a_warning_that_came_back(
    desk: Desk,
) -> None:
    case = desk.warned()
    desk.now += timedelta(days=1)
    comes_back(desk)
    desk.now = DECISION

    with pytest.raises(ApplicationError, match="the warning did not arrive"):
        desk.command(desk.commands.remove_case, case)
    assert desk.command(desk.commands.remove_case, case, beyond_policy=True).outcome is not None


def _deciding(desk: Desk) -> CaseView:
    with desk.database.write() as session:
        builders.covered(session, DayRange(date(2035, 3, 1), DEADLINE))
    case = desk.warned()
    desk.now = DECISION
    decided = desk.decide(case)
    assert (decided.status, decided.next) == (CaseStatus.DECIDING, Next.REMOVE)
    return decided


def test_rule_01_a_removal_that_is_decided_is_not_carried_out(desk: Desk) -> None:
    case = _deciding(desk)
    at, desk.now = desk.now, desk.now - timedelta(days=30)  # told late of what happened before
    comes_back(desk)
    desk.now = at
    with desk.database.write() as session:
        session.scalars(select(CaseRow)).one().untold = False  # even so

    again = desk.apply(case)

    assert again.status is CaseStatus.IN_GRACE
    assert desk.decide(again).hold_reason is HoldReason.UNDELIVERABLE
    with desk.database.read() as session:
        assert session.get_one(PartnerRow, "acme").tier == "preferred"


def test_rule_17_a_case_that_is_being_decided_is_not_voided_unless_it_is_cancelled(
    desk: Desk,
) -> None:
    case = _deciding(desk)
    with pytest.raises(ApplicationError, match="the case is being closed: remove"):
        desk.call(desk.cases.void_case, PlainCommand(case.case_id, "Ann", "an error"))

    cancelled = PlainCommand(case.case_id, "Temporal", "the workflow was cancelled", silent=True)
    assert desk.call(desk.cases.void_case, cancelled).outcome is not None


class BouncesAtOnce:
    """A provider whose bounce is reported before its own answer is stored."""

    repeatable = False
    desk: Desk

    def send(self, message: Message) -> Receipt:
        comes_back(self.desk)
        return Receipt(MailState.ACCEPTED, "sg-1")


def test_rule_01_a_bounce_that_is_faster_than_the_answer_is_not_lost(desk: Desk) -> None:
    provider = BouncesAtOnce()
    quick = Desk(desk.database, provider)
    provider.desk = quick
    case = quick.open().case
    assert case is not None

    sent = quick.send(case, NoticeKind.WARNING)

    assert sent.case.hold_reason is HoldReason.UNDELIVERABLE


def test_rule_19_a_warning_that_came_back_in_a_pause_keeps_no_case_from_being_voided(
    desk: Desk,
) -> None:
    paused = _paused(desk)
    desk.now += timedelta(days=1)
    comes_back(desk)
    more_orders(desk)

    void = desk.assess(paused)

    assert void.next is Next.VOID
    assert desk.apply(void).outcome is Outcome.VOIDED
