"""Import of offers: new ones, what they say of themselves, how they stand, their base price."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from partners.domain.number_words import number_of
from partners.domain.offers.offer import ALWAYS, OfferStatus, PriceLevel, Visibility
from partners.domain.offers.offer_life import SetPrice
from partners.domain.policy.policy import Policy
from partners.errors import Refusal
from partners.store.engine.database import Database
from partners.store.imports import records
from partners.store.imports.batches import all_of_it, pages
from partners.store.imports.catalogue import in_file
from partners.store.imports.reading.fields import RowRejected, check_length, check_text, quoted
from partners.store.imports.reading.source import Columns, Source
from partners.store.imports.result import ImportOptions, ImportResult
from partners.store.offers.catalogue import (
    blocked_offers,
    known_offer,
    offer_changes,
    offer_prices,
)
from partners.store.offers.catalogue.offer_changes import Described, Said
from partners.store.offers.catalogue.offer_refusals import NoService
from partners.store.record.recorder import sign
from partners.store.tables.offer_tables import OfferRow

COLUMNS = Columns(
    required=("offer_id", "service", "name"),
    optional=(
        *("description", "visibility", "status", "opens_on", "closes_on", "area", "price"),
        "currency",
    ),
)


class ImportedOffer(NamedTuple):
    """A row of the file. `given`: fields of `Described` that it names; blank ones are left out."""

    offer_id: str
    given: Mapping[str, Any]
    status: OfferStatus | None
    price: SetPrice | None
    line: int
    fields: Sequence[str]

    @property
    def key(self) -> str:
        return self.offer_id


def import_offers(database: Database, path: Path, options: ImportOptions) -> ImportResult:
    """Import a file of offers; importing it again changes nothing.

    What a row leaves blank stays as it is. Afterwards blocks that were written in words are held
    against the offers. Raises UserError for a file that cannot be read or wrong columns.
    """
    result, said = ImportResult(), in_file.said(options, path)
    with (
        Source(path, COLUMNS, options, result) as source,
        all_of_it(database, "offers", options, result) as session,
    ):
        sign(session, options.by, options.now)
        known_offer.lock(session)
        for page in pages(source.parsed(_parser(options.policy))):
            for row in page:
                try:
                    _keep(session, row, options.policy, said, result)
                except Refusal as refusal:
                    in_file.refused(source, row.line, row.fields, refusal)
        if matched := blocked_offers.match(session, said.today):
            blocks = number_of(len(matched), "block")
            result.notes.append(f"{blocks} that stood in words: now of offers of this file")
        records.record(session.connection(), "offers", path, options, result)
    return result


def _parser(policy: Policy) -> Callable[[int, Sequence[str]], ImportedOffer]:
    def parse(line: int, row: Sequence[str]) -> ImportedOffer:
        check_text("".join(row))
        (offer_id, service, name, description, visibility, status, *others) = row
        (opens_on, closes_on, area, price, currency) = others
        given: dict[str, Any] = {
            "service": check_length(service, "service").strip(),
            "name": check_length(name, "name").strip(),
            "description": check_length(description, "description").strip(),
        }
        given = {column: words for column, words in given.items() if words}
        if visibility:
            given["visibility"] = Visibility(_word(visibility, "visibility", Visibility))
        for column, text in (("opens_on", opens_on), ("closes_on", closes_on)):
            if text:
                no_day = text == in_file.NONE
                given[column] = None if no_day else in_file.day_or_none(text, column)
        if area:
            given["area_code"] = None if area == in_file.NONE else area
        stands = OfferStatus(_word(status, "status", OfferStatus)) if status else None
        made = _price(price, currency, policy) if price else None
        return ImportedOffer(offer_id, given, stands, made, line, row)

    return parse


def _word(text: str, column: str, words: type[Visibility] | type[OfferStatus]) -> str:
    if text not in list(words):
        raise RowRejected(f"{column} is none of {', '.join(words)}: {quoted(text)}")
    return text


def _price(text: str, currency: str, policy: Policy) -> SetPrice:
    """A base price from today on, for good."""
    made = in_file.price(text, PriceLevel.BASE, None, ALWAYS)
    try:
        offer_prices.check(made, currency, policy)
    except Refusal as refusal:
        raise RowRejected(str(refusal)) from None
    return made


def _keep(
    session: Session, row: ImportedOffer, policy: Policy, said: Said, result: ImportResult
) -> None:
    """Write what is new or changed of an offer. All is checked first: a row is kept whole."""
    known = session.get(OfferRow, row.offer_id)
    if known is None:
        _add(session, row, policy, said)
        result.new += 1
    elif _change(session, known, row, policy, said):
        result.corrected += 1
    else:
        result.unchanged += 1


def _add(session: Session, row: ImportedOffer, policy: Policy, said: Said) -> None:
    if "service" not in row.given:
        raise NoService(row.offer_id)
    described = Described(**row.given)
    offer_changes.check_new(session, row.offer_id, described, said.today)
    if row.status in (OfferStatus.ACTIVE, OfferStatus.PAUSED):
        prices = [row.price] if row.price else []
        offer_changes.check_ready(row.offer_id, described, prices, said.today)
    offer = offer_changes.add(session, row.offer_id, described, said)
    if row.price is not None:
        offer_prices.put(session, offer, row.price, policy.program.currency, said, [])
        session.flush()
    for step in _STEPS.get(row.status, ()):
        offer_changes.become(session, offer, step, said)


_STEPS: Mapping[OfferStatus | None, Sequence[OfferStatus]] = {
    OfferStatus.ACTIVE: (OfferStatus.ACTIVE,),
    OfferStatus.PAUSED: (OfferStatus.ACTIVE, OfferStatus.PAUSED),
    OfferStatus.RETIRED: (OfferStatus.RETIRED,),
}
"""How a new offer comes to stand as the file says."""


def _change(
    session: Session, offer: OfferRow, row: ImportedOffer, policy: Policy, said: Said
) -> bool:
    """Whether something was written."""
    was = Described.of(offer)
    described = replace(was, **row.given)
    stands = row.status if row.status is not offer.status else None
    held = offer_prices.general_prices(session, offer.offer_id)
    price = None if row.price is None or _stands(row.price, held, said) else row.price
    if described == was and stands is None and price is None:
        return False
    offer_changes.check_change(session, offer, described, said.today)
    if price is not None:
        offer_prices.check_free(price, held, said.today)
    if stands is not None:
        offer_changes.check_become(offer, stands)
        if stands is OfferStatus.ACTIVE:
            prices = [*map(offer_prices.as_set, held), *filter(None, [price])]
            offer_changes.check_ready(offer.offer_id, described, prices, said.today)
        elif stands is OfferStatus.RETIRED:
            offer_changes.check_free_of_exclusives(session, offer)
    if described != was:
        offer_changes.change(session, offer, described, said)
    if price is not None:
        offer_prices.put(session, offer, price, policy.program.currency, said, held)
        session.flush()
    if stands is not None:
        offer_changes.become(session, offer, stands, said)
    return True


def _stands(price: SetPrice, held: Sequence[Any], said: Said) -> bool:
    """Whether the base price is that today already."""
    return any(
        (one.level, one.whose, one.amount) == (PriceLevel.BASE, None, price.amount)
        and one.span.holds(said.today)
        for one in map(offer_prices.as_set, held)
    )
