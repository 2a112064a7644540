"""What notices say of a track, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from partners.domain.policy.sections.track_policy import TrackStep


@dataclass(frozen=True)
class TrackLine:
    """A step, and the day until which it is to be done; None: no day."""

    step: TrackStep
    due_on: date | None = None


@dataclass(frozen=True)
class TrackFacts:
    """Steps that await who enters a tier; or those that expire, or have, on one day."""

    lines: tuple[TrackLine, ...]
    expires_on: date | None = None  # track_reminder, track_lapsed: the last day they count
