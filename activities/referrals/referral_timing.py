"""What is due by the calendar alone: welcome, summaries, nudges, statements; what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from activities.referrals.referral_file import ReferralFile
from partners.domain.mail.notices import NoticeKind
from partners.domain.referrals.qualification import (
    Stage,
    counts_from,
    nudge_on,
    silent_since,
    windows_over,
)
from partners.domain.time.calendar import Month
from partners.store.referrals import qualifications, referral_money, referral_news

ONE_DAY = timedelta(days=1)


def note_what_is_due(file: ReferralFile) -> None:
    """Note what the partner is to be told today; each once, by its key."""
    today = file.today
    if file.now < file.calendar.office_time(today):
        today -= ONE_DAY  # at the office hour, not at midnight
    if file.stage is Stage.COLLECTING:
        _welcome(file)
        _sum_up(file, today)
        _nudge(file, today)
    _state(file, today)


def _add(file: ReferralFile, kind: NoticeKind, which: str, **detail: object) -> None:
    key = f"referral/{kind}/{file.partner_id}/{which}"
    referral_news.add(file.session, key, file.partner_id, kind, which, file.now, detail=detail)


def _welcome(file: ReferralFile) -> None:
    """Once: who was enrolled long before the program looked is not greeted as new."""
    if _is_new(file):
        _add(file, NoticeKind.REFERRAL_WELCOME, "once")


def _is_new(file: ReferralFile) -> bool:
    began_on = file.calendar.day_of(file.row.began_at)
    return (began_on - file.partner.joined_on).days <= file.section.window_days


def _sum_up(file: ReferralFile, today: date) -> None:
    """How the window that ended went. Those that ended before the program looked are left out."""
    joined, days = file.partner.joined_on, file.section.window_days
    over = windows_over(joined, days, today)
    seen = windows_over(joined, days, file.calendar.day_of(file.row.began_at))
    if over > seen:
        _add(file, NoticeKind.WINDOW_ENDED, str(over))


def _nudge(file: ReferralFile, today: date) -> None:
    """One friendly word for each silence."""
    due = nudge_on(file.facts, file.section)
    if due is not None and today >= due:
        since = silent_since(file.facts)
        _add(file, NoticeKind.NUDGE, f"{since}", since=f"{since}")


def _state(file: ReferralFile, today: date) -> None:
    """The statement of the month that ended, if anything was posted in it."""
    month = Month.of(today).plus(-1)
    if referral_money.has_entries(file.session, file.partner_id, month):
        _add(file, NoticeKind.STATEMENT, str(month))


def next_moment(file: ReferralFile, promoting: bool) -> datetime | None:
    """When something changes by itself, in program time; None if nothing does."""
    moments = (file.calendar.office_time(day) for day in _days(file, promoting))
    return min((moment for moment in moments if moment > file.now), default=None)


def _none(*_: object) -> bool:
    return False


def _days(file: ReferralFile, promoting: bool) -> Iterator[date]:
    """Days whose office hour may matter; those that are over do no harm."""
    today, partner = file.today, file.partner
    if release := qualifications.next_release(file.session, file.partner_id):
        yield release
    # Who does not refer is woken for each statement (`watch_activities`), and not kept awake.
    entries = referral_money.has_entries if file.refers else _none
    if entries(file.session, file.partner_id, Month.of(today)):
        yield Month.of(today).plus(1).first_day
    if entries(file.session, file.partner_id, Month.of(today).plus(-1)):
        yield Month.of(today).first_day
    if promoting:
        yield today + ONE_DAY
    if file.stage is Stage.PROPOSED:
        yield today + 7 * ONE_DAY
    if file.stage is not Stage.COLLECTING:
        return
    yield from (s.counts_on for s in file.found if s.counts_on >= today)
    days = file.section.window_days
    over = windows_over(partner.joined_on, days, today)
    if over:  # it may have ended today, before the office hour
        yield partner.joined_on + timedelta(days=over * days)
    yield partner.joined_on + timedelta(days=(over + 1) * days)
    if due := nudge_on(file.facts, file.section):
        yield due
    yield counts_from(file.facts, file.section)
    if file.progress.qualified_on is not None:  # held back by a case, say
        yield today + ONE_DAY
