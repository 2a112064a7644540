"""One partner of the demo, as its screen shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from partners.demo.referring import ReferralStory
from partners.demo.stories import Ending, Story


@dataclass(frozen=True)
class Scene:
    """One partner as the demo's screen shows them; `ending` None while the story goes on."""

    story: Story | ReferralStory
    status: str
    numbers: str
    deadline: date | None
    notice: str
    notices: int
    ending: Ending | None = None
    why: str = ""

    @property
    def is_as_told(self) -> bool:
        return self.ending is self.story.ending
