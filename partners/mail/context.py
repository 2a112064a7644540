"""What the templates may use: a notice's facts as words in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from babel import Locale
from babel.lists import format_list

from partners.domain.assessment import Verdict
from partners.domain.notices import NoticeKind
from partners.mail import locales, wording
from partners.mail.audit_words import audit_words
from partners.mail.change_words import LIST_MOST, change_words
from partners.mail.inbox_words import inbox_words
from partners.mail.notice import Notice
from partners.mail.plain import NAME_LENGTH, one_line
from partners.mail.step_words import entry, step_words

TEXT_LANGUAGE = "en"
"""The language of the templates' own sentences."""

_ON_WHOLE_MONTHS = (
    NoticeKind.WARNING,
    NoticeKind.RELAPSE,
    NoticeKind.WELCOME,
    NoticeKind.PROMOTED,
)


@dataclass(frozen=True)
class Row:
    """One line of the table measured/required; `gap` is empty where the standard is met."""

    label: str
    window: str
    measured: str
    required: str
    gap: str
    verdict: Verdict


def locale_of(notice: Notice) -> Locale:
    """The partner's language, else the program's, else English, of those that have texts.

    Dates and figures follow the sentences: "1.234" among English words would be misread.
    """
    wanted = (notice.language, notice.policy.program.language)
    return locales.locale_for(*(name for name in wanted if name[:2] == TEXT_LANGUAGE))


def context(notice: Notice) -> dict[str, Any]:
    """Everything a template names. Values are clean single lines; absent ones are None."""
    locale = locale_of(notice)
    return {
        "notice": notice,
        "kind": notice.kind.value,
        "language": TEXT_LANGUAGE,
        "partner_id": notice.partner_id,
        "name": one_line(notice.partner_name, NAME_LENGTH) or notice.partner_id,
        "repeat": notice.repeat,
        "rows": _rows(notice, locale),
        "below_count": len(notice.below),
        "reported_monthly": any(f.metric in notice.policy.metrics for f in notice.findings),
        "grace": notice.policy.grace,
        "guard": notice.policy.guard,
        "hold_reason": notice.hold_reason and notice.hold_reason.value,
        "hold_detail": one_line(notice.hold_detail),
        "guard_list": [one_line(partner_id) for partner_id in notice.guard_list[:LIST_MOST]],
        "guard_more": max(0, len(notice.guard_list) - LIST_MOST),
        "guard_count": len(notice.guard_list),
        "review": one_line(notice.review_id),
        **_program(notice),
        **_dates(notice, locale),
        **_tiers(notice, locale),
        **change_words(notice, locale),
        **step_words(notice, locale),
        **audit_words(notice),
        **inbox_words(notice),
    }


def _program(notice: Notice) -> dict[str, Any]:
    program = notice.policy.program
    about = quote(f"{notice.tier.label} status, {notice.partner_id}")
    return {
        "program": one_line(program.name),
        "provider": one_line(program.provider),
        "zone": program.time_zone,
        "contact_name": one_line(program.contact_name),
        "contact_email": program.contact_email,
        "contact_url": program.contact_url,
        "contact_mailto": f"mailto:{program.contact_email}?subject={about}",
    }


def _dates(notice: Notice, locale: Locale) -> dict[str, Any]:
    """Each day in words, `…_short` without its weekday; None where the notice has none."""
    days = {
        "today": notice.today,
        "deadline": notice.deadline,
        "decision_day": notice.decision_day,
        "reentry_on": notice.reentry_on,
        "waiting_since": notice.waiting_since,
    }
    words: dict[str, Any] = {}
    for name, day in days.items():
        words[name] = day and locales.day(day, locale)
        words[f"{name}_short"] = day and locales.short_day(day, locale)
    if notice.deadline:
        words["deadline"] = f"{words['deadline']} ({notice.policy.program.time_zone})"
    known = notice.deadline and notice.today
    words["days_left"] = (notice.deadline - notice.today).days if known else None  # type: ignore[operator]
    words["grace_days"] = notice.grace_days
    reminders = [str(days) for days in notice.policy.grace.reminders]
    words["reminders"] = format_list(reminders, locale=TEXT_LANGUAGE) if reminders else ""
    return words


def _tiers(notice: Notice, locale: Locale) -> dict[str, Any]:
    below = notice.policy.tier_below(notice.tier.key)
    new = notice.new_tier
    kept = _clean(new.benefits) if new else []
    return {
        "tier": one_line(notice.tier.label),
        "tier_below": below and one_line(below.label),
        "new_tier": new and one_line(new.label),
        "benefits": _clean(notice.tier.benefits),
        "new_benefits": kept,
        "lost_benefits": [b for b in _clean(notice.tier.benefits) if b not in kept],
        "entry": entry(notice.policy, notice.tier, locale),
    }


def _clean(texts: Iterable[str]) -> list[str]:
    return [one_line(text) for text in texts]


def _months(window: Any) -> str:
    months = window.window_months
    return "one month" if months == 1 else f"{months} months"


def _rows(notice: Notice, locale: Locale) -> list[Row]:
    """Where figures rest on whole months (rule 4), and only there, the table names them."""
    whole = notice.kind in _ON_WHOLE_MONTHS
    return [
        Row(
            label=one_line(wording.label(finding.metric, notice.policy)),
            window=f"over {_months(finding)}"
            if whole and finding.metric != "tenure_months"
            else "",
            measured=wording.measured(finding, notice.policy, locale),
            required=wording.required(finding, notice.policy, locale),
            gap=wording.gap(finding, notice.policy, locale),
            verdict=finding.verdict,
        )
        for finding in notice.findings
    ]
