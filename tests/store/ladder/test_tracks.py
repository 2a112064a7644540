"""Tracks as they are kept, on both database systems: begun, said, confirmed, certified, listed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.policy.entering import Quality
from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.track_policy import CHECKLIST, TrackStep
from partners.store.engine.database import Database
from partners.store.judging import appraisals
from partners.store.ladder import ladder, track_lists, tracks
from partners.store.ladder.ladder_facts import ladder_facts
from partners.store.people.known_partner import locked_partner
from partners.store.record import audit_check
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.track_tables import TrackStepRow
from tests import builders

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)
STEPS: list[dict[str, Any]] = [
    {"key": "call", "label": "Call", "kind": "onboarding", "due_days": 5},
    {"key": "exam", "label": "Exam", "kind": "certification", "due_days": 30,
     "expires_months": 12, "certifies": "expertise"},
]  # fmt: skip
TIERS = [
    {"key": "bronze", "kind": "public"},
    {"key": "silver", "kind": "preferred", "track": "reseller",
     "enter": {"orders_per_month": {"at_least": 10}}},
]  # fmt: skip


def a_policy(steps: list[dict[str, Any]] = STEPS, **sections: Any) -> Policy:
    tracks = {"reseller": {"label": "Reseller", "steps": steps}}
    return builders.a_policy(tracks=tracks, tiers=TIERS, **sections)


@pytest.fixture
def policy(database: Database) -> Policy:
    policy = a_policy()
    builders.accept(database, policy)
    with database.write() as session:
        builders.a_partner(session, "acme", tier="bronze")
    return policy


def begin(session: Session, policy: Policy, day: date = TODAY, who: str = "acme") -> list[str]:
    begun = tracks.begin(session, who, "reseller", policy, calendar_of(policy), day)
    return [row.step for row in begun]


def row_of(session: Session, key: str, who: str = "acme") -> TrackStepRow:
    return session.get_one(TrackStepRow, (who, "reseller", key))


def step_of(policy: Policy, key: str) -> TrackStep:
    step = policy.tracks["reseller"].step(key)
    assert step is not None
    return step


def certify(session: Session, policy: Policy, on: date) -> TrackStepRow:
    row = row_of(session, "exam")
    assert tracks.confirm(row, step_of(policy, "exam"), on, "Ann")
    return row


def qualities(session: Session, policy: Policy, day: date) -> frozenset[str]:
    session.flush()
    return ladder_facts(session, ["acme"], calendar_of(policy), day)["acme"].qualities


# ---- beginning ----


def test_a_track_begins_once_with_the_days_until_which_its_steps_are_due(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        assert begin(session, policy) == ["call", "exam"]
        assert begin(session, policy, TODAY + DAY) == []
    with database.read() as session:
        days = [row.due_on for row in tracks.steps_of(session, "acme")]
    assert days == [date(2026, 11, 23), date(2026, 12, 16)]


def test_a_step_that_a_later_policy_adds_begins_then_and_those_that_stand_keep_their_days(
    database: Database, policy: Policy
) -> None:
    more = a_policy([*STEPS, {"key": "course", "label": "Course", "due_days": 7}])
    with database.write() as session:
        begin(session, policy)
        assert begin(session, more, TODAY + 30 * DAY) == ["course"]
    with database.read() as session:
        assert row_of(session, "call").due_on == date(2026, 11, 23)
        assert row_of(session, "course").due_on == date(2026, 12, 23)


def test_what_was_done_before_the_track_began_stays_done_and_is_never_due(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        tracks.write_down(session, "acme", "reseller", "exam", policy)
        certify(session, policy, TODAY - DAY)
        assert begin(session, policy) == ["call", "exam"]
        exam = row_of(session, "exam")
        assert (exam.done_on, exam.due_on, exam.began_on) == (TODAY - DAY, None, TODAY)


def test_a_promotion_begins_the_track_of_its_tier_in_the_same_transaction(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        acme = locked_partner(session, "acme")
        row = ladder.add_by_hand(
            session, acme, "silver", policy_version=1, who="Ann", notes="n", now=NOW
        )
        assert ladder.carry_out(session, row, acme, policy, NOW) is None
    with database.read() as session:
        assert [row.step for row in tracks.steps_of(session, "acme", "reseller")] == [
            "call",
            "exam",
        ]


def test_who_qualified_gets_the_checklist_unless_their_tier_has_a_track(
    database: Database, policy: Policy
) -> None:
    referring = a_policy(referral={"checklist": ["contract"]})
    with database.write() as session:
        silver = builders.a_partner(session, "silver", tier="silver")
        for partner in (session.get_one(PartnerRow, "acme"), silver):
            tracks.begin_checklist(session, partner, referring, calendar_of(policy), TODAY)
        assert [row.step for row in tracks.steps_of(session, "acme", CHECKLIST)] == ["contract"]
        assert tracks.steps_of(session, "silver") == []


# ---- said, confirmed, taken back ----


def test_what_is_said_waits_and_counts_once_it_is_confirmed(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        begin(session, policy)
        exam = row_of(session, "exam")
        assert tracks.say(exam, TODAY - DAY, "acme", NOW)
        assert not tracks.say(exam, TODAY - DAY, "acme", NOW)
        assert qualities(session, policy, TODAY) == frozenset()
        certify(session, policy, TODAY - DAY)
        assert (exam.said_on, exam.expires_on) == (None, date(2027, 11, 15))
        assert qualities(session, policy, TODAY) == {"expertise"}


def test_a_certification_counts_as_its_quality_through_the_day_on_which_it_expires(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        begin(session, policy)
        certify(session, policy, TODAY)
        assert qualities(session, policy, TODAY - DAY) == frozenset()
        assert qualities(session, policy, date(2027, 11, 16)) == {"expertise"}
        assert qualities(session, policy, date(2027, 11, 17)) == frozenset()


def test_a_later_appraisal_as_not_met_goes_before_a_certification(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        begin(session, policy)
        certify(session, policy, TODAY - 2 * DAY)
        quality = Quality(label="Expertise")
        judge: dict[str, Any] = {"reviewer": "Ann", "notes": "n"}
        appraisals.appraise(
            session, "acme", "expertise", quality, met=False, on=TODAY - DAY, **judge
        )
        assert qualities(session, policy, TODAY) == frozenset()
        certify(session, policy, TODAY)  # passed again since
        assert qualities(session, policy, TODAY) == {"expertise"}


def test_renewing_has_it_reminded_of_anew_and_an_older_day_changes_nothing(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        begin(session, policy)
        exam = certify(session, policy, TODAY - 360 * DAY)
        exam.reminded_on = exam.lapse_told_on = TODAY
        assert not tracks.confirm(exam, step_of(policy, "exam"), TODAY - 400 * DAY, "Ben")
        assert exam.reminded_on == TODAY
        certify(session, policy, TODAY)
        assert (exam.reminded_on, exam.lapse_told_on) == (None, None)


def test_taking_back_refuses_what_waits_before_it_touches_what_is_confirmed(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        begin(session, policy)
        exam = certify(session, policy, TODAY - DAY)
        tracks.say(exam, TODAY, "acme", NOW)
        assert tracks.take_back(exam, "no paper")
        assert (exam.said_on, exam.done_on) == (None, TODAY - DAY)
        assert tracks.take_back(exam, "forged")
        assert (exam.done_on, exam.expires_on, exam.certifies) == (None, None, None)
        assert qualities(session, policy, TODAY) == frozenset()
        assert not tracks.take_back(exam, "again")


def test_every_change_of_a_step_is_audited(database: Database, policy: Policy) -> None:
    with database.write() as session:
        begin(session, policy)
    with database.write() as session:
        certify(session, policy, TODAY)
    with database.snapshot() as session:
        assert audit_check.verify(session).broken is None
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE track_steps SET expires_on = '2030-01-01'")
    with database.snapshot() as session:
        broken = audit_check.verify(session).broken
    assert broken is not None
    assert "expires_on is 2030-01-01" in broken.why


# ---- lists ----


def needing(session: Session, policy: Policy, days: int = 30) -> list[str]:
    found = track_lists.attention(session, policy, TODAY, days)
    return [f"{one.row.partner_id}/{one.row.step}" for one in found]


def test_the_list_has_what_is_due_waits_or_expires_of_who_is_in_the_tier(
    database: Database, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track_lists, "PAGE", 2)  # pages that end within a partner
    with database.write() as session:
        for who in ("b", "c", "d"):
            builders.a_partner(session, who, tier="silver")
            begin(session, policy, who=who)
        begin(session, policy)  # acme is in bronze: nothing is due of them
        tracks.say(row_of(session, "exam"), TODAY, "acme", NOW)
        row_of(session, "call", "c").done_on = TODAY
        session.get_one(PartnerRow, "d").left_on = TODAY
        session.flush()
        assert needing(session, policy) == ["acme/exam", "b/call", "b/exam", "c/exam"]
        assert needing(session, policy, days=7) == ["acme/exam", "b/call"]
        assert [row.partner_id for row in track_lists.waiting(session)] == ["acme"]


def test_what_expired_long_ago_is_told_to_nobody(database: Database, policy: Policy) -> None:
    with database.write() as session:
        for who, ago in (("b", 30), ("c", 31), ("d", 0)):
            builders.a_partner(session, who, tier="silver")
            begin(session, policy, who=who)
            row_of(session, "exam", who).done_on = TODAY - 400 * DAY
            row_of(session, "exam", who).expires_on = TODAY - ago * DAY
        session.flush()
        found = track_lists.to_tell(session, policy, TODAY, "", 50)
        assert [row.partner_id for row in found] == ["b", "d"]
        assert [row.partner_id for row in track_lists.to_tell(session, policy, TODAY, "b", 1)] == [
            "d"
        ]


def test_whoever_lacks_a_step_of_their_track_is_found_until_it_has_begun(
    database: Database, policy: Policy
) -> None:
    with database.write() as session:
        for who in ("b", "c"):
            builders.a_partner(session, who, tier="silver")
        begin(session, policy, who="c")
        assert track_lists.to_begin(session, policy, "", 10) == ["b"]
        more = a_policy([*STEPS, {"key": "course", "label": "Course"}])
        assert track_lists.to_begin(session, more, "", 10) == ["b", "c"]
        assert track_lists.to_begin(session, more, "b", 10) == ["c"]
        assert track_lists.to_begin(session, builders.a_policy(), "", 10) == []
