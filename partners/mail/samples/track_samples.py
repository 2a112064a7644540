"""Invented facts of the notices about tracks, for previews and tests."""

from __future__ import annotations

from datetime import date

from partners.domain.ladder import track
from partners.domain.policy.policy import Policy, Tier
from partners.domain.policy.sections.track_policy import StepKind, Track, TrackStep
from partners.domain.time.calendar import ProgramCalendar
from partners.mail.track_notice import TrackFacts, TrackLine

ENTERED = date(2026, 11, 16)
_STAND_IN = Track(
    label="Getting started",
    steps=(
        TrackStep(key="exam", kind=StepKind.CERTIFICATION, label="Product exam", expires_months=12),
    ),
)
"""The track where the policy has none with a step that expires."""


def track_of(policy: Policy, tier: Tier) -> TrackFacts | None:
    """The steps of a tier's track, for who entered it on 16 November 2026."""
    found = policy.track(tier.track)
    calendar = ProgramCalendar(policy.program.zone, frozenset(policy.program.holidays))
    if found is None:
        return None
    lines = (TrackLine(step, track.due_on(step, ENTERED, calendar)) for step in found.steps)
    return TrackFacts(tuple(lines))


def expiring(policy: Policy, day: date) -> TrackFacts:
    """The first step of the policy that expires, on that day."""
    every = (step for found in (*policy.tracks.values(), _STAND_IN) for step in found.steps)
    step = next(step for step in every if step.expires_months)
    return TrackFacts((TrackLine(step),), day)
