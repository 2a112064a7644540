"""Tracks of partners: what they are to do, what they have done, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.ladder import track
from partners.domain.ladder.track import StepDays, StepState
from partners.domain.policy.policy import Policy
from partners.domain.policy.sections.track_policy import Confirmer, StepKind, TrackStep
from partners.store.ladder import track_lists, tracks
from partners.store.people.known_partner import known_partner, locked_partner
from partners.store.policy import policies
from partners.store.record import recorder
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.track_tables import TrackStepRow
from partners.use_cases.acting import Manager, Viewer
from partners.use_cases.ladder.ladder_refusals import (
    NoTrack,
    StepInTracks,
    StepIsFed,
    StepNotDone,
    UnknownStep,
)
from partners.use_cases.refusals import DayAhead, signed

DUE_DAYS = 30
"""Lists have what is due within so many days, unless a person says otherwise."""


@dataclass(frozen=True)
class Step:
    """One step of a partner's track, in the policy's own words."""

    partner_id: str
    name: str
    track: str
    step: str
    label: str
    kind: StepKind
    required: bool
    confirmed_by: Confirmer
    state: StepState
    days: StepDays
    said_by: str | None = None
    done_by: str | None = None
    certifies: str | None = None
    notes: str | None = None


@dataclass(frozen=True)
class StepActed:
    """A step as it stands now. `changed`: False if that was known already."""

    step: Step
    changed: bool


@dataclass(frozen=True)
class Desk:
    """A transaction about one partner, by the policy in force."""

    session: Session
    partner: PartnerRow
    policy: Policy
    now: datetime

    @property
    def today(self) -> date:
        return calendar_of(self.policy).day_of(self.now)

    def seen(self, row: TrackStepRow) -> Step:
        return _step(self.policy, row, self.partner.name, self.today)


def show(by: Viewer, partner_id: str) -> list[Step]:
    """Every step of a partner's tracks, that of the tier leading. Raises NoTrack without any."""
    with by.database.read() as session:
        partner = known_partner(session, partner_id)
        _, policy = policies.required(session, by.now())
        desk = Desk(session, partner, policy, by.now())
        own = track.track_name(policy, partner.tier)
        rows = [*tracks.steps_of(session, partner_id), *_not_begun(desk, own)]
        if not rows:
            raise NoTrack(partner_id)
        rows.sort(key=lambda row: (row.track != own, row.track, row.position))
        return [desk.seen(row) for row in rows]


def _not_begun(desk: Desk, own: str | None) -> list[TrackStepRow]:
    """Steps of the tier's track that are not written down yet; nothing is kept of these rows."""
    found = desk.policy.track(own)
    known = {row.step for row in tracks.steps_of(desk.session, desk.partner.partner_id, own)}
    steps = enumerate(found.steps) if found is not None and own is not None else ()
    who = desk.partner.partner_id
    return [
        TrackStepRow(partner_id=who, track=own, step=step.key, position=position)
        for position, step in steps
        if step.key not in known
    ]


def listed(by: Viewer, *, days: int = DUE_DAYS, state: StepState | None = None) -> Iterator[Step]:
    """What is late or due within so many days, what waits for confirmation, what has expired or
    soon does; of all partners in a tier, or only what stands so."""
    now = by.now()
    with by.database.read() as session:
        _, policy = policies.required(session, now)
        today = calendar_of(policy).day_of(now)
        for one in track_lists.attention(session, policy, today, days):
            step = _step(policy, one.row, one.name, today)
            if step.state is not StepState.DONE and state in (None, step.state):
                yield step


def done(
    by: Manager,
    partner_id: str,
    step: str,
    on: date | None = None,
    *,
    track_name: str | None = None,
    notes: str = "",
) -> StepActed:
    """Say that a step is done, on a day, by default today. Where staff confirm it, it waits for
    them. Said again it changes nothing."""

    def act(desk: Desk, row: TrackStepRow, known: TrackStep) -> bool:
        if known.confirmed_by is Confirmer.FEED:
            raise StepIsFed(partner_id, row.track, step)
        day = on or desk.today
        if known.confirmed_by is Confirmer.STAFF:
            return tracks.say(row, day, by.name, desk.now)
        return tracks.confirm(row, known, day, by.name)

    return _acted(by, partner_id, step, track_name, act, on=on, notes=notes)


