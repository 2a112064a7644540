"""The table of tracks: what partners are to do, what they have done, and how long it counts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.ladder.track import StepDays
from partners.store.tables.base import Base


class TrackStepRow(Base):
    """A step of a track, for one partner. What is confirmed stays until something newer is."""

    __tablename__ = "track_steps"
    __table_args__ = (
        Index(None, "expires_on"),
        Index(
            "ix_track_steps_waiting",
            "said_at",
            sqlite_where=text("said_on IS NOT NULL"),
            postgresql_where=text("said_on IS NOT NULL"),
        ),
        Index(
            "ix_track_steps_certifying",
            *("partner_id", "certifies", "done_on", "expires_on"),
            sqlite_where=text("certifies IS NOT NULL"),
            postgresql_where=text("certifies IS NOT NULL"),
        ),
    )

    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), primary_key=True)
    track: Mapped[str] = mapped_column(String(64), primary_key=True)
    step: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    began_on: Mapped[date | None]
    """From when its due day is counted; None: done, or said to be, before the track began."""
    due_on: Mapped[date | None]
    """As the partner was told it: a newer policy does not move it."""
    said_on: Mapped[date | None]
    """The day on which it was done, as is said; None once that is confirmed or taken back."""
    said_by: Mapped[str | None]
    said_at: Mapped[datetime | None]
    done_on: Mapped[date | None]
    """The day on which it was done, as confirmed."""
    done_by: Mapped[str | None]
    """Who confirmed it."""
    expires_on: Mapped[date | None]
    """The last day on which it counts; None: it does not expire."""
    certifies: Mapped[str | None] = mapped_column(String(64))
    """The quality that counts as met while it counts, by the policy of its confirmation."""
    notes: Mapped[str | None]
    reminded_on: Mapped[date | None]
    """When the partner was reminded that it expires; None: not yet, or it was renewed since."""
    lapse_told_on: Mapped[date | None]
    """When the partner was told that it has expired; likewise."""

    @property
    def days(self) -> StepDays:
        return StepDays(self.due_on, self.said_on, self.done_on, self.expires_on)
