"""The tables of referrals: what is known of them, what they pay, and what partners are told.

`referral_ledger` is append-only, by triggers that its migration makes: a later migration that
rebuilds the table (SQLite's batch mode) has to make them again.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.mail.notices import NoticeKind
from partners.domain.referrals.compensation import EntryKind
from partners.domain.referrals.lead import LeadState, TurnEnd
from partners.domain.referrals.referral import ReferralState, Uncounted
from partners.store.tables.base import Base, Word

ReferralId = String(128)


class ReferralRow(Base):
    """A referral as all that is known of it, and of its lead, makes it stand."""

    __tablename__ = "referrals"
    __table_args__ = (Index(None, "partner_id", "state"), Index(None, "lead_ref"))

    referral_id: Mapped[str] = mapped_column(ReferralId, primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    lead_ref: Mapped[str] = mapped_column(String(128))
    """Opaque, as `customer_id` of orders; nothing personal of the lead is kept."""
    submitted_at: Mapped[datetime]
    state: Mapped[ReferralState] = mapped_column(Word(ReferralState))
    """Beside the other referrals of its lead."""
    reason: Mapped[str]
    """Why it is rejected, lost or a duplicate, as the partner may read it; else blank."""
    because: Mapped[Uncounted | None] = mapped_column(Word(Uncounted))
    """The same, where it is not a person's word."""
    accepted_at: Mapped[datetime | None]
    """Since when it has been taken up: of one lead's referrals the first counts."""
    promised_at: Mapped[datetime | None]
    """When it was first accepted."""
    policy_version: Mapped[int | None] = mapped_column(ForeignKey("policies.version"))
    """In force at `promised_at`: by its terms the referral pays, whatever changes later."""
    bought_at: Mapped[datetime | None]
    bought_on: Mapped[date | None]
    """The program's day of the purchase."""
    amount: Mapped[Decimal | None]
    """Of the purchase; kept when it is refunded."""
    customer_since: Mapped[datetime | None]
    """The lead's first order, if it was a customer before the referral; a person may waive it."""
    payable_on: Mapped[date | None]
    """When what is held for it is over its holding period; None: nothing is held."""
    revision: Mapped[int]
    """Rises whenever it stands otherwise than before."""
    postal_code: Mapped[str | None] = mapped_column(String(16))
    """Where the lead is (`places.postal_code`); None: not known."""
    service: Mapped[str | None] = mapped_column(String(200))
    """What the lead wants, as `service` of orders; None: not known."""


class ReferralVersionRow(Base):
    """Each row or command about a referral; never changed. The referral is the fold of them."""

    __tablename__ = "referral_versions"
    __table_args__ = (Index(None, "referral_id"),)

    version_id: Mapped[int] = mapped_column(primary_key=True)
    referral_id: Mapped[str] = mapped_column(ForeignKey("referrals.referral_id"))
    known_at: Mapped[datetime]
    place: Mapped[int]
    """Among those of the same `known_at`: the line of a file that gives none."""
    state: Mapped[ReferralState] = mapped_column(Word(ReferralState))
    amount: Mapped[Decimal | None]
    closed_at: Mapped[datetime | None]
    reason: Mapped[str]
    source: Mapped[str]
    """The file, or the person."""


class LedgerRow(Base):
    """One entry of the compensation ledger. Append-only: the database refuses anything else."""

    __tablename__ = "referral_ledger"
    __table_args__ = (
        Index(None, "partner_id", "day"),
        Index(None, "referral_id"),
        Index(
            "ix_referral_ledger_run",
            "run_id",
            sqlite_where=text("run_id IS NOT NULL"),
            postgresql_where=text("run_id IS NOT NULL"),
        ),
    )

    entry_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    """`referral/<referral>/<which of its entries>`, `payout/<payout>` or
    `incentive/<run>/<partner>/<period>/<tier>/<which of its entries>`: once is once (rule 9)."""
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    referral_id: Mapped[str | None] = mapped_column(ForeignKey("referrals.referral_id"))
    """None: a payment, or of an incentive."""
    kind: Mapped[EntryKind] = mapped_column(Word(EntryKind))
    held: Mapped[Decimal]
    """By how much what is held changes; payable and paid alike."""
    payable: Mapped[Decimal]
    paid: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    day: Mapped[date]
    """The program's day of the entry; statements go by it."""
    at: Mapped[datetime]
    policy_version: Mapped[int | None]
    """Whose terms it follows; None: a payment."""
    note: Mapped[str]
    period: Mapped[str | None] = mapped_column(String(8))
    """Of an incentive, whose months it is for: 2026-11 or 2026-Q4; None: of no incentive."""
    tier: Mapped[str | None] = mapped_column(String(64))
    """… of which tier."""
    orders: Mapped[int | None]
    """… the completed orders that it rests on, as known then."""
    value_cents: Mapped[int | None] = mapped_column(BigInteger)
    """… and their value."""
    run_id: Mapped[str | None] = mapped_column(String(16))
    """… which accrual posted it: see `incentive_runs`, whose audit entry covers it."""


