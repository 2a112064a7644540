"""Reading times: ISO 8601 text to seconds since 1970 and the month in the program's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from partners.domain.time.calendar import Month
from partners.store.imports.reading.fields import Memo

Instant = tuple[int, int]
"""Seconds since 1970 (UTC), and the month in the program's zone as YYYYMM."""

_SECONDS = {f":{m:02d}:{s:02d}": m * 60 + s for m in range(60) for s in range(60)}
_NOT_AN_HOUR: Instant = (-1, 0)


class Instants:
    """Reads times; those without an offset are in the program's zone, dates are its midnight.

    Of a local time that happens twice (the clock is put back) the first is meant.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._hours = Memo(self._read_hour)
        self._others = Memo(self._read_exactly)

    def read(self, text: str) -> Instant:
        """Seconds and month. Raises ValueError for text that is no time, or before 1970.

        `2026-10-05T14:03:22+02:00` is the hour `2026-10-05T14+02:00`, remembered, and `:03:22`.
        """
        seconds = _SECONDS.get(text[13:19])
        if seconds is not None:
            start, month = self._hours[text[:13] + text[19:]]
            if start >= 0:
                return start + seconds, month
        return self._others[text]

    def day_of(self, seconds: int) -> date:
        """The program's day of an instant."""
        return datetime.fromtimestamp(seconds, self._zone).date()

    def _read_hour(self, hour: str) -> Instant:
        """The start of an hour that lies in one month and has no change of clocks, else none."""
        try:
            first = self._read_exactly(f"{hour[:13]}:00:00{hour[13:]}")
            last = self._read_exactly(f"{hour[:13]}:59:59{hour[13:]}")
        except ValueError:
            return _NOT_AN_HOUR
        whole = last == (first[0] + 3599, first[1])
        return first if whole else _NOT_AN_HOUR

    def _read_exactly(self, text: str) -> Instant:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        try:
            seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
            local = moment.astimezone(self._zone)
        except OverflowError:
            raise ValueError(text) from None
        if seconds < 0:
            raise ValueError(text)
        return seconds, Month.of(local.date()).number
