"""Which values a policy may have: the last that is allowed is, the next is refused; and what is
wrong in one place is not said of another."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from partners.domain.policy.entering import READY_QUALITIES, Quality, quality
from partners.domain.policy.policy import Grace, Guard, Policy, lowest_earned
from partners.domain.policy.referral_policy import Compensation, ReferralSection, no_entry
from partners.domain.policy.response_policy import LEAST, MOST, ResponseSection
from partners.domain.policy.tiers import Tier, TierKind, holes

Make = Callable[..., Policy]
RATE = "acceptance_rate"


def wrong_keys(build: Callable[..., object], *args: Any, **kwargs: Any) -> list[str]:
    """The keys that are refused, as `tiers.0.keep`; none if nothing is."""
    try:
        build(*args, **kwargs)
    except ValidationError as refused:
        return [".".join(map(str, error["loc"])) for error in refused.errors()]
    return []


# ---- grace and guard ----


@pytest.mark.parametrize(("days", "fair"), [(29, False), (30, True), (60, True), (61, False)])
def test_rule_12_a_grace_period_lasts_30_to_60_days(days: int, fair: bool) -> None:
    assert wrong_keys(Grace, days=days, reminders=()) == ([] if fair else ["days"])


def test_a_reminder_comes_on_a_day_between_the_warning_and_the_deadline() -> None:
    assert wrong_keys(Grace, days=40, reminders=(39, 1)) == []
    assert wrong_keys(Grace, days=40, reminders=(40, 0)) == ["reminders.0", "reminders.1"]


def test_reminders_are_held_against_the_longest_grace_where_the_days_are_wrong_themselves() -> None:
    assert wrong_keys(Grace, days=90, reminders=(59,)) == ["days"]
    assert wrong_keys(Grace, days=90, reminders=(60,)) == ["days", "reminders.0"]


def test_what_the_guard_always_allows_is_at_most_what_it_allows_at_all() -> None:
    assert wrong_keys(Guard, max_partners=5, always_allow=5) == []
    assert wrong_keys(Guard, max_partners=5, always_allow=6) == ["always_allow"]


# ---- referrals ----


@pytest.mark.parametrize(("share", "can_be"), [("0", False), ("0.01", True), ("1", True)])
def test_a_share_is_part_of_the_purchase_or_all_of_it(share: str, can_be: bool) -> None:
    assert (wrong_keys(Compensation, share=share) == []) is can_be
    assert wrong_keys(Compensation, share="1.01") == ["share"]


@pytest.mark.parametrize(
    "compensation",
    [
        Compensation(bounty=Decimal(150)),
        Compensation(share=Decimal("0.1")),
        Compensation(share=Decimal("0.1"), cap=Decimal(50)),
    ],
)
def test_a_compensation_survives_being_stored(compensation: Compensation) -> None:
    assert Compensation.model_validate(compensation.model_dump(mode="json")) == compensation


def test_some_amount_counts_and_is_no_typing_mistake() -> None:
    assert wrong_keys(ReferralSection, minimum_amount=5, maximum_amount="5.01") == []
    assert wrong_keys(ReferralSection, minimum_amount=5, maximum_amount=5) == ["maximum_amount"]


def test_referral_partners_need_a_tier_to_enter() -> None:
    public = [Tier(key="bronze", kind=TierKind.PUBLIC)]
    earned = [*public, Tier(key="silver", kind=TierKind.PREFERRED)]

    def refused(tiers: list[Tier], entry_tier: str | None = None) -> list[str]:
        section = ReferralSection(entry_tier=entry_tier)
        return [w.message for w in no_entry(section, tiers, lowest_earned(tiers))]

    (none,) = refused(public)
    assert none.startswith("every tier is public")
    assert refused(public, "bronze") == []  # named by a person, who means it
    assert refused(earned) == []
    (unknown,) = refused(earned, "gold")
    assert unknown == "there is no such tier; write one of bronze, silver"


# ---- responses ----


def checking_in(window_months: int) -> dict[str, Any]:
    rate = {"at_least": "0.9", "window_months": window_months}
    return {"enter": {RATE: rate}, "keep": {RATE: {**rate, "response": RESPONSE}}}


RESPONSE = ["check_in", "warning", "removal"]


@pytest.mark.parametrize(
    ("days", "can_be"), [(LEAST - 1, False), (LEAST, True), (MOST, True), (MOST + 1, False)]
)
def test_a_step_is_remembered_for_two_months_to_three_years(days: int, can_be: bool) -> None:
    refused = wrong_keys(ResponseSection, repeat_within_days=days)
    assert refused == ([] if can_be else ["repeat_within_days"])


def test_a_step_is_remembered_until_a_new_window_is_over(make_policy: Make) -> None:
    """A window of two months, and the month after which it is judged: three times 31 days."""
    for days, refused in ((92, ["tiers.0.keep.acceptance_rate.window_months"]), (93, [])):
        response = {"repeat_within_days": days}
        assert wrong_keys(make_policy, **checking_in(2), response=response) == refused


# ---- what is wrong elsewhere ----


def test_what_is_remembered_wrongly_is_said_once(make_policy: Make) -> None:
    refused = wrong_keys(make_policy, **checking_in(2), response={"repeat_within_days": 1})
    assert refused == ["response.repeat_within_days"]


def test_a_keep_table_is_not_held_against_an_enter_table_that_is_wrong(make_policy: Make) -> None:
    keep = {"rating": {"at_least": 4}, RATE: {"at_least": "0.8"}}
    assert wrong_keys(make_policy, {RATE: {"at_least": "many"}}, keep) == [
        f"tiers.0.enter.{RATE}.at_least"
    ]


def test_required_qualities_are_not_looked_up_among_qualities_that_are_wrong(
    make_policy: Make,
) -> None:
    tier = {"key": "gold", "kind": "preferred", "requires": ["craft"]}
    refused = wrong_keys(make_policy, tiers=[tier], qualities={"craft": {"label": ""}})
    assert refused == ["qualities.craft.label"]
    assert wrong_keys(make_policy, tiers=[tier]) == ["tiers.0.requires.0"]


# ---- qualities, metrics and the ladder ----


def test_a_policys_own_quality_goes_before_a_ready_one() -> None:
    own = {"craft": Quality(label="Craft"), "expertise": Quality(label="Know-how")}
    assert quality("craft", own) == own["craft"]
    assert quality("expertise", own) == own["expertise"]
    assert quality("segments", own) == READY_QUALITIES["segments"]
    assert quality("charm", own) is None


def test_a_metric_of_ones_own_may_be_kept_more_loosely_than_it_is_entered(
    make_policy: Make,
) -> None:
    metrics = {"nps": {"label": "NPS"}}
    looser, stricter = {"nps": {"at_least": 30}}, {"nps": {"at_least": 50}}
    assert wrong_keys(make_policy, stricter, looser, metrics=metrics) == []
    assert wrong_keys(make_policy, looser, stricter, metrics=metrics) == [
        "tiers.0.keep.nps.at_least"
    ]


def test_a_rate_of_all_and_a_rating_of_five_stars_can_be_asked_for(make_policy: Make) -> None:
    most = {RATE: {"at_least": 1}, "rating": {"at_least": 5}}
    assert wrong_keys(make_policy, most) == []
    more = {RATE: {"at_least": "1.01"}, "rating": {"at_least": "5.1"}}
    assert wrong_keys(make_policy, more) == [
        f"tiers.0.enter.{RATE}.at_least",
        "tiers.0.enter.rating.at_least",
    ]


def test_nobody_can_rise_past_a_tier_that_nobody_can_earn() -> None:
    def stuck(*tiers: Tier) -> list[object]:
        return [w.value for w in holes(tiers)]

    given = Tier(key="given", kind=TierKind.PREFERRED)  # people add partners to it
    appraised = Tier(key="appraised", kind=TierKind.PREFERRED, requires=("expertise",))
    measured = Tier(key="measured", kind=TierKind.PREFERRED, enter={"rating": {"at_least": 4}})
    assert stuck(given, measured) == ["given"]
    assert stuck(appraised, measured, given) == []
    assert stuck(given) == []


# ---- days of the week ----


def test_a_weekend_is_written_in_words_and_survives_being_stored(make_policy: Make) -> None:
    policy = make_policy(program={"weekend": ["Monday", "friday", "SUNDAY"]})
    assert policy.program.weekend == (0, 4, 6)
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy


@pytest.mark.parametrize("day", ["someday", "", 7, -1, None, 5.5])
def test_what_is_no_day_of_the_week_is_refused(make_policy: Make, day: object) -> None:
    with pytest.raises(ValidationError, match="is no day of the week; write one of monday, "):
        make_policy(program={"weekend": [day]})
