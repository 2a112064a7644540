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
from partners.domain.cases.commands import Command
from partners.domain.cases.view import CaseView, PlainCommand
from partners.domain.inbox.inbox import InboxKind
from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.view import Sending
from partners.errors import UserError
from partners.mail.transport import OutboxTransport
from partners.store.cases import guard
from partners.store.engine.database import Database
from partners.store.judging.totals import recount_all
from partners.store.ladder import ladder
from partners.store.mail import outbox, recipients
from partners.store.overrides import overrides
from partners.store.policy import policies
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests import builders
from tests.activities.conftest import Desk

NOT_CONCERNED = "nothing changes for this partner"
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
    return desk.call(desk.cases.void_case, PlainCommand(case.case_id, "Ann", "an error of ours"))


def more_orders(database: Database, first: date, last: date, count: int) -> None:
    with database.write() as session:
        builders.orders(session, "acme", first, last, count, "accepted")
        recount_all(session.connection())


def test_rule_14_a_voided_case_warns_nobody(desk: Desk) -> None:
    void(desk, opened(desk))

    assert (state(desk, "warning"), listed(desk)) == ("superseded", [])
    assert "the case is over: voided" in (messages(desk)["warning"].detail or "")


def _block(desk: Desk, case: CaseView) -> None:
    desk.command(desk.commands.block_case, case)


def _waive(desk: Desk, case: CaseView) -> None:
    desk.command(desk.commands.waive_case, case, until=date(2035, 5, 31))


def _reinstate(desk: Desk, case: CaseView) -> None:
    desk.command(desk.commands.reinstate_case, case)


def _extend(desk: Desk, case: CaseView) -> None:
    desk.command(desk.commands.extend_case, case, days=9)


def _void(desk: Desk, case: CaseView) -> None:
    void(desk, case)


def _remove(desk: Desk, case: CaseView) -> None:
    desk.command(desk.commands.remove_case, case, beyond_policy=True)


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
    paused = desk.command(desk.commands.pause_case, case)

    assert (state(desk, "reminder"), listed(desk)) == ("waiting", [])
    assert "the clock stands still" in (mark(desk, "reminder") or "")
    desk.command(desk.cases.resume_case, paused)
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
        order = Command("Ann", "illness", until=date(2035, 6, 1))
        overrides.waive(session, "acme", order, desk.now.date())

    assert mark(desk, "warning") == "a waiver is in force"


def test_rule_14_news_of_a_deadline_that_moved_again_is_withdrawn(desk: Desk) -> None:
    case = in_grace(desk)
    case = desk.command(desk.commands.extend_case, case, days=3)
    assert desk.tell(case) == [Sending.WAITING]
    first = messages(desk)["extended"].outbox_id
    desk.command(desk.commands.extend_case, case, days=3)

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


def test_a_message_that_there_is_not_cannot_be_marked(desk: Desk) -> None:
    with desk.database.write() as session, pytest.raises(UserError, match="no message 7"):
        waiting_mail.mark_sent(session, 7, "Ann", desk.now, desk.now)


# ---- how a case ended ----


def _removed(desk: Desk) -> str:
    _decided(desk)
    return "removal"


def _recovered(desk: Desk) -> str:
    _decided(desk, more=40)
    return "recovered"


def _corrected(desk: Desk) -> str:
    case = void(desk, in_grace(desk))
    assert desk.send(case, NoticeKind.CORRECTION).result is Sending.WAITING
    return "correction"


def _decided(desk: Desk, more: int = 0) -> None:
    """A case whose last mail waits for a person."""
    case = in_grace(desk)
    if more:
        more_orders(desk.database, date(2035, 3, 20), date(2035, 4, 18), more)
    desk.now = datetime(2035, 4, 23, 9, tzinfo=UTC)
    case = desk.apply(desk.decide(case))
    assert case.closing_notice is not None
    assert desk.send(case, case.closing_notice).result is Sending.WAITING


@pytest.mark.parametrize("end", [_removed, _recovered, _corrected])
def test_rule_14_how_a_case_ended_is_told_while_it_holds(
    desk: Desk, end: Callable[[Desk], str]
) -> None:
    assert mark(desk, end(desk)) is None


@pytest.mark.parametrize(
    ("end", "tier", "why"),
    [
        (_removed, "preferred", "the tier has changed since"),
        (_recovered, None, "the tier has changed since"),
        (_corrected, None, None),  # that the warning was wrong stays true
    ],
)
def test_rule_14_how_a_case_ended_is_not_told_once_the_tier_has_changed_again(
    desk: Desk, end: Callable[[Desk], str], tier: str | None, why: str | None
) -> None:
    kind = end(desk)
    with desk.database.write() as session:
        session.get_one(PartnerRow, "acme").tier = tier

    assert mark(desk, kind) == why


# ---- messages about anything else ----


