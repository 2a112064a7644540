"""The outbox: what a person may say of a message, and what stops mail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.errors import UserError
from partners.store.engine.database import Database
from partners.store.mail import outbox
from partners.store.tables.mail_tables import OutboxRow
from tests import builders

NOW = datetime(2035, 3, 5, 12, tzinfo=UTC)


def waiting(database: Database, state: MailState = MailState.WAITING) -> int:
    """A warning, written at NOW, that nobody has sent yet."""
    with database.write() as session:
        row = outbox.claim(
            session,
            outbox.Written(
                "grace/acme-2035-02/warning/1",
                NoticeKind.WARNING,
                Rendered("subject", "text", "<p>html</p>"),
                to=["acme@example.com"],
                sender="us@example.com",
                partner_id="acme",
                case_id="acme-2035-02",
                stated_deadline=NOW.date() + timedelta(days=45),
            ),
            now=NOW,
        )
        outbox.settle(row, state, NOW, detail="why")
        return row.outbox_id


def test_a_person_marks_a_waiting_message_as_sent(database: Database) -> None:
    number = waiting(database)
    at = NOW + timedelta(hours=1)
    with database.write() as session:
        assert outbox.mark_sent(session, number, "Ann", at) == "acme"
    with database.read() as session:
        row = session.get_one(OutboxRow, number)
    assert (row.state, row.settled_at, row.detail) == ("accepted", at, "marked as sent by Ann")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (MailState.SUPERSEDED, "was superseded"),
        (MailState.ACCEPTED, "does not wait to be sent: it is accepted"),
        (MailState.REJECTED, "does not wait to be sent: it is rejected"),
    ],
)
def test_a_message_that_does_not_wait_cannot_be_marked(
    database: Database, state: MailState, message: str
) -> None:
    number = waiting(database, state)
    with database.write() as session, pytest.raises(UserError, match=message):
        outbox.mark_sent(session, number, "Ann", NOW)


def test_an_unknown_message_cannot_be_marked(database: Database) -> None:
    with database.write() as session, pytest.raises(UserError, match="no message 7"):
        outbox.mark_sent(session, 7, "Ann", NOW)


def test_rule_12_a_warning_written_on_another_day_cannot_be_marked(database: Database) -> None:
    builders.accept(database, builders.a_policy(program={"time_zone": "Asia/Tokyo"}))
    number = waiting(database)
    still_today = datetime(2035, 3, 5, 14, 59, tzinfo=UTC)  # 23:59 in Tokyo
    with database.write() as session, pytest.raises(UserError, match="written on another day"):
        outbox.mark_sent(session, number, "Ann", still_today + timedelta(minutes=1))
    with database.write() as session:
        outbox.mark_sent(session, number, "Ann", still_today)


def test_what_has_been_settled_stays_as_it_is(database: Database) -> None:
    number = waiting(database, MailState.ACCEPTED)
    with database.write() as session:
        row = session.get_one(OutboxRow, number)
        outbox.settle(row, MailState.REJECTED, NOW + timedelta(days=1))
        assert (row.state, row.settled_at) == ("accepted", NOW)


def test_rule_14_mail_stops_and_goes_again(database: Database) -> None:
    with database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "wrong template", NOW)
        outbox.stop(session, outbox.MAIL_SWITCH, "Bob", "me too", NOW)
        switch = outbox.stopped(session, NoticeKind.WARNING)
        assert switch is not None
        assert switch.who == "Ann"  # the first stays on record
        assert outbox.go(session, outbox.MAIL_SWITCH)
        assert not outbox.go(session, outbox.MAIL_SWITCH)
        assert outbox.stopped(session, NoticeKind.WARNING) is None


@pytest.mark.parametrize("state", [MailState.SENDING, MailState.UNKNOWN, MailState.LOST])
def test_an_answer_to_a_claim_that_is_no_more_changes_nothing(
    database: Database, state: MailState
) -> None:
    number = waiting(database, MailState.QUEUED)
    with database.write() as session:
        row = session.get_one(OutboxRow, number)
        outbox.take(row, outbox.Claim("attempt 2", NOW + timedelta(minutes=1)), NOW)
        row.state = state
        outbox.answer(row, "attempt 1", MailState.ACCEPTED, NOW, provider_id="sg-1")
        assert (row.state, row.provider_id, row.untold) == (state, None, False)

        outbox.answer(row, "attempt 2", MailState.ACCEPTED, NOW, provider_id="sg-2")
        assert (row.state, row.provider_id) == (MailState.ACCEPTED, "sg-2")


@pytest.mark.parametrize("state", [MailState.SENDING, MailState.UNKNOWN, MailState.ACCEPTED])
def test_rule_14_what_may_have_been_handed_over_is_not_withdrawn(
    database: Database, state: MailState
) -> None:
    number = waiting(database, state)
    with database.write() as session:
        row = session.get_one(OutboxRow, number)
        outbox.withdraw(row, "the case is over", NOW)
        assert row.state == state
    outbox.withdraw(None, "the case is over", NOW)  # none was written


@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.WAITING])
def test_rule_14_what_nobody_was_handed_is_withdrawn(database: Database, state: MailState) -> None:
    number = waiting(database, state)
    with database.write() as session:
        row = session.get_one(OutboxRow, number)
        outbox.withdraw(row, "the case is over", NOW)
        assert (row.state, row.detail) == (MailState.SUPERSEDED, "the case is over")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (MailState.ACCEPTED, MailState.REJECTED),
        (MailState.REJECTED, MailState.ACCEPTED),
        (MailState.LOST, MailState.LOST),
        (MailState.LOST, MailState.UNKNOWN),
        (MailState.SUPERSEDED, MailState.LOST),
    ],
)
def test_what_is_known_of_a_message_is_not_learned_anew(
    database: Database, state: MailState, said: MailState
) -> None:
    number = waiting(database, MailState.UNKNOWN)
    with database.write() as session:
        row = session.get_one(OutboxRow, number)
        row.state = state
        assert not outbox.learn(row, said, NOW, "late news")
        assert (row.state, row.detail, row.untold) == (state, "why", False)


@pytest.mark.parametrize("said", [MailState.ACCEPTED, MailState.REJECTED])
def test_what_was_given_up_may_still_turn_out_to_have_been_answered(
    database: Database, said: MailState
) -> None:
    number = waiting(database, MailState.UNKNOWN)
    with database.write() as session:
        row = session.get_one(OutboxRow, number)
        row.state, row.provider_id = MailState.LOST, "sg-1"
        assert outbox.learn(row, said, NOW, "in the provider's list")
        assert (row.state, row.provider_id, row.untold) == (said, "sg-1", True)


@pytest.mark.parametrize(
    ("detail", "kept"), [(None, "the answer came late"), ("202 Accepted", "202 Accepted")]
)
def test_an_answer_that_came_late_says_so_unless_the_provider_says_more(
    database: Database, detail: str | None, kept: str
) -> None:
    number = waiting(database, MailState.UNKNOWN)
    with database.write() as session:
        row = session.get_one(OutboxRow, number)
        outbox.answer(row, None, MailState.ACCEPTED, NOW, detail=detail)
        assert (row.state, row.detail) == (MailState.ACCEPTED, kept)


def test_the_lost_notices_of_one_kind_of_one_case_are_counted(database: Database) -> None:
    number = waiting(database, MailState.UNKNOWN)
    with database.write() as session:
        session.get_one(OutboxRow, number).state = MailState.LOST
    with database.read() as session:
        assert outbox.count_lost(session, "acme-2035-02", "warning") == 1
        assert outbox.count_lost(session, "acme-2035-02", "removal") == 0
        assert outbox.count_lost(session, "zenith-2035-02", "warning") == 0
    with database.write() as session:
        session.get_one(OutboxRow, number).state = MailState.ACCEPTED
    with database.read() as session:
        assert outbox.count_lost(session, "acme-2035-02", "warning") == 0


@pytest.mark.parametrize("claimed_at", [NOW, None], ids=["when claimed", "else now"])
def test_a_message_that_a_person_found_sent_counts_from_its_hand_over(
    database: Database, claimed_at: datetime | None
) -> None:
    number = waiting(database, MailState.UNKNOWN)
    now = NOW + timedelta(days=1)
    with database.write() as session:
        row = session.get_one(OutboxRow, number)
        row.claimed_at = claimed_at
        outbox.resolve_by_hand(row, True, "Ann", now)
        assert (row.state, row.settled_at) == (MailState.ACCEPTED, claimed_at or now)


def test_a_person_may_find_that_a_lost_message_was_sent_but_not_lose_it_again(
    database: Database,
) -> None:
    number = waiting(database, MailState.UNKNOWN)
    with database.write() as session:
        row = session.get_one(OutboxRow, number)
        outbox.resolve_by_hand(row, False, "Ann", NOW)
        assert row.state == MailState.LOST
        with pytest.raises(UserError, match="is not unknown: it is lost"):
            outbox.resolve_by_hand(row, False, "Ann", NOW)
        outbox.resolve_by_hand(row, True, "Bob", NOW)
        assert (row.state, row.detail) == (MailState.ACCEPTED, "sent, says Bob")
        with pytest.raises(UserError, match="is not unknown: it is accepted"):
            outbox.resolve_by_hand(row, True, "Bob", NOW)
