"""Offers as they were, or are planned, at a moment: what `access` is asked about.

Of an offer's service, area, first and last day there is no history: they are as they stand now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from partners.domain.offers.access import Access, Place, access
from partners.domain.offers.offer import Offer, OfferStatus, Price, Span, Visibility, Window
from partners.store.offers.buyers import buyers
from partners.store.offers.claims import claims_of, codes_of
from partners.store.offers.offer_moment import Moment
from partners.store.tables.offer_tables import (
    GrantRow,
    OfferRow,
    OfferStateRow,
    PriceRow,
    WindowRow,
)


def answers(
    session: Session, partner_id: str, offer_ids: Collection[str], place: Place | None, when: Moment
) -> list[Access]:
    """`access` of one partner to these offers, in the order of their ids.

    An offer that there was not yet is left out.
    """
    buyer = buyers(session, [partner_id], when)[partner_id]
    found = offers(session, when, [partner_id], offer_ids)
    return [access(buyer, offer, place, when.day) for offer in found]


def offers(
    session: Session,
    when: Moment,
    partner_ids: Sequence[str],
    offer_ids: Collection[str] | None = None,
) -> list[Offer]:
    """Offers with what concerns these partners, in the order of their ids; None: all of them."""
    row = OfferRow
    query = select(row).order_by(row.offer_id)
    rows = session.scalars(query if offer_ids is None else query.where(row.offer_id.in_(offer_ids)))
    found = list(rows)
    ids = [one.offer_id for one in found] if offer_ids is not None else None
    states = _states(session, when, ids)
    grants, prices = (
        _grants(session, when, partner_ids, ids),
        _prices(session, when, partner_ids, ids),
    )
    windows = _windows(session, ids)
    claims = claims_of(session, when, {one.service for one in found})
    codes = codes_of(session, {one.area_code for one in found if one.area_code is not None})
    return [
        Offer(
            one.offer_id,
            one.service,
            *states[one.offer_id],
            when.currency,
            one.opens_on,
            one.closes_on,
            codes[one.area_code] if one.area_code is not None else None,
            tuple(prices[one.offer_id]),
            tuple(windows[one.offer_id]),
            frozenset(grants[one.offer_id]),
            tuple(claims[one.service]),
        )
        for one in found
        if one.offer_id in states
    ]


def _among(column: ColumnElement[str], ids: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [] if ids is None else [column.in_(ids)]


def _states(
    session: Session, when: Moment, ids: Collection[str] | None
) -> dict[str, tuple[OfferStatus, Visibility]]:
    """Status and visibility of each offer that there was at the moment."""
    row = OfferStateRow
    newest = (
        select(func.max(row.state_id))
        .where(row.at <= when.at, *_among(row.offer_id.expression, ids))
        .group_by(row.offer_id)
    )
    query = select(row.offer_id, row.status, row.visibility).where(row.state_id.in_(newest))
    return {offer: (status, seen) for offer, status, seen in session.execute(query)}


def granted(when: Moment) -> ColumnElement[bool]:
    """Which grants hold at a moment, as a condition."""
    row = GrantRow
    return and_(
        row.from_day <= when.day,
        or_(row.until_day.is_(None), row.until_day >= when.day),
        row.granted_at <= when.at,
        or_(row.revoked_at.is_(None), row.revoked_at > when.at),
    )


def _grants(
    session: Session, when: Moment, partner_ids: Sequence[str], ids: Collection[str] | None
) -> Mapping[str, set[str]]:
    row = GrantRow
    query = select(row.offer_id, row.partner_id).where(
        row.partner_id.in_(partner_ids), granted(when), *_among(row.offer_id.expression, ids)
    )
    found = defaultdict[str, set[str]](set)
    for offer_id, partner_id in session.execute(query):
        found[offer_id].add(partner_id)
    return found


def priced(when: Moment) -> ColumnElement[bool]:
    """Which prices hold at a moment, as a condition."""
    row = PriceRow
    return and_(
        row.currency == when.currency.code,
        row.from_day <= when.day,
        or_(row.until_day.is_(None), row.until_day >= when.day),
        row.set_at <= when.at,
    )


def _prices(
    session: Session, when: Moment, partner_ids: Sequence[str], ids: Collection[str] | None
) -> Mapping[str, list[Price]]:
    row = PriceRow
    query = select(row).where(
        or_(row.partner_id.is_(None), row.partner_id.in_(partner_ids)),
        priced(when),
        *_among(row.offer_id.expression, ids),
    )
    found = defaultdict[str, list[Price]](list)
    for one in session.scalars(query.order_by(row.price_id)):
        found[one.offer_id].append(as_price(one))
    return found


def as_price(row: PriceRow) -> Price:
    """A price as the domain has it."""
    span = Span(row.from_day, row.until_day)
    return Price(row.level, row.currency, span, row.amount, row.discount, row.partner_id, row.tier)


def _windows(
    session: Session, ids: Collection[str] | None
) -> Mapping[str, list[tuple[str, Window]]]:
    row = WindowRow
    query = select(row).where(*_among(row.offer_id.expression, ids)).order_by(row.tier)
    found = defaultdict[str, list[tuple[str, Window]]](list)
    for one in session.scalars(query):
        found[one.offer_id].append((one.tier, Window(one.visible_from, one.orderable_from)))
    return found
