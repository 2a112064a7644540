"""What notices about exclusives say, in words: about what, on which terms, what was reached."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_skeleton

from partners.domain.exclusives.exclusive_minimum import Agreed, Span
from partners.domain.exclusives.exclusive_term import Ending
from partners.domain.exclusives.view import PeriodLine
from partners.domain.offers.exclusive import Period
from partners.domain.time.calendar import Month
from partners.mail.exclusive_notice import ExclusiveFacts, PeriodFacts
from partners.mail.notice import Notice
from partners.mail.words import locales
from partners.mail.words.catalogues import N_, Pair, count, pair, say
from partners.mail.words.date_words import within
from partners.mail.words.phrases import AT_LEAST
from partners.mail.words.plain import one_line
from partners.mail.words.policy_texts import tier_name

NAME_LENGTH = 80
IN_AREA = N_("%(service)s in %(area)s")
TO = N_("%(first)s to %(last)s")
"""Two months and all between them."""
MINIMUM = {
    Period.MONTHLY: pair("%(n)s order or more in each month", "%(n)s orders or more in each month"),
    Period.QUARTERLY: pair(
        "%(n)s order a month or more, on average over three months",
        "%(n)s orders a month or more, on average over three months",
    ),
    Period.YEARLY: pair(
        "%(n)s order a month or more, on average over a year",
        "%(n)s orders a month or more, on average over a year",
    ),
}
COMPLETION = pair(
    "a completion rate of %(rate)s or more, judged on %(n)s concluded order or more",
    "a completion rate of %(rate)s or more, judged on %(n)s concluded orders or more",
)
TIER = N_("the status %(tier)s or a higher one")
ORDERS, RATE = N_("Orders"), N_("Completion rate")


def exclusive_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The words of a notice about an exclusive; `exclusive` is None for a notice about none."""
    facts = notice.exclusive
    if facts is None:
        return {"exclusive": None}
    terms, tier = facts.terms, facts.required_tier
    return {
        "exclusive": facts,
        "exclusive_id": one_line(facts.exclusive_id),
        "event": facts.event.value,
        "what": _what(facts, locale),
        "service": one_line(facts.service, NAME_LENGTH),
        "area": one_line(facts.area, NAME_LENGTH),
        "offers": [one_line(name, NAME_LENGTH) for name in facts.offers],
        "begins_on": locales.day(terms.first_day, locale),
        "begins_on_short": locales.short_day(terms.first_day, locale),
        "begins_on_within": within(terms.first_day, locale),
        "ends_on": locales.day(terms.last_day, locale),
        "ends_on_short": locales.short_day(terms.last_day, locale),
        "ends_on_within": within(terms.last_day, locale),
        "others_at_most": terms.max_holders - 1,
        "agreed": _agreed(notice, facts, locale),
        "has_minimum": bool(terms.minimum_orders) or terms.completion is not None,
        "required_tier": tier and tier_name(tier, notice, locale),
        "period": facts.period and _span(facts.period.span, locale),
        "period_rows": _reached(facts, facts.period, locale) if facts.period else [],
        "is_lost": facts.ending in (Ending.MISSED, Ending.TIER_LOST),
        "ending": facts.ending and facts.ending.value,
        "record_rows": [_line(line, locale) for line in facts.record],
    }


def _what(facts: ExclusiveFacts, locale: Locale) -> str:
    """`Window cleaning in Northport`."""
    service = one_line(facts.service, NAME_LENGTH)
    if not facts.area:
        return service
    return say(IN_AREA, locale) % {"service": service, "area": one_line(facts.area, NAME_LENGTH)}


def _agreed(notice: Notice, facts: ExclusiveFacts, locale: Locale) -> list[str]:
    """What the holder keeps to, a line each."""
    terms, lines = facts.terms, []
    if terms.minimum_orders:
        lines.append(_count(MINIMUM[terms.period], terms.minimum_orders, locale))
    if terms.completion is not None:
        rate = locales.percent(terms.completion, locale)
        lines.append(_count(COMPLETION, terms.min_sample, locale, rate=rate))
    if facts.required_tier is not None:
        name = tier_name(facts.required_tier, notice, locale)
        lines.append(say(TIER, locale) % {"tier": name})
    return lines


def _count(words: Pair, number: int, locale: Locale, **more: str) -> str:
    return count(words, number, locales.number(number, locale), locale, **more)


def _span(span: Span, locale: Locale) -> str:
    """`October 2026`, `July 2026 to September 2026`."""
    first, last = (_month(month, locale) for month in span)
    return first if span.first == span.last else say(TO, locale) % {"first": first, "last": last}


def _month(month: Month, locale: Locale) -> str:
    return str(format_skeleton("yMMMM", month.first_day, locale=locale))


def _reached(facts: ExclusiveFacts, period: PeriodFacts, locale: Locale) -> list[list[str]]:
    """What was measured, and what is required, of that which was missed; or of all."""
    terms, rows = facts.terms, []
    about = period.missed or tuple(Agreed)
    if Agreed.ORDERS in about and terms.minimum_orders:
        asked = locales.number(terms.minimum_orders * period.months, locale)
        placed = locales.number(period.sold.placed, locale)
        rows.append([say(ORDERS, locale), placed, say(AT_LEAST, locale) % {"value": asked}])
    if Agreed.COMPLETION in about and terms.completion is not None and period.sold.concluded:
        actual = Decimal(period.sold.completed) / period.sold.concluded
        shown = locales.rounded(actual * 100, terms.completion * 100, 0, 2) / 100
        required = say(AT_LEAST, locale) % {"value": locales.percent(terms.completion, locale)}
        rows.append([say(RATE, locale), locales.percent(shown, locale), required])
    return rows


def _line(line: PeriodLine, locale: Locale) -> list[str]:
    """A period of the record, for staff."""
    completion = (
        locales.percent(
            (Decimal(line.completed) / line.concluded).quantize(Decimal("0.001")), locale
        )
        if line.concluded
        else "–"
    )
    orders = f"{locales.number(line.placed, locale)} of {locales.number(line.asked, locale)}"
    return [line.name, orders, completion, line.verdict.value if line.verdict else "not settled"]
