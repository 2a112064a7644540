"""What a person decided, in words: until when, which offers, whether a case goes on."""

from __future__ import annotations

from typing import Any

from babel import Locale

from partners.mail.notice import Notice
from partners.mail.words import locales
from partners.mail.words.plain import one_line
from partners.mail.words.step_words import standards


def person_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The words of `CommandFacts`; `by_person` is None for a notice about no person's decision."""
    did = notice.by_person
    if did is None:
        return {"by_person": None}
    return {
        "by_person": did,
        "did": did.what.value,
        "until": did.until and locales.day(did.until, locale),
        "until_short": did.until and locales.short_day(did.until, locale),
        "offers": [one_line(offer) for offer in did.offers],
        "to_keep": standards(notice.policy, notice.tier.keep_standards.values(), locale),
    }
