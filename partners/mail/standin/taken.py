"""A message that the stand-in took, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

STATUS = {
    "processed": "processed",
    "delivered": "delivered",
    "open": "delivered",
    "click": "delivered",
    "deferred": "deferred",
    "dropped": "dropped",
    "bounce": "bounced",
    "blocked": "blocked",
}


@dataclass
class Taken:
    """A message that goes out, to one recipient."""

    sg_message_id: str
    to: str
    body: dict[str, Any]
    custom_args: dict[str, str]
    at: datetime
    events: list[dict[str, Any]] = field(default_factory=list)
    status: str = "processed"

    def log(self) -> dict[str, Any]:
        """As a list of the Email Logs API shows it."""
        return {
            "from_email": self.body["from"]["email"],
            "sg_message_id": self.sg_message_id,
            "subject": self.body["subject"],
            "to_email": self.to,
            "reason": "",
            "status": self.status,
            "sg_message_id_created_at": self.at.isoformat().replace("+00:00", "Z"),
        }
