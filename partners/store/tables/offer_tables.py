"""The tables of offers: what there is, for whom, at which price, and where.

Days are the program's and inclusive. What is asked about a moment of the past is answered from
the histories: `offer_states`, grants with the moment they were revoked, prices with their days.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.offers.offer import OfferStatus, PriceLevel, Visibility
from partners.domain.offers.places import digest_of_codes
from partners.store.tables.base import Base, Word

OfferId = String(64)


class AreaRow(Base):
    """Postal codes under one name."""

    __tablename__ = "areas"

    area_code: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
    places: Mapped[int] = mapped_column(default=0)
    """How many postal codes it has."""
    places_sha256: Mapped[str] = mapped_column(String(64), default=digest_of_codes(()))


class AreaPlaceRow(Base):
    """A postal code of an area. A code may be in several."""

    __tablename__ = "area_places"
    __table_args__ = (Index(None, "postal_code"),)

    area_code: Mapped[str] = mapped_column(ForeignKey("areas.area_code"), primary_key=True)
    postal_code: Mapped[str] = mapped_column(String(16), primary_key=True)


class OfferRow(Base):
    """A service that partners sell, as it stands now."""

    __tablename__ = "offers"
    __table_args__ = (Index(None, "service"),)

    offer_id: Mapped[str] = mapped_column(OfferId, primary_key=True)
    """The provider's own number or name for it (SKU)."""
    service: Mapped[str] = mapped_column(String(64))
    """What kind of service it is, as `service` of orders."""
    name: Mapped[str]
    description: Mapped[str]
    status: Mapped[OfferStatus] = mapped_column(Word(OfferStatus))
    visibility: Mapped[Visibility] = mapped_column(Word(Visibility))
    area_code: Mapped[str | None] = mapped_column(ForeignKey("areas.area_code"))
    """Where it can be ordered; None: everywhere."""
    opens_on: Mapped[date | None]
    """The first day for everybody; tiers with early access come first. None: since ever."""
    closes_on: Mapped[date | None]
    """The last day."""


class OfferStateRow(Base):
    """What an offer's status and visibility were, from a moment on; never changed."""

    __tablename__ = "offer_states"
    __table_args__ = (Index(None, "offer_id", "at"),)

    state_id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[str] = mapped_column(ForeignKey("offers.offer_id"))
    at: Mapped[datetime]
    status: Mapped[OfferStatus] = mapped_column(Word(OfferStatus))
    visibility: Mapped[Visibility] = mapped_column(Word(Visibility))
    who: Mapped[str]
    reason: Mapped[str]


class GrantRow(Base):
    """That a partner may have an offer of visibility *selected*; never deleted."""

    __tablename__ = "grants"
    __table_args__ = (Index(None, "partner_id"), Index(None, "offer_id", "partner_id"))

    grant_id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[str] = mapped_column(ForeignKey("offers.offer_id"))
    partner_id: Mapped[str] = mapped_column(ForeignKey("partners.partner_id"))
    from_day: Mapped[date]
    until_day: Mapped[date | None]
    granted_at: Mapped[datetime]
    who: Mapped[str]
    reason: Mapped[str]
    exclusive_id: Mapped[str | None] = mapped_column(String(80))
    """The exclusive that it came with; it stays when that is lost."""
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    revoked_because: Mapped[str | None]


class PriceRow(Base):
    """What an offer costs on some days, for a partner, a tier or everybody (rule 21)."""

    __tablename__ = "prices"
    __table_args__ = (
        Index(None, "offer_id"),
        Index(
            "ix_prices_partner_id",
            "partner_id",
            sqlite_where=text("partner_id IS NOT NULL"),
            postgresql_where=text("partner_id IS NOT NULL"),
        ),
    )

    price_id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[str] = mapped_column(ForeignKey("offers.offer_id"))
    level: Mapped[PriceLevel] = mapped_column(Word(PriceLevel))
    partner_id: Mapped[str | None] = mapped_column(ForeignKey("partners.partner_id"))
    tier: Mapped[str | None] = mapped_column(String(64))
    amount: Mapped[Decimal | None]
    """Or a discount: one of the two."""
    discount: Mapped[Decimal | None]
    """A share off the base price of the same day: 0.10 is 10 % less."""
    currency: Mapped[str] = mapped_column(String(3))
    from_day: Mapped[date]
    until_day: Mapped[date | None]
    set_at: Mapped[datetime]
    who: Mapped[str]
    reason: Mapped[str]


class WindowRow(Base):
    """From when a tier sees and orders an offer, where its early access does not say it."""

    __tablename__ = "offer_windows"
    __table_args__ = (UniqueConstraint("offer_id", "tier"),)

    window_id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[str] = mapped_column(ForeignKey("offers.offer_id"))
    tier: Mapped[str] = mapped_column(String(64))
    visible_from: Mapped[date]
    orderable_from: Mapped[date]
