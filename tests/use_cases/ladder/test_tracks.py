"""What people say and confirm of tracks, without a face."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from partners.domain.ladder.track import StepState
from partners.store.ladder import tracks as kept
from partners.store.record import audit
from partners.store.tables.track_tables import TrackStepRow
from partners.use_cases.acting import Manager
from partners.use_cases.inbox.waiting import what_waits
from partners.use_cases.ladder import checklist, tracks
from partners.use_cases.ladder.ladder_refusals import (
    NoChecklist,
    NoTrack,
    StepInTracks,
    StepIsFed,
    StepNotDone,
    UnknownStep,
)
from partners.use_cases.refusals import DayAhead, Unsigned
from tests import builders
from tests.use_cases.conftest import NOW

TODAY = NOW.date()
DAY = timedelta(days=1)
RESELLER: dict[str, Any] = {
    "label": "Reseller",
    "steps": [
        {"key": "call", "label": "Kick-off call", "confirmed_by": "partner", "due_days": 5},
        {"key": "exam", "label": "Product exam", "kind": "certification", "expires_months": 12,
         "certifies": "expertise"},
        {"key": "course", "label": "Course", "confirmed_by": "feed", "required": False},
    ],
}  # fmt: skip
EXPERT = {"label": "Expert", "steps": [{"key": "course", "label": "Course"},
                                       {"key": "thesis", "label": "Thesis"}]}  # fmt: skip
TIERS = [{**builders.POLICY["tiers"][0], "track": "reseller"}]


@pytest.fixture
def program(ann: Manager) -> Manager:
    """acme is in a tier with a track, newcomer in none."""
    tracks = {"reseller": RESELLER, "expert": EXPERT}
    builders.accept(ann.database, builders.a_policy(tracks=tracks, tiers=TIERS))
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
        builders.a_partner(session, "newcomer", tier=None, tier_since=None)
    return ann


def state(by: Manager, step: str) -> StepState:
    return next(one.state for one in tracks.show(by, "acme") if one.step == step)


def test_a_track_is_shown_before_it_has_begun_and_nothing_is_written(program: Manager) -> None:
    steps = tracks.show(program, "acme")
    assert [(one.step, one.state) for one in steps] == [
        ("call", StepState.TO_DO),
        ("exam", StepState.TO_DO),
        ("course", StepState.TO_DO),
    ]
    with program.database.read() as session:
        assert session.query(TrackStepRow).count() == 0
    with pytest.raises(NoTrack):
        tracks.show(program, "newcomer")


def test_the_partners_word_is_enough_where_the_policy_says_so(program: Manager) -> None:
    acted = tracks.done(program, "acme", "call", TODAY - DAY)
    assert (acted.changed, acted.step.state) == (True, StepState.DONE)
    assert acted.step.done_by == "Ann"
    again = tracks.done(program, "acme", "call")
    assert (again.changed, again.step.days.done_on) == (False, TODAY - DAY)


def test_what_staff_confirm_waits_in_the_inbox_until_they_do(program: Manager) -> None:
    acted = tracks.done(program, "acme", "exam", TODAY - DAY)
    assert acted.step.state is StepState.WAITING
    (item,) = what_waits(program)
    assert (item.kind, item.about, item.subject, item.more) == (
        "track",
        "acme",
        "acme",
        ("exam", "reseller"),
    )
    assert "Product exam: done on 2026-11-01, says Ann" in item.why

    confirmed = tracks.confirm(program, "acme", "exam", notes="certificate 4711")

    assert confirmed.step.days.done_on == TODAY - DAY
    assert confirmed.step.days.expires_on == date(2027, 11, 1)
    assert (confirmed.step.certifies, confirmed.step.notes) == ("expertise", "certificate 4711")
    assert what_waits(program) == []


def test_what_an_import_says_a_person_may_confirm_but_not_merely_say(program: Manager) -> None:
    with pytest.raises(StepIsFed) as refused:
        tracks.done(program, "acme", "course")
    assert (refused.value.code, refused.value.track) == ("step_is_fed", "reseller")
    assert tracks.confirm(program, "acme", "course").step.state is StepState.DONE


def test_a_certification_may_come_before_the_tier_that_asks_for_it(program: Manager) -> None:
    acted = tracks.confirm(program, "newcomer", "exam")
    assert (acted.step.track, acted.step.days.due_on) == ("reseller", None)
    assert [one.step for one in tracks.show(program, "newcomer")] == ["exam"]


def test_a_step_of_several_tracks_is_named_with_its_track(program: Manager) -> None:
    with pytest.raises(StepInTracks) as refused:
        tracks.confirm(program, "newcomer", "course")
    assert refused.value.tracks == ("reseller", "expert")
    acted = tracks.confirm(program, "newcomer", "course", track_name="expert")
    assert acted.step.track == "expert"
    assert tracks.confirm(program, "acme", "course").step.track == "reseller"  # the tier's own


def test_what_there_is_not_is_refused_and_leaves_nothing_behind(program: Manager) -> None:
    with pytest.raises(UnknownStep) as refused:
        tracks.done(program, "acme", "exan")
    assert refused.value.steps == ("call", "exam", "course", "thesis")
    with pytest.raises(UnknownStep):
        tracks.done(program, "acme", "exam", track_name="expert")
    with pytest.raises(DayAhead):
        tracks.done(program, "acme", "exam", TODAY + DAY)
    with pytest.raises(StepNotDone):
        tracks.take_back(program, "acme", "exam", "never was")
    with pytest.raises(Unsigned):
        tracks.take_back(program, "acme", "exam", " ")
    with program.database.read() as session:
        assert session.query(TrackStepRow).count() == 0


def test_taking_back_is_signed_and_audited(program: Manager) -> None:
    tracks.done(program, "acme", "exam")
    acted = tracks.take_back(program, "acme", "exam", "no such certificate")
    assert (acted.step.state, acted.step.notes) == (StepState.TO_DO, "no such certificate")
    with program.database.read() as session:
        entries = [link for link in audit.links(session) if link.kind == "track"]
    assert [(link.actor, link.ref) for link in entries] == [
        ("Ann", "track_steps/acme/reseller/exam")
    ] * 2


def test_the_list_has_what_needs_somebody(program: Manager) -> None:
    tracks.done(program, "acme", "exam")
    tracks.done(program, "acme", "call")
    with program.database.write() as session:
        builders.a_partner(session, "zenith")
        row = kept.write_down(session, "zenith", "reseller", "call", builders.a_policy())
        row.due_on = TODAY - DAY
        old = kept.write_down(session, "zenith", "reseller", "exam", builders.a_policy())
        old.done_on, old.expires_on = TODAY - 400 * DAY, TODAY - 2 * DAY
    found = [(one.partner_id, one.step, one.state) for one in tracks.listed(program)]
    assert found == [
        ("acme", "exam", StepState.WAITING),
        ("zenith", "call", StepState.OVERDUE),
        ("zenith", "exam", StepState.EXPIRED),
    ]
    overdue = tracks.listed(program, state=StepState.OVERDUE)
    assert [one.partner_id for one in overdue] == ["zenith"]
    lapsed = [item for item in what_waits(program) if item.about == "zenith"]
    assert [item.why for item in lapsed] == [
        f"Product exam: counted until {TODAY - 2 * DAY}; the tier stays"
    ]


def test_the_checklist_command_ticks_the_track_that_took_its_place(program: Manager) -> None:
    with pytest.raises(NoChecklist):
        checklist.checklist(program, "acme")
    with program.database.write() as session:
        for step in ("call", "exam"):
            kept.write_down(session, "acme", "reseller", step, builders.a_policy())
    ticked = checklist.tick(program, "acme", "exam", "in Berlin")
    done = next(one for one in ticked if one.step == "exam")
    assert (done.label, done.done_on, done.who, done.notes) == (
        "Product exam",
        TODAY,
        "Ann",
        "in Berlin",
    )
    assert state(program, "exam") is StepState.DONE
    assert checklist.untick(program, "acme", "exam")[1].done_on is None
