"""Where a partner stands, and what the outside is told when that changes."""

from __future__ import annotations

from datetime import date

import pytest

from partners.domain.cases.case import CaseStatus
from partners.domain.record.standing import Change, Place, Standing, standing_of

LEFT = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("tier", "left_on", "facts", "expected"),
    [
        ("gold", None, {}, Standing.GOOD),
        (None, None, {}, Standing.NOT_ENROLLED),
        (None, LEFT, {}, Standing.OUT),
        ("gold", None, {"blocked": True}, Standing.BLOCKED),
        ("gold", None, {"case_status": CaseStatus.OPENED}, Standing.GOOD),
        ("gold", None, {"case_status": CaseStatus.IN_GRACE, "warned": True}, Standing.IN_GRACE),
        ("gold", None, {"case_status": CaseStatus.OPENED, "warned": True}, Standing.IN_GRACE),
        ("gold", None, {"case_status": CaseStatus.DECIDING, "warned": True}, Standing.IN_GRACE),
        ("gold", None, {"case_status": CaseStatus.ON_HOLD}, Standing.ON_HOLD),
        ("silver", None, {"case_status": CaseStatus.DECIDED, "warned": True}, Standing.GOOD),
        (None, LEFT, {"case_status": CaseStatus.DECIDED, "warned": True}, Standing.OUT),
        (
            "gold",
            None,
            {"case_status": CaseStatus.IN_GRACE, "warned": True, "blocked": True},
            Standing.BLOCKED,
        ),
    ],
)
def test_standing(
    tier: str | None, left_on: date | None, facts: dict[str, bool], expected: Standing
) -> None:
    assert standing_of(tier, left_on, **{"blocked": False, **facts}) is expected


@pytest.mark.parametrize(
    ("before", "after", "types"),
    [
        (None, Place("gold", Standing.GOOD), ["tier_changed", "standing_changed"]),
        (None, Place(None, Standing.NOT_ENROLLED), []),
        (Place("gold", Standing.GOOD), Place("silver", Standing.GOOD), ["tier_changed"]),
        (Place("gold", Standing.GOOD), Place("gold", Standing.IN_GRACE), ["standing_changed"]),
        (
            Place("gold", Standing.IN_GRACE),
            Place(None, Standing.OUT),
            ["tier_changed", "standing_changed"],
        ),
        (Place("gold", Standing.IN_GRACE), Place("gold", Standing.BLOCKED), ["blocked"]),
        (Place("gold", Standing.BLOCKED), Place("gold", Standing.IN_GRACE), ["unblocked"]),
        (Place("gold", Standing.BLOCKED), Place(None, Standing.BLOCKED), ["tier_changed"]),
    ],
)
def test_one_event_for_each_thing_that_changed(
    before: Place | None, after: Place, types: list[str]
) -> None:
    assert Change("acme", before, after).event_types == tuple(f"partner.{t}" for t in types)
