"""The program's calendar, with the weekend and the public holidays of a country or a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays

from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import SATURDAY_AND_SUNDAY, ProgramCalendar
from partners.errors import UserError


@dataclass(frozen=True)
class Holidays:
    """Days off: those of a public calendar (None: no calendar) and those the policy lists."""

    official: holidays.HolidayBase | None
    listed: frozenset[date]

    def __contains__(self, day: object) -> bool:
        return day in self.listed or (self.official is not None and day in self.official)


def is_known(code: str) -> bool:
    """Whether there is a holiday calendar under that code, `DE` or `US-CA`."""
    country, _, part = code.partition("-")
    parts = holidays.list_supported_countries().get(country)
    return parts is not None and (not part or part in parts)


@lru_cache
def _official(code: str) -> holidays.HolidayBase:
    if not is_known(code):
        raise UserError(
            f"program.holiday_calendar: there is no holiday calendar {code!r}; write a country "
            "such as DE, a part of one such as US-CA, or list the days in program.holidays"
        )
    country, _, part = code.partition("-")
    return holidays.country_holidays(country, subdiv=part or None)


def calendar_of(policy: Policy) -> ProgramCalendar:
    """The calendar of a policy. Raises UserError for an unknown holiday calendar."""
    program = policy.program
    official = _official(program.holiday_calendar) if program.holiday_calendar else None
    weekend = SATURDAY_AND_SUNDAY if official is None else frozenset(official.weekend)
    return ProgramCalendar(
        zone=program.zone,
        holidays=Holidays(official, frozenset(program.holidays)),
        office_hour=program.office_hour,
        weekend=frozenset(program.weekend) or weekend,
    )
