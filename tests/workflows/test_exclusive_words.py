"""The words of an exclusive's timeline."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from partners.domain.exclusives.exclusive_term import NewsEvent
from partners.domain.exclusives.view import PeriodLine, TermTelling, TermView
from partners.domain.offers.exclusive import PeriodVerdict
from workflows.kit.words import exclusive_words

OCTOBER = PeriodLine("2026-10", 1, 4, 11, 12, PeriodVerdict.MISSED)
NOVEMBER = PeriodLine("2026-11", 3, 4, 2, 2)
WARNED = TermView("acme-x1", warned_period="2026-10", periods=(OCTOBER, NOVEMBER))
WARNING = TermTelling(NewsEvent.MISSED, (7,), "2026-10")


@pytest.mark.parametrize(
    ("view", "figures"),
    [
        (WARNED, ": 1 of 4 orders"),
        (replace(WARNED, completion=Decimal("0.95")), ": 1 of 4 orders, 11 of 12 completed"),
        (replace(WARNED, completion=Decimal("0.95"), min_sample=13), ": 1 of 4 orders"),
        (replace(WARNED, periods=(replace(OCTOBER, asked=0),)), ""),
        (replace(WARNED, periods=()), ""),
    ],
)
def test_a_warning_has_the_figures_of_its_period(view: TermView, figures: str) -> None:
    said = exclusive_words.telling_summary(view, WARNING)
    assert said == f"e-mail: warning: the minimum was missed{figures} (2026-10)"


def test_other_messages_have_none() -> None:
    said = exclusive_words.telling_summary(WARNED, TermTelling(NewsEvent.BEGINS, (1,)))
    assert said == "e-mail: the exclusive has begun"


def test_the_details_say_how_it_came_to_stand_so() -> None:
    assert "**How it came to stand so:** nothing." in exclusive_words.details(WARNED)
