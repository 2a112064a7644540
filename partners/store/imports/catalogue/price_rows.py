"""Import of prices: what offers cost, for everybody, a tier or a partner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.offer import OfferStatus, PriceLevel, Span
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
from partners.store.offers import price_rises
from partners.store.offers.catalogue import known_offer, offer_prices
from partners.store.offers.catalogue.offer_changes import Said
from partners.store.offers.catalogue.offer_refusals import OfferIsRetired
from partners.store.offers.price_rises import Change
from partners.store.record.recorder import sign
from partners.store.tables.offer_tables import OfferRow, PriceRow
from partners.store.tables.program_tables import PartnerRow

COLUMNS = Columns(
    required=("offer_id", "price"),
    optional=("tier", "partner_id", "currency", "from", "until", "reason"),
)
Key = tuple[str, PriceLevel, str | None]


class ImportedPrice(NamedTuple):
    """A row of the file, with where it stands and the fields it was made from."""

    offer_id: str
    price: SetPrice
    reason: str
    line: int
    fields: Sequence[str]

    @property
    def key(self) -> Key:
        return self.offer_id, self.price.level, self.price.whose


def import_prices(database: Database, path: Path, options: ImportOptions) -> ImportResult:
    """Import a file of prices; importing it again changes nothing.

    A row with a price that there is moves its last day; another price for one of its days is
    rejected (rule 21). Raises UserError for a file that cannot be read or wrong columns, and
    PriceRisesTooSoon, with nothing kept, where somebody would pay more before they can be told: the
    end of one price and the beginning of the next belong together.
    """
    result, said = ImportResult(), in_file.said(options, path)
    with (
        Source(path, COLUMNS, options, result) as source,
        all_of_it(database, "prices", options, result) as session,
    ):
        sign(session, options.by, options.now)
        known_offer.lock(session)
        changes: list[Change] = []
        for page in pages(source.parsed(_parser(session, options.policy))):
            changes += _keep(session, source, page, options.policy.program.currency, said, result)
        price_rises.refuse_too_soon(session, changes, options.now)
        records.record(session.connection(), "prices", path, options, result)
    return result


def _parser(session: Session, policy: Policy) -> Callable[[int, Sequence[str]], ImportedPrice]:
    offers = dict(session.execute(select(OfferRow.offer_id, OfferRow.status)).tuples().all())
    partners = set(session.scalars(select(PartnerRow.partner_id)))

    def parse(line: int, row: Sequence[str]) -> ImportedPrice:
        (offer_id, price, tier, partner_id, currency, first, last, reason) = row
        check_text("".join(row))
        if (status := offers.get(offer_id)) is None:
            raise RowRejected(f"offer_id names no known offer: {quoted(offer_id)}")
        if status is OfferStatus.RETIRED:
            raise RowRejected(str(OfferIsRetired(offer_id)))
        if tier and partner_id:
            raise RowRejected("tier and partner_id are both given; a price is for one of them")
        if partner_id and partner_id not in partners:
            raise RowRejected(f"partner_id names no known partner: {quoted(partner_id)}")
        level = _level(tier, partner_id)
        made = in_file.price(price, level, partner_id or tier or None, in_file.span(first, last))
        try:
            offer_prices.check(made, currency, policy)
        except Refusal as refusal:
            raise RowRejected(str(refusal)) from None
        return ImportedPrice(offer_id, made, check_length(reason, "reason").strip(), line, row)

    return parse


def _level(tier: str, partner_id: str) -> PriceLevel:
    if partner_id:
        return PriceLevel.PARTNER
    return PriceLevel.TIER if tier else PriceLevel.BASE


def _keep(
    session: Session,
    source: Source,
    page: Sequence[ImportedPrice],
    currency: str,
    said: Said,
    result: ImportResult,
) -> list[Change]:
    """Keep the rows of a page; returns from which days prices are others."""
    changes: list[Change] = []
    held = _held(session, page)
    offers = select(OfferRow).where(OfferRow.offer_id.in_({row.offer_id for row in page}))
    by_id = {offer.offer_id: offer for offer in session.scalars(offers)}
    for row in page:
        others = held.get(row.key, [])
        try:
            same = next((one for one in others if _is_same(one, row.price, said.today)), None)
            if same is None:
                why = replace(said, reason=row.reason or said.reason)
                new = offer_prices.put(
                    session, by_id[row.offer_id], row.price, currency, why, others
                )
                changes.append((new, new.from_day))
                result.new += 1
            elif same.until_day == row.price.span.last:
                result.unchanged += 1
            else:
                offer_prices.move_end(same, row.price.span.last, others, said.today)
                changes += [(same, day) for day in price_rises.days_of(same)[1:]]
                result.corrected += 1
        except Refusal as refusal:
            in_file.refused(source, row.line, row.fields, refusal)
    session.flush()
    return changes


def _held(session: Session, page: Sequence[ImportedPrice]) -> dict[Key, list[PriceRow]]:
    """The prices of the page's levels: of an offer that 100,000 partners have, not all."""
    own = [row for row in page if row.price.level is PriceLevel.PARTNER]
    general = {row.offer_id for row in page if row.price.level is not PriceLevel.PARTNER}
    rows = offer_prices.of_partners(
        session, {row.offer_id for row in own}, {row.price.whose or "" for row in own}
    )
    for offer_id in sorted(general):
        rows += offer_prices.general_prices(session, offer_id)
    found: dict[Key, list[PriceRow]] = {}
    for row in rows:
        found.setdefault((row.offer_id, row.level, row.partner_id or row.tier), []).append(row)
    return found


def _is_same(one: PriceRow, price: SetPrice, today: date) -> bool:
    """Whether a row with this price and first day, or none, is about the one that is set."""
    if (one.amount, one.discount) != (price.amount, price.discount):
        return False
    if price.span.first is not None:
        return one.from_day == price.span.first
    return Span(one.from_day, one.until_day).holds(today)
