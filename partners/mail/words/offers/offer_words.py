"""Offers in words: what opens, at which price, and what closes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from babel import Locale

from partners.mail.notice import Notice
from partners.mail.offer_notice import OfferLine, OffersChange
from partners.mail.words import locales
from partners.mail.words.catalogues import N_, say
from partners.mail.words.change_words import LIST_MOST
from partners.mail.words.date_words import within
from partners.mail.words.plain import one_line

LISTED = 12
"""Offers that one mail names of what opens, of what closes and of prices that change."""
NAME_MOST = 100
SUBJECT_MOST = 40
"""Of an offer's name, in a subject."""

OPEN = N_("%(offer)s: %(price)s")
OPEN_FROM = N_("%(offer)s: %(price)s, can be ordered from %(day)s on")
NOT_AT_PRESENT = N_("%(offer)s: %(price)s, cannot be ordered at present")
REPRICED = N_("%(offer)s: %(price)s, before: %(before)s")
ON_REQUEST = N_("price on request")


def offer_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The lines of `OffersChange`; `offers_news` is None for a notice in which no offer changes."""
    change = notice.offers_change
    if change is None:
        return {"offers_news": None}
    return {
        "offers_news": change,
        **_listed("offers_opening", change.opens, lambda o: opening_line(o, change, locale)),
        **_listed("offers_repriced", change.reprices, lambda o: _repriced(o, change, locale)),
        **_listed("offers_closing", change.closes, lambda o: _name(o)),
    }


def price_words(notice: Notice, locale: Locale) -> dict[str, Any]:
    """The words of a price that rises, or does not; `price_news` is None for any other notice."""
    news = notice.price
    if news is None:
        return {"price_news": None}
    return {
        "price_news": news,
        "offer": one_line(news.offer, NAME_MOST),
        "offer_short": one_line(news.offer, SUBJECT_MOST),
        "price_before": _price(news.before, news.currency, locale),
        "price_after": _price(news.after, news.currency, locale),
        "price_day": locales.day(news.day, locale),
        "price_day_short": locales.short_day(news.day, locale),
        "price_day_within": within(news.day, locale),
        "price_untold": [one_line(name) for name in news.untold[:LIST_MOST]],
        "price_untold_more": max(0, len(news.untold) - LIST_MOST),
    }


def opening_line(line: OfferLine, change: OffersChange, locale: Locale) -> str:
    """`Inspection at home: €120.00`, and what keeps from ordering it."""
    facts = {"offer": _name(line), "price": _price(line.price, change.currency, locale)}
    if line.orderable:
        return say(OPEN, locale) % facts
    if line.orderable_from is None:
        return say(NOT_AT_PRESENT, locale) % facts
    return say(OPEN_FROM, locale) % (
        facts | {"day": locales.short_day(line.orderable_from, locale)}
    )


def _repriced(line: OfferLine, change: OffersChange, locale: Locale) -> str:
    return say(REPRICED, locale) % {
        "offer": _name(line),
        "price": _price(line.price, change.currency, locale),
        "before": _price(line.before, change.currency, locale),
    }


def _name(line: OfferLine) -> str:
    return one_line(line.name, NAME_MOST)


def _price(amount: Decimal | None, currency: str, locale: Locale) -> str:
    if amount is None:
        return say(ON_REQUEST, locale)
    return locales.money(amount, currency, locale)


def _listed(
    name: str, lines: Sequence[OfferLine], words: Callable[[OfferLine], str]
) -> dict[str, Any]:
    return {
        name: [words(line) for line in lines[:LISTED]],
        f"{name}_more": max(0, len(lines) - LISTED),
    }
