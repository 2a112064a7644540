"""The figures of handing over: counted from turns, means of what they rest on."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from partners.domain.referrals.handover_figures import HandoverFigures, TurnFacts, figures
from partners.domain.referrals.lead import TurnEnd

DAY = date(2026, 11, 2)


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def test_each_seller_s_leads_are_counted_and_sales_stand_last() -> None:
    found = figures(
        [
            TurnFacts(None, DAY, taken_on=day(1)),
            TurnFacts("ben", DAY, day(0), day(3), day(20), TurnEnd.WON, day(20)),
            TurnFacts("ben", DAY, day(0), None, day(2), TurnEnd.DECLINED),
            TurnFacts("ben", DAY, day(0), None, day(11), TurnEnd.PASSED, day(9)),
            TurnFacts("acme", DAY, None, None, day(1), TurnEnd.UNREACHABLE),
        ]
    )
    assert found == [
        HandoverFigures("acme", given=1, passed=1),
        HandoverFigures(
            "ben",
            given=3,
            taken=1,
            declined=1,
            passed=1,
            won=2,
            answered=2,
            days_to_answer=Decimal("2.5"),
            days_to_win=Decimal("14.5"),
        ),
        HandoverFigures(None, given=1, taken=1),
    ]


def test_nothing_that_rests_on_nothing_is_a_number() -> None:
    (one,) = figures([TurnFacts("ben", DAY)])
    assert (one.answered, one.days_to_answer, one.days_to_win) == (0, None, None)
