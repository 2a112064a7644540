"""How referrals, and the way to a tier, read in timelines and mails."""

from __future__ import annotations

from datetime import date

import pytest

from partners.domain.referrals.view import ReferralEvent, ReferralView

DAY = date(2026, 12, 23)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (ReferralEvent("r1", "accepted"), "referral r1: accepted"),
        (ReferralEvent("r1", "converted", "80 EUR"), "referral r1: converted, 80 EUR"),
        (ReferralEvent("r1", "refunded", day=DAY), "referral r1: refunded on 2026-12-23"),
    ],
)
def test_an_event_says_what_is_known_of_it(event: ReferralEvent, words: str) -> None:
    assert str(event) == words


@pytest.mark.parametrize(
    ("count", "expires", "words"),
    [
        (3, date(2026, 12, 24), "3 of 5, oldest expires on 2026-12-24, 2 more by 2026-12-23"),
        (5, date(2026, 12, 24), "5 of 5"),
        (0, date(2026, 12, 24), "0 of 5"),
        (3, None, "3 of 5"),
    ],
)
def test_progress_says_by_when_only_while_something_is_missing_and_can_expire(
    count: int, expires: date | None, words: str
) -> None:
    view = ReferralView("acme", count=count, needed=5, oldest_expires_on=expires, act_by=DAY)
    assert view.progress == words
