"""What a warning repeats, in words."""

from __future__ import annotations

from typing import Any

from babel import Locale

from partners.mail.notice import Notice
from partners.mail.words import locales, wording
from partners.mail.words.plain import one_line


def response_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """`checked_in_on` is None for a warning that no check-in came before."""
    before = notice.checked_in
    if before is None:
        return {"checked_in_on": None, "checked_in_about": ""}
    labels = [
        one_line(wording.label_within(name, notice.policy, locale)) for name in before.metrics
    ]
    return {
        "checked_in_on": locales.short_day(before.on, locale),
        "checked_in_about": ", ".join(labels),
    }
