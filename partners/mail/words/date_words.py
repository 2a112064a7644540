"""The days of a notice in words, and the deadline's last moment in the partner's own zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date

from partners.mail.notice import Notice
from partners.mail.words import locales
from partners.mail.words.catalogues import N_, say

WITHIN = N_("%(weekday)s, %(date)s")
"""A day within a sentence, behind its preposition: on Wednesday, 30 December 2026."""

MOMENT = N_("%(date)s, %(time)s")
"""A day with the time of day: 31 December 2026, 08:00."""


def date_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """Each day in words, `…_short` without its weekday, `…_within` for a sentence; None for none.

    `zone` is the program's, in which days end (rule 12).
    """
    days = {
        "today": notice.today,
        "deadline": notice.deadline,
        "decision_day": notice.decision_day,
        "reentry_on": notice.reentry_on,
        "appeal_until": notice.appeal_until,
        "waiting_since": notice.waiting_since,
    }
    words: dict[str, Any] = {}
    for name, day in days.items():
        words[name] = day and locales.day(day, locale)
        words[f"{name}_short"] = day and locales.short_day(day, locale)
        words[f"{name}_within"] = day and within(day, locale)
    known = notice.deadline and notice.today
    return words | {
        "zone": locales.zone_name(notice.policy.program.time_zone, locale),
        "days_left": (notice.deadline - notice.today).days if known else None,  # type: ignore[operator]
        "grace_days": notice.grace_days,
        "reminder_days": locales.listed(_reminders(notice, locale), locale),
        **_at_home(notice, locale),
    }


def within(day: date, locale: Locale) -> str:
    """A day with its weekday as it stands in a sentence: `am Mittwoch, dem 30. Dezember 2026`.

    Alone, as a heading or in a box, it is written by `locales.day`.
    """
    weekday = format_date(day, "EEEE", locale)
    return say(WITHIN, locale) % {"weekday": weekday, "date": locales.short_day(day, locale)}


def moment(value: datetime, locale: Locale) -> str:
    """A day with the time of day as it is in the value's own zone: `31 December 2026, 08:00`."""
    words = {"date": locales.short_day(value.date(), locale)}
    return say(MOMENT, locale) % {**words, "time": locales.clock(value.time(), locale)}


def _reminders(notice: Notice, locale: Locale) -> list[str]:
    """The days of the reminders in the period that this notice starts."""
    if notice.deadline is None or notice.grace_days is None:
        return []
    days = [n for n in notice.policy.grace.reminders if n < notice.grace_days]
    return [locales.short_day(notice.deadline - timedelta(days=n), locale) for n in days]


def _at_home(notice: Notice, locale: Locale) -> dict[str, Any]:
    """When the deadline's day ends by the partner's clock; None where it is midnight there too.

    None, too, for a zone that does not exist: no warning fails for that.
    """
    nothing = {"deadline_at_home": None, "home_zone": None}
    home = _zone(notice.time_zone) if notice.time_zone else None
    if notice.deadline is None or home is None:
        return nothing
    ends = _end_of(notice.deadline, notice.policy.program.zone)
    at_home = ends.astimezone(home)
    if at_home.replace(tzinfo=None) == ends.replace(tzinfo=None):
        return nothing
    return {
        "deadline_at_home": moment(at_home, locale),
        "home_zone": locales.zone_name(home.key, locale),
    }


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)
