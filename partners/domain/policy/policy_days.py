"""Days as a policy writes them: the zone that they are counted in, and the days of the week."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from partners.domain.policy.policy_errors import wrong
from partners.domain.time.calendar import time_zones

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(name: str) -> str:
    if name not in time_zones():
        raise wrong("is not an IANA time zone; write one such as Europe/Berlin or UTC")
    return name


def _weekday(day: object) -> object:
    if isinstance(day, str) and day.lower() in WEEKDAYS:
        return WEEKDAYS.index(day.lower())
    if isinstance(day, int) and 0 <= day < len(WEEKDAYS):  # as it is kept
        return day
    raise wrong(f"is no day of the week; write one of {', '.join(WEEKDAYS)}")


TimeZone = Annotated[str, AfterValidator(_zone)]
Weekday = Annotated[int, BeforeValidator(_weekday)]
"""A word in the file; kept as Python counts, Monday is 0."""
