"""Invented offers that open and close, for previews and tests."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.policy import Policy
from partners.mail.offer_notice import OfferLine, OffersChange
from partners.mail.samples.referral_samples import TODAY

_HOME = OfferLine("Inspection at home", Decimal(120))
_EXPRESS = OfferLine("Express repair", Decimal("89.90"))
_LAUNCH = OfferLine(
    "Winter check", Decimal(45), orderable=False, orderable_from=TODAY + timedelta(days=14)
)
_CARE = OfferLine("Yearly care", Decimal(450), before=Decimal(500))
_DEARER = OfferLine("Yearly care", Decimal(500), before=Decimal(450))
_FLEET = OfferLine("Fleet service")

_UP = {"opens": (_EXPRESS, _HOME, _LAUNCH), "reprices": (_CARE,)}
_DOWN = {"reprices": (_DEARER,), "closes": (_EXPRESS, _FLEET)}
_CHANGES = {
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
