"""What the mail provider reports of messages."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from partners.domain.mail.delivery import MailEvent
from partners.store.mail import mail_events
from partners.use_cases.acting import Outsider

log = logging.getLogger("partners.web")


def take_in(
    by: Outsider,
    events: Sequence[MailEvent],
    groups: dict[int, str] | None = None,
    source: str = mail_events.EVENT,
) -> mail_events.Taken:
    """Store events in one transaction, and say in the log how many; never about whom."""
    with by.program.database.write() as session:
        now = by.program.now()
        taken = mail_events.take_in(session, events, now, groups=groups, source=source)
    log.info(
        "%d events: %d new, %d known, %d of other mail",
        len(events),
        taken.new,
        taken.known,
        taken.foreign,
    )
    return taken
