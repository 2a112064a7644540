"""Which period a review is about."""

from __future__ import annotations

from partners.calendars import calendar_of
from partners.domain.reviews.review import Period, PeriodError, ReviewKind, parse_period, period_on
from partners.store.policy import policies
from partners.use_cases.acting import Viewer
from partners.use_cases.reviews.review_refusals import UnfitPeriod


def period_of(by: Viewer, kind: ReviewKind, text: str | None) -> Period:
    """The period that is meant; None: the newest. Raises UnfitPeriod."""
    now = by.now()
    with by.database.read() as session:
        _, policy = policies.required(session, now)
    today, settling = calendar_of(policy).day_of(now), policy.feed.settling_days
    try:
        if text:
            return parse_period(kind, text, today, settling)
        return period_on(kind, today, settling)
    except PeriodError as error:
        raise UnfitPeriod(str(error)) from error