class PayoutRow(Base):
    """What was exported to be paid to a partner; the payment itself happens elsewhere."""

    __tablename__ = "payouts"
    __table_args__ = (Index(None, "partner_id"), Index(None, "batch"))

    payout_id: Mapped[str] = mapped_column(String(160), primary_key=True)
    """`<batch>/<partner_id>`: a batch names each partner once; or once in each currency, if there
    are several: `<batch>/<partner_id>/<currency>`."""
    batch: Mapped[str] = mapped_column(String(64))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    amount: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    exported_at: Mapped[datetime]
    exported_by: Mapped[str]
    paid_on: Mapped[date | None]
    paid_by: Mapped[str | None]


class QualificationRow(Base):
    """How far a partner is on the way from referring to a tier, and what they have been told."""

    __tablename__ = "qualifications"

    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"), primary_key=True)
    began_at: Mapped[datetime]
    """When the program first looked at the partner's referrals."""
    qualified_on: Mapped[date | None]
    """The day on which a window held enough; the promotion that followed is `candidate_id`."""
    candidate_id: Mapped[int | None] = mapped_column(ForeignKey("candidates.candidate_id"))
    declines: Mapped[int]
    """How often staff declined a promotion that qualifying brought about."""
    entered_at: Mapped[datetime | None]
    """When that promotion was carried out; the checklist begins then."""


class ReferralNewsRow(Base):
    """Something that a partner, or staff, is to be told; once per key."""

    __tablename__ = "referral_news"
    __table_args__ = (
        Index(
            "ix_referral_news_untold",
            "partner_id",
            "news_id",
            sqlite_where=text("told_at IS NULL"),
            postgresql_where=text("told_at IS NULL"),
        ),
    )

    news_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    """Also the message's key (rule 9)."""
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    referral_id: Mapped[str | None] = mapped_column(ForeignKey("referrals.referral_id"))
    kind: Mapped[NoticeKind] = mapped_column(Word(NoticeKind, 32))
    event: Mapped[str] = mapped_column(String(16))
    """What happened, or which one of a series."""
    detail: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    result: Mapped[str | None]
    """What became of the message; or in which digest it stands."""


class LeadRow(Base):
    """Who works the lead of a referral now, and the purchase that their order made of it."""

    __tablename__ = "leads"
    __table_args__ = (Index(None, "state"),)

    referral_id: Mapped[str] = mapped_column(ForeignKey("referrals.referral_id"), primary_key=True)
    state: Mapped[LeadState] = mapped_column(Word(LeadState))
    turn: Mapped[int]
    """The number of the turn that runs, or was the last; 0: none yet."""
    changed_at: Mapped[datetime]
    """Since when it stands so."""
    problem: Mapped[str]
    """What keeps an order from counting as the purchase, for a person to look at; else blank."""
    order_id: Mapped[str | None] = mapped_column(String(128))
    """The order that was reported as the purchase; it stays when that was taken back."""
    bought_at: Mapped[datetime | None]
    amount: Mapped[Decimal | None]
    taken_back_at: Mapped[datetime | None]
    """When the order counted no more; None: it counts."""


class LeadTurnRow(Base):
    """One seller's time with a lead; the figures of handing over are counted from these."""

    __tablename__ = "lead_turns"
    __table_args__ = (
        UniqueConstraint("referral_id", "number"),
        Index(None, "partner_id", "since"),
    )

    turn_id: Mapped[int] = mapped_column(primary_key=True)
    """Also in the keys of its messages, which so name no referral."""
    referral_id: Mapped[str] = mapped_column(ForeignKey("referrals.referral_id"))
    number: Mapped[int]
    """1, 2, 3 … of this lead (rule 9)."""
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.partner_id"))
    """None: the provider's sales."""
    tier: Mapped[str | None] = mapped_column(String(64))
    """The seller's when they got it; who falls below it loses it."""
    way: Mapped[str] = mapped_column(String(16))
    """`area`, `service`, `tier`, `sales`, or `person`."""
    who: Mapped[str]
    """The person, or the workflow's run."""
    why: Mapped[str]
    since: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When the message was accepted: the days to answer run from then."""
    taken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end: Mapped[TurnEnd | None] = mapped_column(Word(TurnEnd))
    won_on: Mapped[date | None]
    """The program's day of the purchase that was made in this turn; None: none counts."""
