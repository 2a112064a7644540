"""What workers note about their own work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from partners.store.tables.base import Base


class FailingStepRow(Base):
    """A step that fails again and again, until it succeeds or nobody tries it any more."""

    __tablename__ = "failing_steps"

    step: Mapped[str] = mapped_column(String(200), primary_key=True)
    """`<run id>/<activity id>`."""
    workflow_id: Mapped[str] = mapped_column(String(200))
    activity: Mapped[str] = mapped_column(String(100))
    error: Mapped[str] = mapped_column(String(100))
    """The kind of the newest error. Its words are in the log, for they may name people. Blank while
    the first attempt that may have to be shown runs."""
    attempts: Mapped[int]
    since: Mapped[datetime]
    """When it was tried first; program time."""
    last_at: Mapped[datetime]
    """When it began or failed last; real time."""
