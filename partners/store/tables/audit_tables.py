"""The tables of the audit, of partners' standings and of the events told to the outside.

All three are written at the end of the transaction that changed something, in the audit's turn:
so their numbers rise in the order of the commits, and none is seen before a smaller one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.record.standing import Standing
from partners.domain.webhooks.view import EventState
from partners.store.tables.base import Base, PartnerId, Word


class AuditRow(Base):
    """What happened, in one chain of hashes; nothing changes or deletes it (triggers refuse)."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "partner_id"), Index(None, "ref"))

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """1, 2, 3 … without a gap."""
    at: Mapped[datetime]
    """Program time."""
    kind: Mapped[str] = mapped_column(String(16))
    """See `domain.record.audit.AuditKind`; as text, for what was forged is to be read, too."""
    actor: Mapped[str]
    """A person, or `workflow <run id>`."""
    partner_id: Mapped[str | None] = mapped_column(PartnerId)
    case_id: Mapped[str | None] = mapped_column(String(80))
    policy_version: Mapped[int | None]
    ref: Mapped[str | None] = mapped_column(String(200))
    """The record it is about: `decisions/17`."""
    details: Mapped[str]
    """JSON, kept as the very text that was hashed."""
    hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the hash before it and this entry."""


class StandingRow(Base):
    """Where each partner stood when something about them last changed."""

    __tablename__ = "standings"

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    tier: Mapped[str | None] = mapped_column(String(64))
    standing: Mapped[Standing] = mapped_column(Word(Standing))


class WebhookEventRow(Base):
    """A change that the outside is told of; its body is frozen, and sent as it is."""

    __tablename__ = "webhook_events"
    __table_args__ = (
        Index(None, "partner_id"),
        Index(
            "ix_webhook_events_undelivered",
            "event_id",
            sqlite_where=text("state IN ('pending', 'dead')"),
            postgresql_where=text("state IN ('pending', 'dead')"),
        ),
    )

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Rises in the order of the commits."""
    webhook_id: Mapped[str] = mapped_column(String(40), unique=True)
    """`evt_…`: the same at every attempt, for the receiver to deduplicate."""
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    type: Mapped[str] = mapped_column(String(40))
    occurred_at: Mapped[datetime]
    body: Mapped[str]
    state: Mapped[EventState] = mapped_column(Word(EventState))
    attempts: Mapped[int]
    last_error: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    """When it was delivered, given up or passed over; real time."""
