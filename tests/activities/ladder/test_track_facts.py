"""What notices say of tracks, and whether they are still true."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from activities.inbox import waiting_mail
from activities.ladder import track_facts
from activities.ladder.partner_notice_activities import compose
from activities.mail.errand import Draft
from partners.domain.ladder.view import TellPromotion
from partners.domain.mail.notices import MailState, NoticeKind, track_key
from partners.store.engine.database import Database
from partners.store.ladder import ladder, tracks
from partners.store.mail import outbox
from partners.store.people.known_partner import locked_partner
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.track_tables import TrackStepRow
from tests import builders
from tests.activities.conftest import NOW

TODAY = NOW.date()
SOON = TODAY + timedelta(days=10)
REMINDER = NoticeKind.TRACK_REMINDER
STEPS: list[dict[str, Any]] = [
    {"key": "call", "label": "Kick-off call", "due_days": 7},
    {"key": "exam", "label": "Exam", "kind": "certification", "expires_months": 12},
]
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "silver", "kind": "preferred", "track": "silver",
     "enter": {"orders_per_month": {"at_least": 10}}},
]  # fmt: skip
POLICY: dict[str, Any] = {"tracks": {"silver": {"label": "S", "steps": STEPS}}, "tiers": TIERS}


@pytest.fixture
def program(database: Database) -> Database:
    """acme is in silver, and their exam expires soon."""
    policy = builders.a_policy(**POLICY)
    builders.accept(database, policy)
    with database.write() as session:
        builders.a_partner(session, "acme", tier="silver")
        row = tracks.write_down(session, "acme", "silver", "exam", policy)
        row.done_on, row.expires_on = TODAY - timedelta(days=355), SOON
    return database


def why_untrue(database: Database, kind: NoticeKind = REMINDER, day: date = SOON) -> str | None:
    with database.read() as session:
        return track_facts.why_untrue(session, "acme", kind, day, NOW)


def test_who_is_promoted_reads_what_to_do_by_when(database: Database) -> None:
    policy = builders.a_policy(**POLICY)
    builders.accept(database, policy)
    with database.write() as session:
        acme = builders.a_partner(session, "acme", tier="bronze")
        locked_partner(session, "acme")
        row = ladder.add_by_hand(
            session, acme, "silver", policy_version=1, who="Ann", notes="n", now=NOW
        )
        ladder.carry_out(session, row, acme, policy, NOW)
        session.flush()
        draft = compose(session, TellPromotion(row.candidate_id, NoticeKind.PROMOTED), NOW)
    assert isinstance(draft, Draft)
    assert draft.notice.track is not None
    due = [(line.step.key, line.due_on) for line in draft.notice.track.lines]
    assert due == [("call", TODAY + timedelta(days=7)), ("exam", None)]


def test_a_reminder_names_what_expires_and_is_of_use_until_then(program: Database) -> None:
    with program.read() as session:
        draft = track_facts.compose(session, "acme", REMINDER, SOON, NOW)
    assert isinstance(draft, Draft)
    assert draft.notice.track is not None
    assert [line.step.label for line in draft.notice.track.lines] == ["Exam"]
    assert draft.not_after is not None
    assert draft.not_after.date() == SOON + timedelta(days=1)


def test_what_does_not_expire_that_day_is_not_told(program: Database) -> None:
    assert why_untrue(program) is None
    assert why_untrue(program, day=SOON + timedelta(days=1)) is not None
    with program.write() as session:
        session.get_one(TrackStepRow, ("acme", "silver", "exam")).expires_on = TODAY - timedelta(1)
    assert why_untrue(program, day=TODAY - timedelta(1)) == "it has expired meanwhile"
    assert why_untrue(program, NoticeKind.TRACK_LAPSED, TODAY - timedelta(1)) is None


def test_whoever_left_or_is_blocked_is_not_told(program: Database) -> None:
    with program.write() as session:
        session.add(
            OverrideRow(
                partner_id="acme", kind="block", from_day=TODAY, until_day=None, who="Ann",
                reason="fraud",
            )
        )  # fmt: skip
    assert why_untrue(program) == "the partner is blocked"
    with program.write() as session:
        session.get_one(PartnerRow, "acme").tier = None
    assert "in no tier" in (why_untrue(program) or "")


def test_rule_14_a_reminder_that_waits_is_withdrawn_once_it_was_renewed(program: Database) -> None:
    with program.write() as session:
        written = outbox.Written(
            track_key(SOON, "acme", REMINDER),
            REMINDER,
            outbox.Rendered("subject", "text", "<p>html</p>"),
            to=["acme@example.com"],
            sender="us@example.com",
            partner_id="acme",
        )
        outbox.settle(outbox.claim(session, written, now=NOW), MailState.WAITING, NOW)
    waiting_mail.withdraw_elsewhere(program, NOW)
    with program.write() as session:
        assert session.query(OutboxRow).one().state == MailState.WAITING
        session.get_one(TrackStepRow, ("acme", "silver", "exam")).expires_on = date(2040, 1, 1)
    waiting_mail.withdraw_elsewhere(program, NOW)
    with program.read() as session:
        row = session.query(OutboxRow).one()
    assert (row.state, row.detail) == ("superseded", "nothing ends on that day any more")
