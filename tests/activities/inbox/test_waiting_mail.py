"""Messages that wait for a person: withdrawn and refused once they are not true (rule 14)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from activities.inbox import waiting_mail
from activities.inbox.inbox import inbox
from partners.domain.cases.case import CaseStatus, Outcome
from partners.domain.cases.commands import Order
from partners.domain.cases.view import CaseView, Command
from partners.domain.inbox.inbox import InboxKind
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from partners.mail.transport import OutboxTransport
from partners.store.engine.database import Database
from partners.store.judging.totals import recount_all
from partners.store.mail import outbox, recipients
from partners.store.overrides import overrides
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.activities.conftest import Desk

REMINDED = datetime(2035, 4, 5, 9, tzinfo=UTC)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk whose messages wait until a person has sent them."""
    return Desk(desk.database, OutboxTransport(False))


def messages(desk: Desk) -> dict[str, OutboxRow]:
    """The newest message of each kind."""
    with desk.database.read() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))
        return {row.kind: row for row in rows}


def state(desk: Desk, kind: str) -> str:
    return messages(desk)[kind].state


def mark(desk: Desk, kind: str, at: datetime | None = None) -> str | None:
    """A person marks the message as sent: why they may not, or None."""
    number = messages(desk)[kind].outbox_id
    with desk.database.write() as session:
        return waiting_mail.mark_sent(session, number, "Ann", at or desk.now, desk.now)[1]


def listed(desk: Desk) -> list[str]:
    """What the inbox says may be sent."""
    items = inbox(desk.database, desk.now)
    return [item.why.split(":")[0] for item in items if item.kind is InboxKind.MAIL]


def opened(desk: Desk) -> CaseView:
    """A case whose warning waits."""
    case = desk.open().case
    assert case is not None
    assert desk.send(case, NoticeKind.WARNING).result is Sending.WAITING
    assert listed(desk) == ["warning"]
    return case


def in_grace(desk: Desk) -> CaseView:
    """A case whose warning a person sent, with a reminder that waits."""
    case = opened(desk)
    assert mark(desk, "warning") is None
    case = desk.send(case, NoticeKind.WARNING).case
    assert case.status is CaseStatus.IN_GRACE
    desk.now = REMINDED
    desk.send(case, NoticeKind.REMINDER, reminder_days=14)
    assert listed(desk) == ["reminder"]
    return case


def void(desk: Desk, case: CaseView) -> CaseView:
    return desk.call(desk.cases.void_case, Command(case.case_id, "Ann", "an error of ours"))


def more_orders(database: Database, first: date, last: date, count: int) -> None:
    with database.write() as session:
        builders.orders(session, "acme", first, last, count, "accepted")
        recount_all(session.connection())


def test_rule_14_a_voided_case_warns_nobody(desk: Desk) -> None:
    void(desk, opened(desk))

    assert (state(desk, "warning"), listed(desk)) == ("superseded", [])
    assert "the case is over: voided" in (messages(desk)["warning"].detail or "")


def _block(desk: Desk, case: CaseView) -> None:
    desk.order(desk.commands.block_case, case)


def _waive(desk: Desk, case: CaseView) -> None:
    desk.order(desk.commands.waive_case, case, until=date(2035, 5, 31))


def _reinstate(desk: Desk, case: CaseView) -> None:
    desk.order(desk.commands.reinstate_case, case)


def _extend(desk: Desk, case: CaseView) -> None:
    desk.order(desk.commands.extend_case, case, days=9)


def _void(desk: Desk, case: CaseView) -> None:
    void(desk, case)


def _remove(desk: Desk, case: CaseView) -> None:
    desk.order(desk.commands.remove_case, case, beyond_policy=True)


def _cure(desk: Desk, case: CaseView) -> None:
    more_orders(desk.database, date(2035, 3, 6), date(2035, 4, 4), 60)
    desk.assess(case)


@pytest.mark.parametrize("untrue", [_void, _block, _waive, _reinstate, _remove, _extend, _cure])
def test_rule_14_a_waiting_reminder_is_withdrawn_by_whatever_makes_it_untrue(
    desk: Desk, untrue: Callable[[Desk, CaseView], None]
) -> None:
    untrue(desk, in_grace(desk))

    assert state(desk, "reminder") == "superseded"
    assert "reminder" not in listed(desk)


def test_a_reminder_waits_through_a_pause_and_is_refused_meanwhile(desk: Desk) -> None:
    case = in_grace(desk)
    paused = desk.order(desk.commands.pause_case, case)

    assert (state(desk, "reminder"), listed(desk)) == ("waiting", [])
    assert "the clock stands still" in (mark(desk, "reminder") or "")
    desk.order(desk.cases.resume_case, paused)
    assert mark(desk, "reminder") is None