def waits(
    desk: Desk,
    kind: NoticeKind,
    key: str,
    *,
    partner_id: str | None = "acme",
    case_id: str | None = None,
) -> None:
    """A message that was written now and waits for a person."""
    with desk.database.write() as session:
        row = outbox.claim(
            session,
            outbox.Written(
                key,
                kind,
                outbox.Rendered("subject", "text", "<p>html</p>"),
                to=["acme@example.com"],
                sender="us@example.com",
                partner_id=partner_id,
                case_id=case_id,
            ),
            now=desk.now,
        )
        outbox.settle(row, outbox.MailState.WAITING, desk.now)


@pytest.mark.parametrize(
    ("number", "why"), [(1, "no longer on hold"), (2, None)], ids=["of an earlier hold", "of this"]
)
def test_staff_hear_of_a_hold_while_it_is_that_hold(
    desk: Desk, number: int, why: str | None
) -> None:
    case = desk.command(desk.commands.pause_case, in_grace(desk))
    case = desk.command(desk.cases.resume_case, case)
    case = desk.command(desk.commands.pause_case, case)
    key = f"grace/{case.case_id}/on_hold/{number}/1"
    waits(desk, NoticeKind.ON_HOLD, key, case_id=case.case_id)

    assert mark(desk, "on_hold") == why


def test_staff_hear_of_no_hold_that_is_over(desk: Desk) -> None:
    case = desk.command(desk.commands.pause_case, in_grace(desk))
    key = f"grace/{case.case_id}/on_hold/1/1"
    waits(desk, NoticeKind.ON_HOLD, key, case_id=case.case_id)

    desk.command(desk.cases.resume_case, case)

    assert state(desk, "on_hold") == "superseded"


@pytest.mark.parametrize(("version", "why"), [(1, None), (2, "judged by another policy")])
def test_new_standards_of_a_case_are_told_while_it_is_judged_by_them(
    desk: Desk, version: int, why: str | None
) -> None:
    case = in_grace(desk)
    key = f"grace/{case.case_id}/standards_changed/{version}"
    waits(desk, NoticeKind.STANDARDS_CHANGED, key, case_id=case.case_id)

    assert (why or "None") in str(mark(desk, "standards_changed"))


@pytest.mark.parametrize(("days", "why"), [(0, None), (1, "a newer one has taken its place")])
def test_the_digest_is_of_its_day(desk: Desk, days: int, why: str | None) -> None:
    waits(desk, NoticeKind.INBOX_DIGEST, f"inbox/{desk.now.date()}", partner_id=None)
    desk.now += timedelta(days=days)

    assert mark(desk, "inbox_digest") == why


@pytest.mark.parametrize("answered", [False, True])
def test_staff_are_asked_for_an_approval_until_somebody_has_answered(
    desk: Desk, answered: bool
) -> None:
    with desk.database.write() as session:
        for review_id in ("monthly/2035-01", "monthly/2035-02"):
            guard.request(session, review_id, ["acme"], "too many", desk.now)
        if answered:
            guard.decide(session, "monthly/2035-02", True, "Ann", "checked", desk.now)
    waits(desk, NoticeKind.GUARD, "review/monthly/2035-02/guard/1", partner_id=None)
    waits(desk, NoticeKind.AUDIT, "review/quarterly/2034-Q4/summary", partner_id=None)

    assert mark(desk, "guard") == ("a person has answered" if answered else None)
    assert mark(desk, "audit") is None


@pytest.mark.parametrize(("tier", "why"), [("preferred", None), (None, "no longer in preferred")])
def test_a_promotion_is_told_while_the_partner_is_in_that_tier(
    desk: Desk, tier: str | None, why: str | None
) -> None:
    with desk.database.write() as session:
        acme = session.get_one(PartnerRow, "acme")
        acme.tier = None
        ladder.add_by_hand(
            session, acme, "preferred", policy_version=1, who="Ann", notes="ok", now=desk.now
        )
        acme.tier = tier
    waits(desk, NoticeKind.WELCOME, "promotion/acme/1/welcome")

    assert mark(desk, "welcome") == why


@pytest.mark.parametrize(("tier", "why"), [("preferred", None), (None, NOT_CONCERNED)])
def test_a_new_policy_is_told_to_whom_it_concerns(
    desk: Desk, tier: str | None, why: str | None
) -> None:
    preferred = {
        **builders.POLICY["tiers"][0],
        "enter": {"orders_per_month": {"at_least": 12}},
    }
    with desk.database.write() as session:
        stricter = builders.a_policy(tiers=[preferred])
        policies.publish(session, stricter, "", desk.now, "ann", date(2035, 4, 4), None)
        session.get_one(PartnerRow, "acme").tier = tier
    waits(desk, NoticeKind.STANDARDS_CHANGED, "policy/2/acme")
    waits(desk, NoticeKind.POLICY_PUBLISHED, "policy/2", partner_id=None)

    assert mark(desk, "standards_changed") == why
    assert mark(desk, "policy_published") is None


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
