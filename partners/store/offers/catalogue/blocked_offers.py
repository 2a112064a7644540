"""Blocks of offers that were written in words, before there were offers: held against those that
come in, and listed as long as nobody knows which offer is meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from partners.domain.offers.offer import OfferStatus
from partners.domain.overrides.override import Override
from partners.store.offers.catalogue.offer_refusals import (
    NotBlockedAs,
)
from partners.store.people.known_partner import locked_partner
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.offer_tables import OfferRow


@dataclass(frozen=True)
class Matched:
    """A block that was written in words, and the offer that it is of from now on."""

    partner_id: str
    words: str
    offer_id: str


def unmatched(session: Session, today: date) -> Iterator[tuple[OverrideRow, str]]:
    """Blocks that hold today or later, and what stands in them that is no offer's id."""
    row = OverrideRow
    query = select(row).where(
        row.kind == Override.OFFERS, or_(row.until_day.is_(None), row.until_day >= today)
    )
    held = session.scalars(query.order_by(row.partner_id, row.override_id)).all()
    written = {words for one in held for words in one.offers}
    known = set(session.scalars(select(OfferRow.offer_id).where(OfferRow.offer_id.in_(written))))
    for one in held:
        yield from ((one, words) for words in one.offers if words not in known)


def to_match(session: Session, now: datetime) -> list[OverrideRow]:
    """Blocks that hold and of which something is no offer's id; none where there are no offers."""
    if session.scalar(select(OfferRow.offer_id).limit(1)) is None:
        return []
    found = unmatched(session, now.date())
    return list({row.override_id: row for row, _ in found}.values())


def match(session: Session, today: date) -> list[Matched]:
    """Let each block in words be of the one offer that has them as its id or its name, whatever
    the case of letters. What several offers are called stays as it was written.

    Takes the lock of each partner, by id: whoever calls it has locked none.
    """
    found = {(row.partner_id, words) for row, words in unmatched(session, today)}
    if not found:
        return []
    called = _called(session)
    meant = {(who, words): called.get(_plain(words), set()) for who, words in found}
    return _write(session, {key: next(iter(ids)) for key, ids in meant.items() if len(ids) == 1})


def say(session: Session, words: str, offer_id: str, today: date) -> list[Matched]:
    """A person says which offer is meant by words that stand in blocks. Raises NotBlockedAs."""
    found = {(row.partner_id, words) for row, written in unmatched(session, today)
             if written == words}  # fmt: skip
    if not found:
        raise NotBlockedAs(words)
    return _write(session, dict.fromkeys(found, offer_id))


def _called(session: Session) -> dict[str, set[str]]:
    """Offers that are not retired, by what they are called."""
    query = select(OfferRow.offer_id, OfferRow.name).where(OfferRow.status != OfferStatus.RETIRED)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for offer_id, name in session.execute(query):
        for words in (offer_id, name):
            found[_plain(words)].add(offer_id)
    return found


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()


def _write(session: Session, meant: dict[tuple[str, str], str]) -> list[Matched]:
    """Put ids where words stood, partner by partner; who acts is signed for the audit already."""
    done = []
    for partner_id in sorted({who for who, _ in meant}):
        locked_partner(session, partner_id)
        query = select(OverrideRow).where(
            OverrideRow.partner_id == partner_id, OverrideRow.kind == Override.OFFERS
        )
        for row in session.scalars(query.execution_options(populate_existing=True)):
            ids = [meant.get((partner_id, words), words) for words in row.offers]
            if ids != row.offers:
                changed = [
                    (was, now) for was, now in zip(row.offers, ids, strict=True) if was != now
                ]
                done += [Matched(partner_id, was, now) for was, now in changed]
                row.offers = list(dict.fromkeys(ids))
    session.flush()
    return done
