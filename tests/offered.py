"""Rows of offers, prices and grants in a line each, for tests of what partners are told of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from partners.domain.offers.offer import OfferStatus, PriceLevel, Visibility
from partners.store.tables.offer_tables import GrantRow, OfferRow, OfferStateRow, PriceRow

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
SIGNED = {"who": "tests", "reason": ""}


def offered(session: Session, offer_id: str, amount: Any = None, **columns: Any) -> OfferRow:
    """An active offer for everybody since 2020, with a base price if there is an amount."""
    row = OfferRow(
        offer_id=offer_id,
        **{
            "service": offer_id,
            "name": offer_id.capitalize(),
            "description": "",
            "status": OfferStatus.ACTIVE,
            "visibility": Visibility.PUBLIC,
            **columns,
        },
    )
    session.add(row)
    session.flush()
    state = {"status": row.status, "visibility": row.visibility}
    session.add(OfferStateRow(offer_id=offer_id, at=SINCE, **state, **SIGNED))
    if amount is not None:
        priced(session, offer_id, amount)
    session.flush()
    return row


def priced(session: Session, offer_id: str, amount: Any = None, **columns: Any) -> PriceRow:
    """A base price since 2020; with a partner or a tier, theirs; with a discount, that."""
    level = PriceLevel.BASE
    if "partner_id" in columns:
        level = PriceLevel.PARTNER
    elif "tier" in columns:
        level = PriceLevel.TIER
    row = PriceRow(
        offer_id=offer_id,
        level=level,
        amount=None if amount is None else Decimal(amount),
        **{"currency": "USD", "from_day": SINCE.date(), "set_at": SINCE, **SIGNED, **columns},
    )
    session.add(row)
    session.flush()
    return row


def granted(session: Session, offer_id: str, partner_id: str, **columns: Any) -> GrantRow:
    """A grant since 2020."""
    row = GrantRow(
        offer_id=offer_id,
        partner_id=partner_id,
        **{"from_day": date(2020, 1, 1), "granted_at": SINCE, **SIGNED, **columns},
    )
    session.add(row)
    session.flush()
    return row
