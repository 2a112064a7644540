"""The sample partners who hold an exclusive: what was agreed, and how each must end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from partners.demo.stories import HISTORY_FROM, Ending, Pace, Story
from partners.domain.offers.exclusive import Terms
from partners.store.offers.holding.exclusives import Draft
from partners.use_cases.acting import Manager
from partners.use_cases.exclusives import exclusive_proposals, exclusives
from partners.use_cases.offers import areas

BEGINS = date(2026, 10, 1)
TERMS = Terms(
    first_day=BEGINS,
    last_day=date(2027, 9, 30),
    minimum_orders=4,
    cure_days=10,
)
"""A year, four orders a month; a missed month can be made up for within 10 days, so that it is
settled while the demo runs."""


@dataclass(frozen=True)
class Held:
    """What an exclusive is about: an offer that only its holder is granted, and an area."""

    offer_id: str
    area_code: str
    area: str
    postal_codes: tuple[str, ...]


@dataclass(frozen=True)
class HolderStory(Story):
    """A partner who holds an exclusive, beside orders that meet every standard."""

    held: Held = field(kw_only=True)

    @property
    def exclusive_id(self) -> str:
        """The partner's first."""
        return f"{self.partner_id}-x1"


HOLDER_STORIES = (
    HolderStory(
        "maple-homes",
        "Maple Homes",
        "sells too little of its exclusive, makes up for it",
        "warned with the figures, and four orders in 30 days end the warning: it stays exclusive",
        Ending.KEPT,
        (
            Pace(HISTORY_FROM, 12),
            Pace(BEGINS, 12, exclusive_every=5),
            Pace(date(2026, 11, 5), 15, exclusive_every=1),
        ),
        held=Held("installation", "riverside", "Riverside", ("10115", "10117", "10119")),
    ),
    HolderStory(
        "stone-bridge",
        "Stone Bridge",
        "hardly sells its exclusive, and does not make up for it",
        "warned, given its days, then others may sell there too; it goes on selling, as they may",
        Ending.LOST,
        (Pace(HISTORY_FROM, 12), Pace(BEGINS, 12, exclusive_every=10)),
        held=Held("repairs", "lakeside", "Lakeside", ("20095", "20099")),
    ),
)


def propose_exclusives(by: Manager) -> None:
    """The areas, and for each holder a proposal."""
    for story in HOLDER_STORIES:
        held = story.held
        areas.add(by, held.area_code, held.area, held.postal_codes)
        draft = Draft(story.partner_id, held.offer_id, TERMS, held.offer_id, held.area_code)
        exclusive_proposals.propose(by, draft, "agreed for a year")


async def sign_exclusives(by: Manager) -> None:
    """A person signs; each begins on its first day."""
    for story in HOLDER_STORIES:
        await exclusives.sign(by, story.exclusive_id, "signed by both")