def test_rule_14_a_partner_who_is_cured_by_now_is_not_warned(desk: Desk) -> None:
    case = opened(desk)
    more_orders(desk.database, date(2035, 2, 4), date(2035, 3, 4), 60)

    assert mark(desk, "warning") is not None
    assert listed(desk) == []
    sent = desk.send(case, NoticeKind.WARNING)  # as the case looks at the message again
    assert sent.case.outcome is Outcome.RECOVERED_BEFORE_WARNING
    assert state(desk, "warning") == "superseded"


def test_rule_14_mail_that_is_stopped_cannot_be_marked_and_still_waits(desk: Desk) -> None:
    opened(desk)
    with desk.database.write() as session:
        outbox.stop(session, "kind/warning", "Ann", "wrong numbers", desk.now)

    assert mark(desk, "warning") == "kind/warning is stopped by Ann: wrong numbers"
    assert (state(desk, "warning"), listed(desk)) == ("waiting", [])
    with desk.database.write() as session:
        outbox.go(session, "kind/warning")
    assert mark(desk, "warning") is None


def test_rule_14_a_partner_who_is_waived_meanwhile_is_not_warned(desk: Desk) -> None:
    opened(desk)
    with desk.database.write() as session:
        order = Order("Ann", "illness", until=date(2035, 6, 1))
        overrides.waive(session, "acme", order, desk.now.date())

    assert mark(desk, "warning") == "a waiver is in force"


def test_rule_14_news_of_a_deadline_that_moved_again_is_withdrawn(desk: Desk) -> None:
    case = in_grace(desk)
    case = desk.order(desk.commands.extend_case, case, days=3)
    assert desk.tell(case) == [Sending.WAITING]
    first = messages(desk)["extended"].outbox_id
    desk.order(desk.commands.extend_case, case, days=3)

    with desk.database.read() as session:
        assert session.get_one(OutboxRow, first).state == "superseded"


def test_optional_mail_is_withdrawn_from_who_does_not_want_it_any_more(desk: Desk) -> None:
    with desk.database.write() as session:
        row = outbox.claim(
            session,
            outbox.Written(
                "news/1/acme",
                NoticeKind.NUDGE,
                outbox.Rendered("subject", "text", "<p>html</p>"),
                to=["acme@example.com"],
                sender="us@example.com",
                partner_id="acme",
            ),
            now=desk.now,
        )
        outbox.settle(row, outbox.MailState.WAITING, desk.now)
    assert listed(desk) == ["nudge"]
    with desk.database.write() as session:
        acme = session.get_one(PartnerRow, "acme")
        recipients.choose(session, acme, {"everything": False}, desk.now, "page")

    assert listed(desk) == []
    assert "does not want mail" in (mark(desk, "nudge") or "")
    assert state(desk, "nudge") == "superseded"


def test_the_daily_look_withdraws_what_nobody_asked_about(desk: Desk) -> None:
    in_grace(desk)
    desk.now += timedelta(days=30)
    waiting_mail.withdraw_elsewhere(desk.database, desk.now)

    assert state(desk, "reminder") == "superseded"
    assert messages(desk)["reminder"].detail == "the deadline has passed"


def statements(desk: Desk) -> int:
    """How many the inbox asks."""
    asked: list[str] = []

    def ask(*given: object) -> None:
        asked.append(str(given[2]))

    event.listen(desk.database.engine, "before_cursor_execute", ask)
    try:
        inbox(desk.database, desk.now)
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", ask)
    return len(asked)


def more_like_it(database: Database, number: int) -> None:
    """Partners in the same case as acme, each with a message that waits."""
    with database.write() as session:
        case = session.scalars(select(CaseRow)).one()
        row = session.scalars(select(OutboxRow)).one()
        for n in range(number):
            who = f"beta{n}"
            builders.a_partner(session, who, tier=case.tier)
            builders.orders(session, who, date(2035, 1, 1), date(2035, 1, 31), 1, "accepted")
            session.add(CaseRow(**_like(case, case_id=f"{who}-1", partner_id=who)))
            keys = {
                "message_key": row.message_key.replace(case.case_id, f"{who}-1"),
                "notice_key": row.notice_key.replace(case.case_id, f"{who}-1"),
                "public_id": who,
            }
            ids = {"outbox_id": None, "case_id": f"{who}-1", "partner_id": who}
            session.add(OutboxRow(**_like(row, **keys, **ids)))
        recount_all(session.connection())


def _like(row: CaseRow | OutboxRow, **columns: object) -> dict[str, Any]:
    names = [column.key for column in row.__mapper__.column_attrs]
    return {name: getattr(row, name) for name in names} | columns


def test_the_inbox_reads_the_cases_of_waiting_messages_together(desk: Desk) -> None:
    opened(desk)
    alone = statements(desk)
    more_like_it(desk.database, 30)
    assert statements(desk) == alone
    assert listed(desk) == ["warning"] * 31
