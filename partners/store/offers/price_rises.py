"""For whom an offer gets dearer from a day on, and whether that is told early enough.

What holds on a day is planned: prices, grants and policies that are set by now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.mail.notices import NoticeKind, price_run
from partners.domain.offers.access import Access, access
from partners.domain.offers.offer import Offer, OfferStatus, Price, PriceLevel
from partners.domain.offers.price_rise import Rise, earliest, rise
from partners.errors import Refusal
from partners.store.offers.buyers import buyer, buyers
from partners.store.offers.offer_facts import offers
from partners.store.offers.offer_moment import Moment, moment
from partners.store.policy import policies
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.offer_tables import GrantRow, OfferRow, PriceRow
from partners.store.tables.program_tables import PartnerRow

PAGE = 500
"""Partners who are looked at together."""


@dataclass(eq=False)
class PriceRisesTooSoon(Refusal):
    """Partners are told some days before an offer gets dearer for them."""

    says = (
        "{offer_id} would get dearer on {day} for partners who are told {notice_days} days before "
        "(program.notice_days); from {earliest} on it may"
    )

    offer_id: str
    day: date
    notice_days: int
    earliest: date


Change = tuple[PriceRow, date]
"""A price, and the day on which it begins, or the first on which it holds no longer."""


def refuse_too_soon(session: Session, changes: Iterable[Change], now: datetime) -> None:
    """Refuse prices that were written, or ended, if one makes an offer dearer for somebody earlier
    than they can be told.

    The rows are flushed. Raises PriceRisesTooSoon.
    """
    if (in_force := policies.in_force_at(session, now)) is None:
        return  # before the first policy nobody has been promised anything
    program = in_force[1].program
    first = earliest(now.astimezone(program.zone).date(), program.notice_days)
    early = [(row, day) for row, day in changes if day < first]
    for row, day in dearer(session, early, now):
        raise PriceRisesTooSoon(row.offer_id, day, program.notice_days, first)


def dearer(session: Session, changes: Iterable[Change], now: datetime) -> Iterator[Change]:
    """Those of these changes by which an offer gets dearer for anybody whom they concern."""
    own = defaultdict[tuple[str, date], dict[str, PriceRow]](dict)
    for row, day in changes:
        if row.partner_id is not None:
            own[row.offer_id, day][row.partner_id] = row
        elif any_rise(session, row, day, now):
            yield row, day
    for (offer_id, day), rows in own.items():
        if not _can_be_dearer(session, offer_id, day):
            continue
        names = sorted(rows)
        for start in range(0, len(names), PAGE):
            found = rises(session, offer_id, day, now, names[start : start + PAGE])
            yield from ((rows[name], day) for name in found)


def any_rise(session: Session, row: PriceRow, day: date, now: datetime) -> bool:
    """Whether an offer gets dearer for anybody whom the price concerns."""
    if not _can_be_dearer(session, row.offer_id, day):
        return False
    if row.level is PriceLevel.PARTNER:
        return bool(rises(session, row.offer_id, day, now, [row.partner_id or ""]))
    if _rises_for_a_tier(session, row, day, now):
        return True
    own = _with_something_own(session, row)
    pages = (own[start : start + PAGE] for start in range(0, len(own), PAGE))
    return any(rises(session, row.offer_id, day, now, page) for page in pages)


def _can_be_dearer(session: Session, offer_id: str, day: date) -> bool:
    """Whether anybody sees the offer, and pays a price for it on the day before."""
    price, eve = PriceRow, day - timedelta(days=1)
    held = select(price.price_id).where(
        price.offer_id == offer_id,
        price.from_day <= eve,
        or_(price.until_day.is_(None), price.until_day >= eve),
    )
    query = select(OfferRow.offer_id).where(
        OfferRow.offer_id == offer_id,
        OfferRow.status.in_((OfferStatus.ACTIVE, OfferStatus.PAUSED)),
        held.exists(),
    )
    return session.scalar(query) is not None


def rises(
    session: Session, offer_id: str, day: date, now: datetime, partner_ids: Sequence[str]
) -> Mapping[str, Rise]:
    """For which of these partners an offer gets dearer on a day, and by how much."""
    answers = []
    for when in _moments(session, day, now):
        found = offers(session, when, partner_ids, [offer_id])
        if not found:
            return {}
        people = buyers(session, partner_ids, when)
        of_one = _as_for_one(found[0])
        answers.append(
            {name: access(one, of_one(name), None, when.day) for name, one in people.items()}
        )
    compared = {name: rise(*(answer[name] for answer in answers)) for name in partner_ids}
    return {name: found for name, found in compared.items() if found is not None}


def _as_for_one(offer: Offer) -> Callable[[str], Offer]:
    """The offer without the prices of other partners, among which each would be looked for."""
    shared = [price for price in offer.prices if price.partner_id is None]
    own = defaultdict[str, list[Price]](list)
    for price in offer.prices:
        if price.partner_id is not None:
            own[price.partner_id].append(price)
    return lambda name: replace(offer, prices=(*own.get(name, ()), *shared))


def told_of(
    session: Session, row: PriceRow, day: date, now: datetime, partner_ids: Sequence[str]
) -> Mapping[str, Rise]:
    """Those of `rises` who are told of this price: where several prices of an offer change on a
    day, each partner is told of the closest, and rather of one that begins than of one that ends.
    """
    found = rises(session, row.offer_id, day, now, partner_ids)
    query = select(PriceRow).where(PriceRow.offer_id == row.offer_id).order_by(PriceRow.price_id)
    changing = sorted(
        (one for one in session.scalars(query) if stands(one, day)),
        key=lambda one: (_CLOSEST.index(one.level), one.from_day != day),
    )
    tiers = buyers(session, list(found), moment(session, now, now))
    told = {}
    for partner_id, dearer in found.items():
        whose = {partner_id, tiers[partner_id].tier, None}
        theirs = [one for one in changing if (one.partner_id or one.tier) in whose]
        if theirs and theirs[0].price_id == row.price_id:
            told[partner_id] = dearer
    return told


_CLOSEST = (PriceLevel.PARTNER, PriceLevel.TIER, PriceLevel.BASE)


def concerned(session: Session, row: PriceRow, after: str, most: int = PAGE) -> list[str]:
    """The next partners whose price it could be, whether or not it is."""
    partner = PartnerRow
    query = select(partner.partner_id).where(partner.partner_id > after)
    if row.level is PriceLevel.PARTNER:
        query = query.where(partner.partner_id == row.partner_id)
    elif row.level is PriceLevel.TIER:
        query = query.where(partner.tier == row.tier)
    return list(session.scalars(query.order_by(partner.partner_id).limit(most)))


def stands(row: PriceRow, day: date) -> bool:
    """Whether a price still begins, or ends, on a day for which it was told; else it was taken
    back, or moved."""
    if row.until_day is None:
        return row.from_day == day
    never = row.until_day < row.from_day
    return not never and day in (row.from_day, row.until_day + timedelta(days=1))


def _moments(session: Session, day: date, now: datetime) -> Iterator[Moment]:
    """Now, the end of the day before, and the beginning of the day."""
    yield moment(session, now, now)
    start = calendar_of(policies.required(session, now)[1]).start_of(day)
    for at, on in ((start - timedelta(microseconds=1), day - timedelta(days=1)), (start, day)):
        then = max(at, now)  # a price that was set today holds since its first day, yesterday too
        yield Moment(then, on, policies.required(session, then)[1], planned=at > now)


def _rises_for_a_tier(session: Session, row: PriceRow, day: date, now: datetime) -> bool:
    """Whether it gets dearer in a tier for partners who have no price of their own."""
    own = select(PriceRow.partner_id).where(
        PriceRow.offer_id == row.offer_id, PriceRow.partner_id.is_not(None)
    )
    query = select(PartnerRow.tier).where(PartnerRow.partner_id.not_in(own)).distinct()
    if row.level is PriceLevel.TIER:
        query = query.where(PartnerRow.tier == row.tier)
    tiers = session.scalars(query).all()
    moments = list(_moments(session, day, now))
    found = [offers(session, when, [], [row.offer_id]) for when in moments]
    if not all(found):
        return False
    asked = [(when, one[0]) for when, one in zip(moments, found, strict=True)]
    return any(rise(*(_of_tier(tier, when, one) for when, one in asked)) for tier in tiers)


def _of_tier(tier: str | None, when: Moment, offer: Offer) -> Access:
    return access(buyer("", tier, when.policy), offer, None, when.day)


def _with_something_own(session: Session, row: PriceRow) -> Sequence[str]:
    """Partners whom a price concerns, with a price of their own, or a grant, that ever was."""
    prices = select(PriceRow.partner_id).where(PriceRow.offer_id == row.offer_id)
    grants = select(GrantRow.partner_id).where(GrantRow.offer_id == row.offer_id)
    own = PartnerRow.partner_id
    query = select(own).where(or_(own.in_(prices), own.in_(grants))).order_by(own)
    if row.level is PriceLevel.TIER:
        query = query.where(PartnerRow.tier == row.tier)
    return session.scalars(query).all()


def ahead(session: Session, today: date) -> int:
    """How many prices begin or end after today."""
    row = PriceRow
    query = select(func.count()).where(or_(row.from_day > today, row.until_day >= today))
    return session.scalar(query) or 0


def to_be_told(
    session: Session, now: datetime, offer_ids: Collection[str] | None = None
) -> list[tuple[int, date]]:
    """Prices and days ahead of which somebody is to be told, or was told and that is taken back;
    None: of all offers. Those who have been told already are among them.
    """
    today = now.astimezone(policies.required(session, now)[1].program.zone).date()
    row = PriceRow
    query = select(row).where(or_(row.from_day > today, row.until_day >= today))
    if offer_ids is not None:
        query = query.where(row.offer_id.in_(offer_ids))
    changes = [(one, day) for one in session.scalars(query) for day in days_of(one) if day > today]
    standing = [change for change in changes if stands(*change)]
    taken_back = [change for change in changes if not stands(*change)]
    found = [*dearer(session, standing, now), *(c for c in taken_back if _was_told(session, *c))]
    return sorted((one.price_id, day) for one, day in found)


def days_of(row: PriceRow) -> list[date]:
    """The days on which a price begins, and on which it holds no longer."""
    ends = [] if row.until_day is None else [row.until_day + timedelta(days=1)]
    return list(dict.fromkeys([row.from_day, *ends]))


def _was_told(session: Session, row: PriceRow, day: date) -> bool:
    run = f"{price_run(row.price_id, day)}/"
    query = select(OutboxRow.outbox_id).where(
        OutboxRow.kind == NoticeKind.PRICE_CHANGE,
        OutboxRow.notice_key.startswith(run, autoescape=True),
    )
    return session.scalars(query.limit(1)).first() is not None
