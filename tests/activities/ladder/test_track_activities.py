"""The steps of the watch over tracks, repeated and cut short."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from activities.ladder.track_activities import TrackActivities, TrackNoticeActivities
from partners.domain.ladder.view import BeginTracks, TellTracks
from partners.store.engine.database import Database
from partners.store.ladder import tracks
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.track_tables import TrackStepRow
from tests import builders
from tests.activities.conftest import NOW, Desk

TODAY = NOW.date()
STEPS: list[dict[str, Any]] = [
    {"key": "exam", "label": "Exam", "kind": "certification", "expires_months": 12},
    {"key": "safety", "label": "Safety", "kind": "certification", "expires_months": 6},
]
POLICY = builders.a_policy(
    tracks={"silver": {"label": "S", "remind_days": 20, "steps": STEPS}},
    tiers=[{**builders.POLICY["tiers"][0], "track": "silver"}],
)


class Watch:
    """The activities of the watch, and what came of them."""

    def __init__(self, database: Database) -> None:
        self.desk = Desk(database)
        services = self.desk.cases._services
        self.tracks, self.notices = TrackActivities(services), TrackNoticeActivities(services)

    def begin(self) -> int:
        return self.desk.call(self.tracks.begin_tracks, BeginTracks())

    def tell(self) -> tuple[int, str | None]:
        page = self.desk.call(self.notices.tell_tracks, TellTracks())
        return page.told, page.last_id

    def sent(self) -> list[str]:
        with self.desk.database.read() as session:
            return [row.message_key for row in session.query(OutboxRow)]


@pytest.fixture
def watch(database: Database) -> Watch:
    builders.accept(database, POLICY)
    with database.write() as session:
        builders.a_partner(session, "acme")
    return Watch(database)


def certify(session: Session, step: str, days: int, who: str = "acme") -> None:
    """A step that expires so many days from today."""
    row = tracks.write_down(session, who, "silver", step, POLICY)
    row.done_on, row.expires_on = TODAY - timedelta(days=100), TODAY + timedelta(days=days)


def test_rule_09_a_watch_that_was_cut_short_after_a_message_sends_it_once(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watch.desk.database.write() as session:
        certify(session, "exam", 10)

    def cut_short(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(watch.notices, "_note_told", cut_short)
        with pytest.raises(KeyboardInterrupt):
            watch.tell()
    watch.desk.now += timedelta(days=1)  # another day's watch, which knows of nothing

    assert watch.tell() == (1, "acme")
    assert watch.tell() == (0, None)
    assert watch.sent() == [f"track/{TODAY + timedelta(days=10)}/acme/track_reminder"]


def test_what_expires_on_one_day_is_one_message_and_on_two_days_two(watch: Watch) -> None:
    with watch.desk.database.write() as session:
        builders.a_partner(session, "zenith")
        for step in ("exam", "safety"):
            certify(session, step, 10)
        certify(session, "exam", -1, "zenith")
        certify(session, "safety", 20, "zenith")

    assert watch.tell() == (3, "zenith")

    kinds = sorted(key.split("/")[2:] for key in watch.sent())
    assert kinds == [
        ["acme", "track_reminder"],
        ["zenith", "track_lapsed"],
        ["zenith", "track_reminder"],
    ]


def test_what_is_not_due_by_its_own_track_is_left_alone_page_after_page(watch: Watch) -> None:
    """Another track reminds earlier, so it may be due, and is not."""
    earlier = {"label": "E", "remind_days": 90, "steps": STEPS[:1]}
    content = POLICY.model_dump(mode="json")
    content["tracks"]["early"] = earlier
    with watch.desk.database.write() as session:
        certify(session, "exam", 21)
    builders.accept(watch.desk.database, type(POLICY).model_validate(content))

    assert watch.tell() == (0, None)
    watch.desk.now += timedelta(days=1)
    assert watch.tell() == (1, "acme")


def test_tracks_begin_for_many_partners_once(watch: Watch) -> None:
    with watch.desk.database.write() as session:
        for number in range(150):  # more than one transaction
            builders.a_partner(session, f"p{number:03}")
    assert (watch.begin(), watch.begin()) == (151, 0)
    with watch.desk.database.read() as session:
        assert session.query(TrackStepRow).count() == 302
