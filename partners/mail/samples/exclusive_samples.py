"""Invented notices about exclusives, for previews and for the test that renders every kind."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from partners.domain.exclusives.exclusive_minimum import Agreed, Sold, Span
from partners.domain.exclusives.exclusive_term import Ending, NewsEvent
from partners.domain.exclusives.view import PeriodLine
from partners.domain.mail.notices import NoticeKind
from partners.domain.offers.exclusive import PeriodVerdict, Terms
from partners.domain.policy.policy import Policy, Tier
from partners.domain.time.calendar import Month
from partners.mail.exclusive_notice import ExclusiveFacts, PeriodFacts

EVENTS = {
    NoticeKind.EXCLUSIVE_OFFERED: NewsEvent.OFFERED,
    NoticeKind.EXCLUSIVE_ACTIVE: NewsEvent.BEGINS,
    NoticeKind.EXCLUSIVE_WARNING: NewsEvent.MISSED,
    NoticeKind.EXCLUSIVE_ENDED: NewsEvent.ENDED,
    NoticeKind.EXCLUSIVE_RENEWAL: NewsEvent.RENEWAL,
    NoticeKind.EXCLUSIVE_OTHER: NewsEvent.OTHER,
}


def about_exclusive(
    kind: NoticeKind, policy: Policy, tier: Tier, clock: dict[str, date]
) -> dict[str, object]:
    """The facts of a notice of that kind: a holder who sold too little in October."""
    warns = kind is NoticeKind.EXCLUSIVE_WARNING
    return {**(clock if warns else {}), "findings": (), "exclusive": facts(EVENTS[kind], tier)}


def facts(event: NewsEvent, tier: Tier) -> ExclusiveFacts:
    october = Span(Month(2026, 10), Month(2026, 10))
    first = date(2027, 1, 1) if event is NewsEvent.OFFERED else date(2026, 1, 1)
    return ExclusiveFacts(
        event=event,
        exclusive_id="blue-harbour-x2",
        service="Window cleaning",
        terms=Terms(
            first,
            first.replace(month=12, day=31),
            minimum_orders=20,
            completion=Decimal("0.9"),
            required_tier=tier.key,
        ),
        area="Northport",
        offers=("Windows, private", "Windows, trade"),
        required_tier=tier,
        period=PeriodFacts(october, Sold(14, 11, 13), 1, (Agreed.ORDERS, Agreed.COMPLETION)),
        ending=Ending.MISSED,
        record=(
            PeriodLine("2026-08", 23, 20, 21, 22, PeriodVerdict.MET),
            PeriodLine("2026-09", 26, 20, 24, 25, PeriodVerdict.MET),
            PeriodLine("2026-10", 14, 20, 11, 13, PeriodVerdict.MISSED),
            PeriodLine("2026-11", 12, 20, 0, 0),
        ),
    )
