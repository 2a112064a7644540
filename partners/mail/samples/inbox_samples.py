"""An invented inbox, for previews and for the test that renders every kind."""

from __future__ import annotations

from datetime import UTC, datetime

from partners.domain.inbox.inbox import InboxItem, InboxKind
from partners.domain.policy.policy import Policy, Tier


def inbox_digest(policy: Policy, tier: Tier) -> dict[str, object]:
    """One of four kinds, around 16 November 2026."""
    items = (
        InboxItem(
            InboxKind.GUARD,
            "monthly/2026-10",
            datetime(2026, 11, 16, 9, tzinfo=UTC),
            "61 partners: with these, 61 of 300 partners would be warned",
            "partners guard approve|reject monthly/2026-10 --reason …",
        ),
        InboxItem(
            InboxKind.HOLD,
            "acme-2026-10",
            datetime(2026, 11, 13, 9, tzinfo=UTC),
            "undeliverable: mailbox does not exist",
            "partners resume acme --reason …",
            "acme",
        ),
        InboxItem(
            InboxKind.PROMOTION,
            "blue-harbour",
            datetime(2026, 11, 15, 9, tzinfo=UTC),
            f"to {tier.key}",
            "partners approve|decline blue-harbour --reason …",
            "blue-harbour",
        ),
        InboxItem(
            InboxKind.WEBHOOK,
            "evt_5f0c",
            datetime(2026, 11, 12, 9, tzinfo=UTC),
            "partner.tier_changed: given up after 150 attempts (answered 503)",
            "partners webhook retry evt_5f0c",
            "acme",
        ),
    )
    return {"partner_id": "", "partner_name": "", "findings": (), "inbox": items}
