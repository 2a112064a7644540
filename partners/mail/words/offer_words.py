"""What a tier's `[tiers.offers]` gives, in words: the benefits where the policy writes none."""

from __future__ import annotations

from collections.abc import Iterator

from babel import Locale

from partners.domain.policy.policy import Tier
from partners.mail.words.catalogues import N_, count, pair, say
from partners.mail.words.locales import number, percent

OFF = N_("%(share)s off the base price of every offer")
EARLIER = pair("New offers %(n)s day before others", "New offers %(n)s days before others")


def offered(tier: Tier, locale: Locale) -> Iterator[str]:
    """`10 % off the base price of every offer`, `New offers 14 days before others`."""
    terms = tier.offers
    if terms.discount is not None:
        yield say(OFF, locale) % {"share": percent(terms.discount, locale)}
    if days := terms.early_access_days:
        yield count(EARLIER, days, number(days, locale), locale)
