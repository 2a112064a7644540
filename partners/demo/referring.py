"""The sample partners who refer: what they report day by day, and how each must end."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from partners.demo.stories import START, Ending

COLUMNS = (
    "referral_id", "partner_id", "lead_ref", "submitted_at", "status", "amount", "closed_at",
    "known_at",
)  # fmt: skip

TERMS: dict[str, Any] = {"successes": 3, "window_days": 30, "approval": "auto", "nudge_days": 20}
"""What the demo changes of program.toml's [referral], so that a story fits into a minute."""


@dataclass(frozen=True)
class Lead:
    """One referral: on which of the demo's days what became of it; None: never."""

    submitted: int
    accepted: int | None = None
    bought: int | None = None
    amount: str = ""
    refunded: int | None = None
    lost: int | None = None


@dataclass(frozen=True)
class ReferralStory:
    """One referral partner of the demo."""

    partner_id: str
    name: str
    plot: str
    lesson: str
    ending: Ending
    leads: tuple[Lead, ...]

    @property
    def address(self) -> str:
        return f"hello@{self.partner_id}.example"


REFERRAL_STORIES = (
    ReferralStory(
        "fern-studio",
        "Fern Studio",
        "refers, and three leads buy within 30 days",
        "three purchases within 30 days: a reseller, with a checklist to get going",
        Ending.QUALIFIED,
        (Lead(2, 4, 8, "1200.00"), Lead(4, 6, 12, "640.00"), Lead(8, 11, 18, "2100.00")),
    ),
    ReferralStory(
        "quiet-quay",
        "Quiet Quay",
        "refers two leads; one buys, one is lost",
        "not there yet: paid for the purchase, told kindly, and the days roll on",
        Ending.STAYS,
        (Lead(3, 6, 16, "900.00"), Lead(9, 13, lost=24)),
    ),
    ReferralStory(
        "ridge-media",
        "Ridge Media",
        "qualifies, then one purchase is refunded",
        "keeps the status, loses the money for that purchase, and staff are told",
        Ending.REFUNDED,
        (
            Lead(1, 2, 7, "1500.00"),
            Lead(2, 5, 11, "800.00", refunded=37),
            Lead(5, 9, 16, "1100.00"),
        ),
    ),
)


def write_referrals(path: Path, first: date, last: date) -> int:
    """Write what became known on these days, as `partners import referrals` reads it."""
    rows = [row for story in REFERRAL_STORIES for row in _rows(story) if first <= row[0] <= last]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(row[1:] for row in sorted(rows))
    return len(rows)


def _rows(story: ReferralStory) -> Iterator[tuple[Any, ...]]:
    """What is known of a partner's leads, each with the day on which it became known."""
    for number, lead in enumerate(story.leads, 1):
        name = f"{story.partner_id}-{number}"
        steps = (
            ("submitted", lead.submitted, "", None),
            ("accepted", lead.accepted, "", None),
            ("converted", lead.bought, lead.amount, lead.bought),
            ("refunded", lead.refunded, "", lead.refunded),
            ("lost", lead.lost, "", lead.lost),
        )
        for status, on, amount, closed in steps:
            if on is not None:
                day = _day(on)
                row = (name, story.partner_id, f"lead-{name}", _day(lead.submitted), status)
                yield day, *row, amount, _day(closed) if closed else "", f"{day}T05:00:00Z"


def _day(number: int) -> date:
    return START.date() + timedelta(days=number)
