"""What a new policy changes: stricter or looser, and which settings."""

from __future__ import annotations

from typing import Any

import pytest

from partners.domain.policy.policy import Policy
from partners.domain.policy.policy_change import settings_changes, standards_changes, tightened
from tests import builders


def policy(**sections: Any) -> Policy:
    return builders.a_policy(**sections)


def keeping(**keep: dict[str, Any]) -> Policy:
    """A policy whose preferred tier asks this to be kept, and enough to enter."""
    enter = {
        name: {**c, "at_least": 99} if "at_least" in c else {**c, "at_most": 0}
        for name, c in keep.items()
    }
    tier = {"key": "preferred", "kind": "preferred", "enter": enter, "keep": keep}
    return policy(tiers=[tier])


ORDERS = {"orders_per_month": {"at_least": 10}}


@pytest.mark.parametrize(
    ("before", "after", "stricter"),
    [
        (ORDERS, {"orders_per_month": {"at_least": 12}}, True),
        (ORDERS, {"orders_per_month": {"at_least": 8}}, False),
        ({"response_hours": {"at_most": 8}}, {"response_hours": {"at_most": 4}}, True),
        ({"response_hours": {"at_most": 4}}, {"response_hours": {"at_most": 8}}, False),
        (ORDERS, {**ORDERS, "revenue": {"at_least": 5}}, True),
        ({**ORDERS, "revenue": {"at_least": 5}}, ORDERS, False),
        (ORDERS, {"orders_per_month": {"at_least": 10, "window_months": 3}}, True),
        (
            {"response_hours": {"at_most": 4}},
            {"response_hours": {"at_most": 4, "min_sample": 5}},
            True,
        ),
    ],
)
def test_stricter_is_what_a_partner_could_fail_who_passed_before(
    before: dict[str, Any], after: dict[str, Any], stricter: bool
) -> None:
    old, new = keeping(**before), keeping(**after)
    (change,) = standards_changes(old, new, "preferred")
    assert change.tightens is stricter
    assert tightened(old, new) == (["preferred"] if stricter else [])


def test_the_same_standards_written_otherwise_do_not_change() -> None:
    written_out = {"response_hours": {"at_most": 4, "min_sample": 10, "window_months": 1}}
    old, new = keeping(response_hours={"at_most": 4}), keeping(**written_out)
    assert standards_changes(old, new, "preferred") == ()
    assert tightened(old, new) == []


def test_what_is_no_longer_asked_and_what_is_new() -> None:
    old, new = keeping(**ORDERS), keeping(revenue={"at_least": 5})
    added, dropped = standards_changes(old, new, "preferred")
    assert (added.metric, added.old, dropped.metric, dropped.new) == (
        "revenue",
        None,
        "orders_per_month",
        None,
    )


def test_a_tier_that_is_new_or_gone_asks_nothing_there() -> None:
    old, new = policy(), policy(tiers=[{"key": "gold", "kind": "preferred"}])
    assert [c.new for c in standards_changes(old, new, "preferred")] == [None, None]
    assert tightened(new, old) == []  # nobody is in a tier that there was not


def test_settings_are_listed_by_their_key() -> None:
    changed = settings_changes(
        policy(grace={"days": 45}), policy(grace={"days": 60}, program={"holidays": ["2026-12-24"]})
    )
    assert [(c.key, c.old, c.new) for c in changed] == [
        ("program.holidays", "none", "2026-12-24"),
        ("grace.days", "45", "60"),
    ]


def test_a_response_is_a_setting_and_no_standard() -> None:
    """Nobody is told that standards change where only what answers an issue does."""
    rate = {"cancellation_rate": {"at_most": "0.1"}}
    asked = {
        "cancellation_rate": {"at_most": "0.1", "response": ["check_in", "warning", "removal"]}
    }

    def with_keep(keep: dict[str, Any]) -> Policy:
        tier = {"key": "preferred", "kind": "preferred", "enter": rate, "keep": keep}
        return policy(tiers=[tier])

    old, new = with_keep(rate), with_keep(asked)
    assert standards_changes(old, new, "preferred") == ()
    (change,) = settings_changes(old, new)
    key = "tiers.preferred.keep.cancellation_rate.response"
    assert (change.key, change.old, change.new) == (key, "–", "check_in, warning, removal")


def test_a_tiers_other_settings_and_the_order_of_tiers_are_settings_too() -> None:
    one = {"key": "one", "kind": "preferred", "benefits": ["x"]}
    two = {"key": "two", "kind": "preferred", "removal": "down"}
    changed = settings_changes(
        policy(tiers=[one]), policy(tiers=[{**one, "benefits": ["x", "y"]}, two])
    )
    keys = {change.key: (change.old, change.new) for change in changed}
    assert keys["tiers.one.benefits"] == ("x", "x, y")
    assert keys["tiers.two.removal"] == ("–", "down")
    assert keys["ladder, lowest first"] == ("one", "one, two")


def test_a_tier_that_is_renamed_is_compared_under_both_its_names() -> None:
    def named(key: str, orders: int, **more: Any) -> Policy:
        enter = {"orders_per_month": {"at_least": orders}}
        return policy(tiers=[{"key": key, "kind": "preferred", "enter": enter, **more}])

    old, renamed = named("silver", 10), named("argent", 12, renamed_from=["silver"])
    gone = named("gold", 12)

    assert [p.successor("silver") for p in (old, renamed, gone)] == ["silver", "argent", None]
    for key in ("silver", "argent"):  # the same partners, before and after
        (change,) = standards_changes(old, renamed, key)
        assert change.old is not None
        assert change.tightens
    (dropped,) = standards_changes(old, gone, "silver")
    assert dropped.new is None
    assert tightened(old, renamed) == ["silver"]
