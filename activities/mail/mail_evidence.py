"""What is known of a message whose answer was never seen: from events, or the provider's logs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from partners.domain.mail.resolution import Evidence
from partners.domain.time.clock import ProgramClock
from partners.mail.transport import without_addresses
from partners.store.mail import mail_events, outbox
from partners.store.tables.mail_tables import OutboxRow


def from_events(session: Session, row: OutboxRow, clock: ProgramClock) -> Evidence | None:
    """What signed events say that carry the message's id; times become program time."""
    found = mail_events.evidence(session, row.outbox_id)
    if found is None:
        return None
    detail = without_addresses(f"by an event: {found.detail}")
    return Evidence(found.state, clock.program_time(found.at), detail, found.provider_id)


def believe_events(session: Session, row: OutboxRow, clock: ProgramClock, now: datetime) -> None:
    """Settle an unknown message by its events, if there are any."""
    found = from_events(session, row, clock)
    if found is not None:
        at = min(max(found.at, row.claimed_at or found.at), now)
        outbox.learn(row, found.state, at, found.detail, found.provider_id)
