"""The daily watch over tracks: begins those that are lacking, and tells of what expires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from temporalio import activity

from activities.ladder import track_facts
from activities.mail.mail_handover import Handed, hand_over
from activities.mail.protocol import Attempt
from activities.services import Activities, Services, program_now
from partners.calendars import calendar_of
from partners.domain.ladder import track
from partners.domain.ladder.view import BeginTracks, TellTracks
from partners.domain.mail.notices import NoticeKind, track_key
from partners.domain.mail.staff_notice import PageTold
from partners.domain.mail.view import Sending
from partners.domain.policy.policy import Policy
from partners.domain.time.clock import ProgramClock
from partners.store.ladder import track_lists, tracks
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.store.tables.track_tables import TrackStepRow

BEGUN_AT_ONCE = 100
"""Partners of one transaction."""
TOLD_AT_ONCE = 50
"""Partners of one activity: their messages go one after the other."""


@dataclass(frozen=True)
class Ending:
    """What a partner is to be told about one day: that something expires then, or did."""

    partner_id: str
    kind: NoticeKind
    expires_on: date


class TrackActivities(Activities):
    """What the watch does to the database."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def begin_tracks(self, request: BeginTracks) -> int:
        """Begin tracks, from today on, for whoever is in a tier and lacks a step of its track: who
        came with an import, or was there before the track was. Returns for how many partners."""
        details = activity.info().heartbeat_details
        after, begun = details if len(details) == 2 else ("", 0)
        while True:
            ids, some = self._begin_page(after)
            begun += some
            if not ids:
                return int(begun)
            after = ids[-1]
            activity.heartbeat(after, begun)

    def _begin_page(self, after: str) -> tuple[Sequence[str], int]:
        """The partners of a page, and for how many of them something began."""
        now = program_now(self._services.clock)
        with self._services.database.write() as session:
            found = policies.in_force_at(session, now)
            if found is None:
                return [], 0
            policy, calendar = found[1], calendar_of(found[1])
            ids = track_lists.to_begin(session, policy, after, BEGUN_AT_ONCE)
            begun = 0
            for partner_id in ids:
                if not policy.enrolment.includes(partner_id):
                    continue
                partner = locked_partner(session, partner_id)
                name, day = track.track_name(policy, partner.tier), calendar.day_of(now)
                new = tracks.begin(session, partner_id, name, policy, calendar, day)
                begun += bool(new)
            return ids, begun


class TrackNoticeActivities(Activities):
    """E-mails to partners about what expires."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @activity.defn
    def tell_tracks(self, request: TellTracks) -> PageTold:
        """Tell the next partners, of each day once: the message's key decides.

        Heartbeats the last one told, and goes on from there after a crash. A kill switch ends the
        page where it is.
        """
        clock, attempt = self._services.clock, Attempt.running()
        page = _so_far(activity.info().heartbeat_details, request.after)
        endings = self._next(page.last_id or "", attempt.now(clock))
        if endings is None:
            return replace(page, last_id=None)
        for partner_id, some in groupby(endings, key=lambda ending: ending.partner_id):
            for ending in some:
                handed = self._tell(ending, attempt.now(clock))
                if handed.result is Sending.STOPPED:
                    return replace(page, stopped=True)
                page = _counted(page, handed, clock)
            page = replace(page, last_id=partner_id)
            # After its messages: said before, a crash in between would pass the partner over.
            until = page.until and page.until.isoformat()
            activity.heartbeat(
                page.last_id, page.told, page.untold, page.unknown, page.put_off, until
            )
        return page

    def _next(self, after: str, now: datetime) -> list[Ending] | None:
        """What the next partners are to be told; None after the last of them."""
        with self._services.database.read() as session:
            found = policies.in_force_at(session, now)
            if found is None:
                return None
            policy, today = found[1], calendar_of(found[1]).day_of(now)
            rows = track_lists.to_tell(session, policy, today, after, TOLD_AT_ONCE)
            if not rows:
                return None
            endings = list(dict.fromkeys(_due(policy, rows, today)))
        return endings or self._next(rows[-1].partner_id, now)

    def _tell(self, ending: Ending, now: datetime) -> Handed:
        handed = hand_over(
            self._services,
            track_key(ending.expires_on, ending.partner_id, ending.kind),
            ending.kind,
            lambda session: track_facts.compose(
                session, ending.partner_id, ending.kind, ending.expires_on, now
            ),
            now,
        )
        if not handed.result.is_open and handed.result is not Sending.SKIPPED:
            self._note_told(ending, now)
        return handed

    def _note_told(self, ending: Ending, now: datetime) -> None:
        with self._services.database.write() as session:
            locked_partner(session, ending.partner_id)
            _, policy = policies.required(session, now)
            today = calendar_of(policy).day_of(now)
            for row in track_facts.ending(session, ending.partner_id, ending.expires_on):
                if ending.kind is NoticeKind.TRACK_REMINDER:
                    row.reminded_on = row.reminded_on or today
                else:
                    row.lapse_told_on = row.lapse_told_on or today


def _due(policy: Policy, rows: Sequence[TrackStepRow], today: date) -> Iterator[Ending]:
    """Of what may be due, what is: each track says how long before. What the policy has no more is
    nothing to renew."""
    for row in rows:
        if row.expires_on is None or not track.has_step(policy, row.track, row.step):
            continue
        days = track.remind_days(policy, row.track, row.step)
        if row.expires_on < today:
            yield Ending(row.partner_id, NoticeKind.TRACK_LAPSED, row.expires_on)
        elif track.is_reminded(row.expires_on, days, today):
            yield Ending(row.partner_id, NoticeKind.TRACK_REMINDER, row.expires_on)


def _so_far(details: Sequence[Any], after: str) -> PageTold:
    """How far an earlier attempt came."""
    if not details:
        return PageTold(after)
    last_id, told, untold, unknown, put_off, until = details
    at = datetime.fromisoformat(until) if until else None
    return PageTold(last_id, told, untold, unknown=unknown, put_off=put_off, until=at)


def _counted(page: PageTold, handed: Handed, clock: ProgramClock) -> PageTold:
    """The page with one more message."""
    until = handed.until and clock.real_time(handed.until)
    return replace(
        page,
        told=page.told + (handed.result is Sending.SENT),
        untold=page.untold + (handed.result not in (Sending.SENT, Sending.SKIPPED)),
        unknown=page.unknown + (handed.result is Sending.UNKNOWN),
        put_off=page.put_off + (handed.result is Sending.PUT_OFF),
        until=min((at for at in (page.until, until) if at), default=None),
    )
