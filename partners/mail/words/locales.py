"""Dates, numbers, shares and money as people write them, in the reader's language.

English without a country is written internationally: day before month, `90 %`, `1,234.5`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time, get_timezone, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

_FOUR_DIGITS_TOGETHER = frozenset(
    ("be", "bg", "es", "et", "hu", "hy", "ia", "it", "ka", "lv", "pl", "pt_PT", "sl", "sq")
)
"""Languages that write 1200 but 12.000: CLDR's minimumGroupingDigits of 2, which Babel leaves out.

Countries follow their language, except where CLDR has them follow another (es_MX: es_419).
"""


def locale_for(*languages: str) -> Locale:
    """The first of these languages that exists (`de`, `de-AT`, `pt_BR`), else English."""
    for language in languages:
        try:
            return Locale.parse(language.strip().replace("-", "_"))
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return Locale("en")


def tag(locale: Locale) -> str:
    """A locale as policies and HTML name languages: `de`, `de-AT`."""
    return str(locale).replace("_", "-")


def _is_plain_english(locale: Locale) -> bool:
    return locale.language == "en" and locale.territory is None


def _is_grouped(value: Decimal | int, locale: Locale) -> bool:
    """Whether a number has separators between its thousands."""
    name = str(locale)
    parent = str(get_global("parent_exceptions").get(name, locale.language))
    together = not _FOUR_DIGITS_TOGETHER.isdisjoint((name, parent))
    return not (together and abs(Decimal(value)) < 10_000)


def day(value: date, locale: Locale) -> str:
    """A day with its weekday: `Wednesday, 30 December 2026`."""
    return format_date(value, "EEEE, d MMMM y" if _is_plain_english(locale) else "full", locale)


def short_day(value: date, locale: Locale) -> str:
    """A day without its weekday: `30 December 2026`."""
    return format_date(value, "d MMMM y" if _is_plain_english(locale) else "long", locale)


def decimals(value: Decimal) -> int:
    """How many decimals the value needs: 0 for 10, 1 for 4.50."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rounded(actual: Decimal, required: Decimal, least: int, most: int) -> Decimal:
    """Round for display, so that what fails never looks met nor what is met like a failure.

    Takes the fewest decimals, `least` or more, that keep the two apart; where `most` do not
    suffice, rounds away from `required`.
    """
    least = max(least, decimals(required))
    most = max(least, most)
    for digits in range(least, most + 1):
        shown = actual.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        if (shown == required) == (actual == required):
            return shown
    away = ROUND_FLOOR if actual < required else ROUND_CEILING
    return actual.quantize(Decimal(1).scaleb(-most), away)


@lru_cache(maxsize=4096)
def number(value: Decimal | int, locale: Locale) -> str:
    """A number with all its decimals, trailing zeros dropped: `1,234.5`."""
    grouped = _is_grouped(value, locale)
    written = format_decimal(
        value, locale=locale, decimal_quantization=False, group_separator=grouped
    )
    return _signed(written)


def percent(share: Decimal, locale: Locale) -> str:
    """A share from 0 to 1 as a percentage with all its decimals: `89.96 %`."""
    if _is_plain_english(locale):
        return f"{number(share * 100, locale)}{NBSP}%"
    grouped = _is_grouped(share * 100, locale)
    return _signed(
        format_percent(share, locale=locale, decimal_quantization=False, group_separator=grouped)
    )


def currency_decimals(currency: str) -> int:
    return get_currency_precision(currency)


def money(value: Decimal, currency: str, locale: Locale) -> str:
    """An amount with its cents, which are exact: `€1,234.50`."""
    exact = decimals(value) > currency_decimals(currency)
    return _signed(
        format_currency(
            value,
            currency,
            locale=locale,
            decimal_quantization=not exact,
            group_separator=_is_grouped(value, locale),
        )
    )


def _signed(written: str) -> str:
    """A number with a real minus, where Babel writes a hyphen: lines may break at a hyphen."""
    return written.replace("-", MINUS)


def clock(value: time, locale: Locale) -> str:
    """A time of day, without the word that some languages put behind it: `08:00`."""
    return format_time(value, "HH:mm" if _is_plain_english(locale) else "short", locale=locale)


@lru_cache(maxsize=1024)
def zone_name(zone: str, locale: Locale) -> str:
    """A time zone as people say it: `Central European Time`; `UTC` stays as it is."""
    if "/" not in zone or zone.startswith("Etc/"):
        return zone.removeprefix("Etc/")
    return get_timezone_name(get_timezone(zone), "long", locale=locale, zone_variant="generic")


def listed(items: Sequence[str], locale: Locale) -> str:
    """`14 and 3`; nothing for nothing."""
    return format_list(list(items), locale=locale) if items else ""
