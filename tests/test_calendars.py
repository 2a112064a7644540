"""Public holidays and listed ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from partners.calendars import calendar_of, is_known
from partners.domain.policy.policy import Policy
from partners.errors import UserError
from partners.policy_file import default_policy_path, read_policy

CHRISTMAS = date(2026, 12, 25)  # a Friday


def policy_with(**program: object) -> Policy:
    policy, _ = read_policy(Path(default_policy_path()))
    return policy.model_copy(update={"program": policy.program.model_copy(update=program)})


@pytest.mark.parametrize(
    ("code", "known"),
    [("DE", True), ("US-CA", True), ("XX", False), ("US-XX", False), ("DE-", True)],
)
def test_codes_are_countries_and_their_parts(code: str, known: bool) -> None:
    assert is_known(code) is known


def test_without_a_calendar_only_weekends_are_off() -> None:
    assert calendar_of(policy_with()).is_working_day(CHRISTMAS)


def test_the_weekend_is_the_countrys_unless_the_policy_says_otherwise() -> None:
    friday, sunday = date(2026, 11, 20), date(2026, 11, 22)
    riyadh = calendar_of(policy_with(holiday_calendar="SA"))
    assert not riyadh.is_working_day(friday)
    assert riyadh.working_day_from(friday) == sunday
    said = calendar_of(policy_with(holiday_calendar="SA", weekend=(6,)))
    assert said.is_working_day(friday)
    assert not said.is_working_day(sunday)


def test_a_countrys_holidays_and_the_listed_ones_are_off() -> None:
    shutdown = date(2026, 12, 29)
    calendar = calendar_of(policy_with(holiday_calendar="DE", holidays=(shutdown,)))
    assert not calendar.is_working_day(CHRISTMAS)
    assert not calendar.is_working_day(shutdown)
    assert calendar.working_day_from(CHRISTMAS) == date(2026, 12, 28)


def test_a_part_of_a_country_has_holidays_of_its_own() -> None:
    epiphany = date(2026, 1, 6)
    bavaria = calendar_of(policy_with(holiday_calendar="DE-BY"))
    assert not bavaria.is_working_day(epiphany)
    assert calendar_of(policy_with(holiday_calendar="DE")).is_working_day(epiphany)


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(UserError, match=r"program\.holiday_calendar: .* 'XX'"):
        calendar_of(policy_with(holiday_calendar="XX"))
