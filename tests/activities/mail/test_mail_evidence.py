"""What the provider's events say of a message whose answer was never seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.mail import mail_evidence
from partners.domain.mail.delivery import Event, MailEvent
from partners.domain.mail.notices import MailState, NoticeKind, Rendered
from partners.domain.time.clock import ProgramClock
from partners.store.engine.database import Database
from partners.store.mail import mail_events, outbox
from partners.store.tables.mail_tables import OutboxRow
from tests.activities.conftest import NOW

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("claimed", "event", "counts"),
    [
        (0, 5, 5),
        (0, -5, 0),  # the provider's clock is behind ours
        (0, 90, 60),  # or before it: nothing is accepted later than now
        (None, 5, 5),
    ],
    ids=["after the hand-over", "before it", "in the future", "no hand-over on record"],
)
def test_rule_12_a_message_counts_from_its_acceptance_within_what_can_be(
    database: Database, claimed: int | None, event: int, counts: int
) -> None:
    with database.write() as session:
        row = outbox.claim(
            session,
            outbox.Written(
                "grace/acme-2035-02/warning/1",
                NoticeKind.WARNING,
                Rendered("subject", "text", "<p>html</p>"),
                to=["acme@example.com"],
                sender="us@example.com",
                partner_id=None,
            ),
            now=NOW,
        )
        outbox.settle(row, MailState.UNKNOWN, NOW)
        row.claimed_at = NOW + claimed * MINUTE if claimed is not None else None
        at = NOW + event * MINUTE
        told = MailEvent(Event.DELIVERED, "acme@example.com", at, outbox_id=row.public_id)
        mail_events.take_in(session, [told], NOW)

        mail_evidence.believe_events(session, row, ProgramClock(), NOW + timedelta(hours=1))

        assert session.get_one(OutboxRow, row.outbox_id).state == MailState.ACCEPTED
        assert row.settled_at == NOW + counts * MINUTE
