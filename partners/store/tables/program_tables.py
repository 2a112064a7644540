"""The tables of the program itself: policies, partners, what is stopped, facts of the database."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from partners.store.tables.base import Base, PartnerId


class PolicyRow(Base):
    """Every accepted version of the policy, numbered and hashed; never changed or deleted."""

    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(primary_key=True)
    """1, 2, 3 …"""
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the canonical content, so that a re-formatted file is the same policy."""
    source: Mapped[str]
    """The file as it was accepted."""
    content: Mapped[dict[str, Any]]
    """The validated policy as JSON."""
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str]


class PartnerRow(Base):
    """A partner, with their name and the addresses that they are written to."""

    __tablename__ = "partners"
    __table_args__ = (Index(None, "tier"),)

    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    """May be blank or wrong: then a warning is undeliverable (rule 1)."""
    fallback_email: Mapped[str | None]
    kind: Mapped[str] = mapped_column(String(16))
    """`reseller` or `referral`: how they began."""
    joined_on: Mapped[date]
    time_zone: Mapped[str | None]
    """IANA name; None: the program's."""
    language: Mapped[str | None]
    """`en`, `de` …; None: the program's."""
    tier: Mapped[str | None] = mapped_column(String(64))
    """A tier's key; None: not enrolled, or out."""
    tier_since: Mapped[date | None]
    """The day of the last tier change; for imported partners `joined_on`."""
    left_on: Mapped[date | None]
    """The day on which the partner was moved out; None if never, or in again."""


class SwitchRow(Base):
    """What a person has stopped (rule 14): `mail`, `kind/<kind>`. A row means stopped."""

    __tablename__ = "switches"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    stopped_at: Mapped[datetime]
    who: Mapped[str]
    reason: Mapped[str]


GUARD_LOCK = "guard"
MAIL_EVENTS_LOCK = "mail_events"
REFERRAL_LOCK = "referrals"
EXCLUSIVE_LOCK = "exclusives"
LOCKS = (GUARD_LOCK, MAIL_EVENTS_LOCK, REFERRAL_LOCK, EXCLUSIVE_LOCK)


class LockRow(Base):
    """Rows that transactions lock to take turns, so that two guards never count at once."""

    __tablename__ = "locks"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)


class SettingRow(Base):
    """Facts about this database itself: its time zone, and the demo's clock."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str]
