"""Which offers a partner sees and may order, and at what price: by the one answer of rule 20.

What is asked for a partner names nothing that is hidden from them: not in a list, a count, a search
or a refusal. Staff may ask why something is hidden.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from partners.domain.offers.access import Access, Place
from partners.domain.offers.places import is_postal_code, postal_code
from partners.errors import Refusal
from partners.store.offers.areas import codes_of, known_area
from partners.store.offers.buyers import buyers
from partners.store.offers.known_offers import UnknownOffer
from partners.store.offers.offer_facts import answers
from partners.store.offers.offer_lists import visible
from partners.store.offers.offer_moment import Moment, moment
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.tables.offer_tables import OfferRow
from partners.use_cases.acting import Viewer

_PAGE = 500


@dataclass(eq=False)
class NoPostalCode(Refusal):
    """A place is named by what cannot be a postal code."""

    says = "{text!r} is no postal code: those have 1 to 16 letters, digits, spaces and dashes"

    text: str


@dataclass(eq=False)
class TwoPlaces(Refusal):
    """A place is named by an area and by a postal code."""

    says = "one place at a time: an area, or a postal code"


@dataclass(frozen=True)
class Asked:
    """When and where. `day` None: now; another one: as it stood, or is planned, at its end."""

    day: date | None = None
    area: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True)
class Answer:
    """What holds of an offer, with its words."""

    access: Access
    name: str
    service: str


@dataclass(frozen=True)
class Answers:
    """`total`: how many there are; None where only reading them all would say it."""

    total: int | None
    answers: Iterator[Answer]


@contextmanager
def offers_of(
    by: Viewer, partner_id: str, asked: Asked, search: str = "", *, hidden: bool = False
) -> Iterator[Answers]:
    """What a partner sees, in the order of the offers' ids, read while it is taken.

    `search`: part of a name or an id. `hidden`: for staff, also what the partner does not see.
    """
    with by.database.snapshot() as session:
        known_partner(session, partner_id)
        now = by.now()
        when = _when(session, asked, now)
        place = _place(session, asked)
        which = [] if not search else [_found(search)]
        if not hidden and when.at == now:
            which.append(visible(buyers(session, [partner_id], when)[partner_id], when))
        total = None
        if hidden or when.at == now:
            total = session.scalar(select(func.count()).select_from(OfferRow).where(*which))
        every = _read(session, partner_id, when, place, which)
        yield Answers(total, (one for one in every if hidden or one.access.visible))


def offer_of(by: Viewer, partner_id: str, offer_id: str, asked: Asked) -> Answer:
    """One offer as the partner has it. Raises UnknownOffer for one that is hidden from them."""
    answer = _answer(by, partner_id, offer_id, asked)
    if answer is None or not answer.access.visible:
        raise UnknownOffer(offer_id)
    return answer


def check(by: Viewer, offer_id: str, partner_id: str, asked: Asked) -> Answer:
    """For staff: what holds of an offer for a partner, and why. Raises UnknownOffer."""
    answer = _answer(by, partner_id, offer_id, asked)
    if answer is None:
        raise UnknownOffer(offer_id)
    return answer


def _answer(by: Viewer, partner_id: str, offer_id: str, asked: Asked) -> Answer | None:
    with by.database.snapshot() as session:
        known_partner(session, partner_id)
        when = _when(session, asked, by.now())
        place = _place(session, asked)
        found = _read(session, partner_id, when, place, [OfferRow.offer_id == offer_id])
        return next(found, None)


def _when(session: Session, asked: Asked, now: datetime) -> Moment:
    zone = policies.zone_at(session, now)
    if asked.day is None or asked.day == now.astimezone(zone).date():
        return moment(session, now, now)
    end = datetime.combine(asked.day + timedelta(days=1), time(), zone)
    return moment(session, end - timedelta(microseconds=1), now)


def _place(session: Session, asked: Asked) -> Place | None:
    if asked.area is not None and asked.postal_code is not None:
        raise TwoPlaces
    if asked.area is not None:
        return codes_of(session, known_area(session, asked.area).area_code)
    if asked.postal_code is None:
        return None
    code = postal_code(asked.postal_code)
    if not is_postal_code(code):
        raise NoPostalCode(asked.postal_code)
    return frozenset({code})


def _found(search: str) -> ColumnElement[bool]:
    row = OfferRow
    return or_(
        row.offer_id.icontains(search, autoescape=True),
        row.name.icontains(search, autoescape=True),
    )


def _read(
    session: Session,
    partner_id: str,
    when: Moment,
    place: Place | None,
    which: Collection[ColumnElement[bool]],
) -> Iterator[Answer]:
    row, after = OfferRow, ""
    query = select(row.offer_id, row.name, row.service).where(*which).order_by(row.offer_id)
    while page := session.execute(query.where(row.offer_id > after).limit(_PAGE)).all():
        words = {offer_id: (name, service) for offer_id, name, service in page}
        for answer in answers(session, partner_id, words, place, when):
            yield Answer(answer, *words[answer.offer_id])
        after = page[-1].offer_id
