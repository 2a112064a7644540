"""Invented offers that open and close, for previews and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy, Tier
from partners.mail.offer_notice import OfferLine, OffersChange, PriceNews
from partners.mail.samples.referral_samples import TODAY

_HOME = OfferLine("Inspection at home", Decimal(120))
_EXPRESS = OfferLine("Express repair", Decimal("89.90"))
_LAUNCH = OfferLine(
    "Winter check", Decimal(45), orderable=False, orderable_from=TODAY + timedelta(days=14)
)
_CARE = OfferLine("Yearly care", Decimal(450), before=Decimal(500))
_DEARER = OfferLine("Yearly care", Decimal(500), before=Decimal(450))
_FLEET = OfferLine("Fleet service")

Lines = Mapping[str, tuple[OfferLine, ...]]

_RISE = PriceNews("Inspection at home", TODAY, "USD", Decimal(120), Decimal("132.50"))

_UP: Lines = {"opens": (_EXPRESS, _HOME, _LAUNCH), "reprices": (_CARE,)}
_DOWN: Lines = {"reprices": (_DEARER,), "closes": (_EXPRESS, _FLEET)}
_CHANGES: Mapping[NoticeKind, Lines] = {
    NoticeKind.WELCOME: {"opens": (_EXPRESS, _FLEET)},
    NoticeKind.PROMOTED: _UP,
    NoticeKind.QUALIFIED: {"opens": (_EXPRESS, _HOME)},
    NoticeKind.REMOVAL: _DOWN,
    NoticeKind.BLOCKED: {"closes": (_EXPRESS, _FLEET, _HOME)},
}


def offers_of(kind: NoticeKind, policy: Policy) -> OffersChange | None:
    """What opens and closes in a notice of that kind; None where it tells of no change."""
    found = _CHANGES.get(kind)
    return OffersChange(policy.program.currency, **found) if found else None


def price_change(policy: Policy, tier: Tier) -> dict[str, object]:
    """An offer that gets dearer in a month."""
    day = TODAY + timedelta(days=policy.program.notice_days)
    return {"findings": (), "price": replace(_RISE, day=day, currency=policy.program.currency)}


def prices_told(policy: Policy, tier: Tier) -> dict[str, object]:
    """To staff: two of its partners could not be told."""
    news = replace(_RISE, offer_id="home-120", told=42, untold=("acme", "wheels"))
    return {"partner_id": "", "partner_name": "", "findings": (), "price": news}