def confirm(
    by: Manager,
    partner_id: str,
    step: str,
    on: date | None = None,
    *,
    track_name: str | None = None,
    notes: str = "",
) -> StepActed:
    """Confirm that a step is done: by default on the day that was said, else today. It counts from
    that day until it expires."""

    def act(desk: Desk, row: TrackStepRow, known: TrackStep) -> bool:
        return tracks.confirm(row, known, on or row.said_on or desk.today, by.name)

    return _acted(by, partner_id, step, track_name, act, on=on, notes=notes)


def take_back(
    by: Manager, partner_id: str, step: str, reason: str, *, track_name: str | None = None
) -> StepActed:
    """Say that a step is not done: what waits is refused; if nothing waits, what was confirmed is
    taken back, and counts no more."""
    signed(by=by.name, reason=reason)

    def act(desk: Desk, row: TrackStepRow, known: TrackStep) -> bool:
        if not tracks.take_back(row, reason):
            raise StepNotDone(partner_id, row.track, step)
        return True

    return _acted(by, partner_id, step, track_name, act)


Act = Callable[[Desk, TrackStepRow, TrackStep], bool]
"""Changes a step; False if it stood so already."""


def _acted(
    by: Manager,
    partner_id: str,
    step: str,
    name: str | None,
    act: Act,
    *,
    on: date | None = None,
    notes: str = "",
) -> StepActed:
    signed(by=by.name)
    now = by.now()
    with by.database.write() as session:
        partner = locked_partner(session, partner_id)
        recorder.sign(session, by.name, now)
        _, policy = policies.required(session, now)
        desk = Desk(session, partner, policy, now)
        if on is not None and on > desk.today:
            raise DayAhead("step", on, desk.today)
        row, known = _found(desk, step, name)
        changed = act(desk, row, known)
        if notes.strip():
            row.notes = notes
        session.flush()
        return StepActed(desk.seen(row), changed)


def _found(desk: Desk, key: str, name: str | None) -> tuple[TrackStepRow, TrackStep]:
    """The step that is meant, written down if it is not yet: certifications may come before the
    tier whose track has them."""
    rows = tracks.steps_of(desk.session, desk.partner.partner_id)
    begun = [row.track for row in rows if row.step == key]
    names = track.tracks_of(desk.policy, key, desk.partner.tier, begun)
    if name is not None:
        names = (name,) if name in begun or track.has_step(desk.policy, name, key) else ()
    if not names:
        raise UnknownStep(key, _known_steps(desk, rows))
    if len(names) > 1:
        raise StepInTracks(key, names)
    known = track.known_step(desk.policy, names[0], key)
    row = next((r for r in rows if (r.track, r.step) == (names[0], key)), None)
    if row is None:
        who = desk.partner.partner_id
        row = tracks.write_down(desk.session, who, names[0], key, desk.policy)
    return row, known


def _known_steps(desk: Desk, rows: Iterable[TrackStepRow]) -> tuple[str, ...]:
    """The keys that could have been meant, each once."""
    of_policy = (step.key for found in desk.policy.tracks.values() for step in found.steps)
    return tuple(dict.fromkeys([*(row.step for row in rows), *of_policy]))


def _step(policy: Policy, row: TrackStepRow, name: str, today: date) -> Step:
    known = track.known_step(policy, row.track, row.step)
    remind_days = track.remind_days(policy, row.track, row.step)
    return Step(
        row.partner_id,
        name,
        row.track,
        row.step,
        known.label,
        known.kind,
        known.required,
        known.confirmed_by,
        track.state(row.days, remind_days, today),
        row.days,
        row.said_by,
        row.done_by,
        row.certifies or known.certifies,
        row.notes,
    )
