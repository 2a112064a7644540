"""The tables of mail: the outbox, what became of each message, and who wants which."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.mail.delivery import Delivery, Event
from partners.domain.mail.notices import MailState, NoticeKind
from partners.store.tables.base import Base, PartnerId, Word

ADDRESS = String(320)


class OutboxRow(Base):
    """Each notice, rendered and frozen before anything is sent (research: the send protocol)."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "partner_id"), Index(None, "case_id"))

    outbox_id: Mapped[int] = mapped_column(primary_key=True)
    message_key: Mapped[str] = mapped_column(String(160), unique=True)
    """Once is once (rule 9): the notice's key, and the attempt where it is not the first."""
    notice_key: Mapped[str] = mapped_column(String(160), index=True)
    """Of the notice: the same for every attempt at sending it."""
    attempt: Mapped[int]
    """1, 2 …; rises only when the one before was lost (research: the send protocol)."""
    public_id: Mapped[str] = mapped_column(String(32), unique=True)
    """Opaque and random, so that no other installation has it: all that the provider is told."""
    kind: Mapped[NoticeKind] = mapped_column(Word(NoticeKind, 32))
    partner_id: Mapped[str | None] = mapped_column(PartnerId)
    case_id: Mapped[str | None] = mapped_column(String(80))
    state: Mapped[MailState] = mapped_column(Word(MailState))
    to: Mapped[list[str]]
    sender: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str]
    rendered_at: Mapped[datetime]
    stated_deadline: Mapped[date | None]
    """Of notices that start a clock: the deadline they state."""
    claimed_at: Mapped[datetime | None]
    """When it was last claimed, just before it was handed over."""
    claim_token: Mapped[str | None] = mapped_column(String(160))
    """The attempt of an activity that claimed it; None while nobody has."""
    claimed_until: Mapped[datetime | None]
    """By the server's real clock: from then on that attempt is over, whatever it does."""
    settled_at: Mapped[datetime | None]
    """When the provider accepted or refused it, or when it was superseded or given up."""
    untold: Mapped[bool]
    """What became of it was learned later, and its case has not been signalled yet."""
    provider_id: Mapped[str | None]
    """The provider's own id: SendGrid's X-Message-Id."""
    detail: Mapped[str | None]
    """Why it was rejected, superseded or lost, or who marked it as sent. No address in it."""


class MailEventRow(Base):
    """Each event that a provider signed, or that somebody simulated; kept as it came, once."""

    __tablename__ = "mail_events"
    __table_args__ = (Index(None, "outbox_id"), Index(None, "email"))

    event_id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    """Of message, event, time and address: the provider's own id may change when it repeats."""
    sg_event_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    event: Mapped[Event] = mapped_column(Word(Event, 32))
    email: Mapped[str] = mapped_column(ADDRESS)
    """In lower case."""
    at: Mapped[datetime]
    """When it happened, as the provider says."""
    received_at: Mapped[datetime]
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.outbox_id"))
    """The message; None if it is none of ours."""
    by_id: Mapped[bool]
    """Whether the message is known by our own id; else by its address, which proves nothing."""
    message_id: Mapped[str | None]
    """The provider's."""
    bounce_type: Mapped[str] = mapped_column(String(16))
    """Of a bounce: `bounce` or `blocked`; blank otherwise."""
    reason: Mapped[str]
    simulated: Mapped[bool]


class DeliveryRow(Base):
    """How far a message came at each of its addresses; goes forward only."""

    __tablename__ = "mail_deliveries"

    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.outbox_id"), primary_key=True)
    email: Mapped[str] = mapped_column(ADDRESS, primary_key=True)
    state: Mapped[Delivery] = mapped_column(Word(Delivery))
    at: Mapped[datetime]
    """When it came to that state."""
    reason: Mapped[str]


class SuppressionRow(Base):
    """An address that is not written to: at all, or about something."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("email", "scope"),)

    suppression_id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(ADDRESS)
    """In lower case."""
    scope: Mapped[str] = mapped_column(String(32))
    """`all` (it bounced or complained), `everything` optional, or a topic."""
    cause: Mapped[str] = mapped_column(String(32))
    """bounce, spamreport, unsubscribe, group_unsubscribe."""
    source: Mapped[str] = mapped_column(String(16))
    """event, list (the provider's, found at night), simulated or staff."""
    since: Mapped[datetime]
    detail: Mapped[str]


class PreferenceRow(Base):
    """Each choice that a partner made about optional mail; never changed, the newest counts."""

    __tablename__ = "mail_preferences"
    __table_args__ = (Index(None, "partner_id"),)

    choice_id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    topic: Mapped[str] = mapped_column(String(32))
    """See `domain.mail.topics`: a topic, or `everything`."""
    wanted: Mapped[bool]
    at: Mapped[datetime]
    via: Mapped[str] = mapped_column(String(32))
    """page, one-click, sendgrid, simulated, or who said so."""


class MailApprovalRow(Base):
    """A run of mail that a person let go over its cap."""

    __tablename__ = "mail_approvals"

    run: Mapped[str] = mapped_column(String(160), primary_key=True)
    """What its messages' keys begin with, such as `policy/3`."""
    who: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]


class UnblockRow(Base):
    """Each time a person had a blocked address written to again."""

    __tablename__ = "mail_unblocks"

    unblock_id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(ADDRESS)
    who: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
