"""Program days: the one place that knows how long a day is.

A program day lasts 24 hours. Only in the demo it lasts a second, counted from one fixed anchor.
Dates and instants of cases, mails and tables are always program time; timers and the server's
clock are real time; this class translates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ProgramClock:
    """How real time maps to program time; the default is that they are the same.

    `real_anchor` and `program_anchor` are the same moment on both clocks; `day_seconds` is the
    real length of a program day.
    """

    day_seconds: float = 86400.0
    real_anchor: datetime = _EPOCH
    program_anchor: datetime = _EPOCH

    @property
    def is_real(self) -> bool:
        return self == ProgramClock()

    def program_time(self, real: datetime) -> datetime:
        if self.is_real:
            return real
        return self.program_anchor + (real - self.real_anchor) * (86400.0 / self.day_seconds)

    def real_time(self, program: datetime) -> datetime:
        if self.is_real:
            return program
        return self.real_anchor + (program - self.program_anchor) * (self.day_seconds / 86400.0)

    def real_length(self, days: float) -> timedelta:
        """How long that many program days last."""
        return timedelta(seconds=days * self.day_seconds)
