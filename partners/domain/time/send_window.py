"""When mail may arrive: hours of the day in the recipient's own zone, and how many lately."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from partners.domain.time.calendar import SATURDAY_AND_SUNDAY

_HOURS = re.compile(r"(\d{1,2})-(\d{1,2})( weekdays)?")


@dataclass(frozen=True)
class Window:
    """From one full hour to another of each day; `weekdays`: not on the weekend.

    0 to 24 is always open.
    """

    first_hour: int = 0
    end_hour: int = 24
    weekdays: bool = False

    @classmethod
    def parse(cls, words: str) -> Window:
        """Read `7-21` or `9-17 weekdays`. Raises ValueError that says what would be right."""
        found = _HOURS.fullmatch(words.strip())
        if not found or not 0 <= int(found[1]) < int(found[2]) <= 24:
            raise ValueError("is no span of hours; write one such as 7-21 or 9-17 weekdays")
        return cls(int(found[1]), int(found[2]), found[3] is not None)

    def is_open(
        self, at: datetime, zone: ZoneInfo, weekend: Container[int] = SATURDAY_AND_SUNDAY
    ) -> bool:
        """Whether mail may arrive at that instant."""
        local = at.astimezone(zone)
        return self.first_hour <= local.hour < self.end_hour and self._has(local, weekend)

    def next_open(
        self, now: datetime, zone: ZoneInfo, weekend: Container[int] = SATURDAY_AND_SUNDAY
    ) -> datetime:
        """Now, if it is open; else the instant at which it opens next."""
        if self.is_open(now, zone, weekend):
            return now
        day = now.astimezone(zone).date()
        while True:
            local = datetime.combine(day, time(self.first_hour), zone)
            opens = local.astimezone(UTC)
            if opens > now and self._has(local, weekend):
                return opens
            day += timedelta(days=1)

    def _has(self, local: datetime, weekend: Container[int]) -> bool:
        return not self.weekdays or local.weekday() not in weekend


ALWAYS = Window()


def zone_or(name: str | None, default: ZoneInfo) -> ZoneInfo:
    """A partner's zone; the program's where theirs is blank or unknown to this machine."""
    try:
        return ZoneInfo(name) if name else default
    except (ZoneInfoNotFoundError, ValueError):
        return default


@dataclass(frozen=True)
class Cap:
    """At most so many messages in so many days. 0 messages: no limit."""

    messages: int
    days: int

    @classmethod
    def parse(cls, words: str) -> Cap:
        """Read `3/7`, or `0` for none. Raises ValueError that says what would be right."""
        messages, _, days = words.strip().partition("/")
        days = days or "1"
        if not (messages.isdigit() and days.isdigit() and int(days)):
            raise ValueError("is no cap; write 3/7 for 3 messages in 7 days, or 0 for none")
        return cls(int(messages), int(days))

    def room_at(self, sent: list[datetime], now: datetime) -> datetime:
        """The earliest instant, now or later, at which one more may be sent.

        `sent`: when earlier messages went out, in any order.
        """
        span = timedelta(days=self.days)
        lately = sorted(at for at in sent if at > now - span)
        if not self.messages or len(lately) < self.messages:
            return now
        return lately[-self.messages] + span


NO_CAP = Cap(0, 1)
