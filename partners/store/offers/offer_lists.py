"""Lists of offers: for one partner as SQL, for pages and counts; for many partners by their tiers.

Either way says what `access` says of each offer; tests hold them against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from partners.domain.offers.access import Access, Place, access
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.domain.offers.offer import Buyer, Offer, OfferStatus, Visibility
from partners.store.offers.buyers import buyers
from partners.store.offers.offer_facts import granted, offers
from partners.store.offers.offer_moment import Moment
from partners.store.tables.exclusive_tables import ExclusiveCodeRow, ExclusiveRow
from partners.store.tables.offer_tables import AreaPlaceRow, GrantRow, OfferRow, WindowRow

Area = InstrumentedAttribute[str | None]

# ---- one partner ----


def visible(partner: Buyer, when: Moment) -> ColumnElement[bool]:
    """Which offers a partner sees, as a condition over `offers`. Of now, never of the past."""
    row = OfferRow
    if partner.blocked:
        return false()
    return and_(
        row.status.in_((OfferStatus.ACTIVE, OfferStatus.PAUSED)),
        or_(row.closes_on.is_(None), row.closes_on >= when.day),
        row.offer_id.not_in(partner.blocked_offers),
        or_(
            row.visibility == Visibility.PUBLIC,
            _is_granted(partner, when),
            and_(row.visibility == Visibility.PREFERRED, true() if partner.preferred else false()),
        ),
        _open(partner, when, "visible_from"),
    )


def orderable(partner: Buyer, when: Moment, place: Place | None) -> ColumnElement[bool]:
    """Which offers a partner may order at a place, as a condition over `offers`. Of now."""
    row = OfferRow
    return and_(
        visible(partner, when),
        row.status == OfferStatus.ACTIVE,
        or_(_holds(partner, when, place), ~_held_by_another(partner, when, place)),
        or_(row.area_code.is_(None), _lies_within(_codes_of_area(row.area_code, place), place)),
        _open(partner, when, "orderable_from"),
    )


def _is_granted(partner: Buyer, when: Moment) -> ColumnElement[bool]:
    row = GrantRow
    of_partner = row.partner_id == partner.partner_id
    query = select(row.grant_id).where(row.offer_id == OfferRow.offer_id, of_partner)
    return query.where(granted(when)).exists()


def _open(partner: Buyer, when: Moment, since: str) -> ColumnElement[bool]:
    """Whether the tier's window is open; without one, whether the offer is, with early access."""
    row = WindowRow
    window = select(row.window_id).where(
        row.offer_id == OfferRow.offer_id, row.tier == partner.tier
    )
    latest = when.day + timedelta(days=partner.early_access_days)
    opened = or_(OfferRow.opens_on.is_(None), OfferRow.opens_on <= latest)
    has_opened = window.where(getattr(row, since) <= when.day).exists()
    return or_(has_opened, and_(~window.exists(), opened))


def _claims(when: Moment) -> tuple[type[ExclusiveRow], ColumnElement[bool]]:
    """Exclusives on the offer's service that exclude now; each time under a name of its own."""
    row = aliased(ExclusiveRow)
    excludes = [status for status in ExclusiveStatus if status.excludes]
    holds = and_(
        row.service == OfferRow.service,
        row.status.in_(excludes),
        row.first_day <= when.day,
        row.last_day >= when.day,
    )
    return row, holds


def _holds(partner: Buyer, when: Moment, place: Place | None) -> ColumnElement[bool]:
    """Whether an exclusive of the partner covers the whole place."""
    row, holds = _claims(when)
    covers: ColumnElement[bool] = row.area_code.is_(None)
    if place is not None:
        covers = or_(covers, _lies_within(_codes_signed(row.exclusive_id, place), place))
    own = row.partner_id == partner.partner_id
    return select(row.exclusive_id).where(holds, own, covers).exists()


def _held_by_another(partner: Buyer, when: Moment, place: Place | None) -> ColumnElement[bool]:
    row, holds = _claims(when)
    touches: ColumnElement[bool] = row.area_code.is_(None)
    if place is not None:
        touches = or_(touches, _codes_signed(row.exclusive_id, place).exists())
    others = row.partner_id != partner.partner_id
    return select(row.exclusive_id).where(holds, others, touches).exists()


def _lies_within(codes: Select[str] | None, place: Place | None) -> ColumnElement[bool]:
    """Whether these are all the postal codes of a place; of none that is named, yes."""
    if codes is None or place is None:
        return true()
    counted = codes.with_only_columns(func.count())
    return counted.scalar_subquery() == literal(len(place))


def _codes_of_area(area: Area, place: Place | None) -> Select[str] | None:
    """Those of an area that lie in a place."""
    if place is None:
        return None
    row = aliased(AreaPlaceRow)
    return select(row.postal_code).where(row.area_code == area, row.postal_code.in_(_named(place)))


def _codes_signed(exclusive_id: InstrumentedAttribute[str], place: Place) -> Select[str]:
    """Those that an exclusive was signed with that lie in a place."""
    row = aliased(ExclusiveCodeRow)
    of_it = row.exclusive_id == exclusive_id
    return select(row.postal_code).where(of_it, row.postal_code.in_(_named(place)))


def _named(place: Place) -> BindParameter[str]:
    """Within the statement: an area may have more codes than a statement has parameters."""
    return bindparam(None, sorted(place), expanding=True, literal_execute=True)


# ---- many partners ----


def lists(
    session: Session, partner_ids: Sequence[str], when: Moment
) -> Iterator[tuple[str, Sequence[Access]]]:
    """Of each of these partners what they see, in the order of the offers' ids.

    Partners of a tier see the same, but for the offers in which something is theirs alone: only
    those are asked about one by one.
    """
    everything = offers(session, when, partner_ids)
    special = _special(everything)
    by_tier: dict[Buyer, dict[str, Access]] = {}
    for partner_id, partner in buyers(session, partner_ids, when).items():
        anybody = replace(partner, partner_id="", blocked_offers=frozenset())
        if (usual := by_tier.get(anybody)) is None:
            usual = by_tier[anybody] = _seen(anybody, everything, when)
        own = special.get(partner_id, set()) | partner.blocked_offers
        if own:
            theirs = _seen(partner, [o for o in everything if o.offer_id in own], when)
            others = {name: answer for name, answer in usual.items() if name not in own}
            usual = dict(sorted((others | theirs).items()))
        yield partner_id, [Access(partner_id, *answer[1:]) for answer in usual.values()]


def _seen(partner: Buyer, asked: Iterable[Offer], when: Moment) -> dict[str, Access]:
    """What a partner sees of these offers, by offer."""
    answers = (access(partner, offer, None, when.day) for offer in asked)
    return {answer.offer_id: answer for answer in answers if answer.visible}


def _special(everything: Iterable[Offer]) -> Mapping[str, set[str]]:
    """Offers in which something is one partner's alone, by that partner."""
    found = defaultdict[str, set[str]](set)
    for offer in everything:
        whose = {claim.partner_id for claim in offer.claims}
        whose |= {price.partner_id for price in offer.prices if price.partner_id is not None}
        for partner_id in offer.grants | whose:
            found[partner_id].add(offer.offer_id)
    return found
