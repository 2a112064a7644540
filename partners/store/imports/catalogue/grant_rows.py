"""Import of grants: which partner may have which offer, from when until when."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.offers.offer import OfferStatus, Span
from partners.domain.overrides.override import Override
from partners.errors import Refusal
from partners.store.engine.database import Database
from partners.store.imports import records
from partners.store.imports.batches import all_of_it, pages
from partners.store.imports.catalogue import in_file
from partners.store.imports.reading.fields import RowRejected, check_length, check_text, quoted
from partners.store.imports.reading.source import Columns, Source
from partners.store.imports.result import ImportOptions, ImportResult
from partners.store.offers.catalogue import grants, known_offer
from partners.store.offers.catalogue.offer_changes import Said
from partners.store.offers.catalogue.offer_refusals import OfferIsRetired
from partners.store.offers.catalogue.term_refusals import GranteeIsBlocked
from partners.store.overrides.overrides import holding
from partners.store.record.recorder import sign
from partners.store.tables.case_tables import OverrideRow
from partners.store.tables.offer_tables import GrantRow, OfferRow
from partners.store.tables.program_tables import PartnerRow

COLUMNS = Columns(required=("offer_id", "partner_id"), optional=("from", "until", "reason"))


class ImportedGrant(NamedTuple):
    """A row of the file, with where it stands and the fields it was made from."""

    offer_id: str
    partner_id: str
    span: Span
    reason: str
    line: int
    fields: Sequence[str]

    @property
    def key(self) -> tuple[str, str]:
        return self.offer_id, self.partner_id


def import_grants(database: Database, path: Path, options: ImportOptions) -> ImportResult:
    """Import a file of grants; importing it again changes nothing.

    A row about a grant that there is moves its last day. Raises UserError for a file that cannot be
    read or wrong columns.
    """
    result, said = ImportResult(), in_file.said(options, path)
    touched: set[str] = set()
    with (
        Source(path, COLUMNS, options, result) as source,
        all_of_it(database, "grants", options, result) as session,
    ):
        sign(session, options.by, options.now)
        known_offer.lock(session)
        for page in pages(source.parsed(_parser(session, said.today))):
            touched |= _keep(session, source, page, said, result)
        result.touched_partners = len(touched)
        records.record(session.connection(), "grants", path, options, result)
    return result


def _parser(session: Session, today: date) -> Callable[[int, Sequence[str]], ImportedGrant]:
    """Rows are held against who and what is known, once for the whole file."""
    offers = dict(session.execute(select(OfferRow.offer_id, OfferRow.status)).tuples().all())
    partners = set(session.scalars(select(PartnerRow.partner_id)))
    blocked, blocked_offers = _blocked(session, today)

    def parse(line: int, row: Sequence[str]) -> ImportedGrant:
        (offer_id, partner_id, first, last, reason) = row
        check_text("".join(row))
        if (status := offers.get(offer_id)) is None:
            raise RowRejected(f"offer_id names no known offer: {quoted(offer_id)}")
        if partner_id not in partners:
            raise RowRejected(f"partner_id names no known partner: {quoted(partner_id)}")
        if status is OfferStatus.RETIRED:
            raise RowRejected(str(OfferIsRetired(offer_id)))
        if partner_id in blocked:
            raise RowRejected(str(GranteeIsBlocked(partner_id, offer_id)))
        if (partner_id, offer_id) in blocked_offers:
            raise RowRejected(str(GranteeIsBlocked(partner_id, offer_id, only_this=True)))
        days = in_file.span(first, last)
        why = check_length(reason, "reason").strip()
        return ImportedGrant(offer_id, partner_id, days, why, line, row)

    return parse


def _blocked(session: Session, today: date) -> tuple[Container[str], Container[tuple[str, str]]]:
    """Who is blocked altogether, and who is from which offer."""
    row = OverrideRow
    kinds = (Override.BLOCK, Override.OFFERS)
    found = session.scalars(select(row).where(row.kind.in_(kinds), holding(today))).all()
    whole = {one.partner_id for one in found if one.kind == Override.BLOCK}
    return whole, {(one.partner_id, offer) for one in found for offer in one.offers}


def _keep(
    session: Session,
    source: Source,
    page: Sequence[ImportedGrant],
    said: Said,
    result: ImportResult,
) -> set[str]:
    """Write what is new or changed; returns whose."""
    held = grants.by_pair(grants.standing(session, [row.key for row in page]))
    touched = set()
    for row in page:
        try:
            if _keep_one(session, row, held.get(row.key, []), said, result):
                touched.add(row.partner_id)
        except Refusal as refusal:
            in_file.refused(source, row.line, row.fields, refusal)
    session.flush()
    return touched


def _keep_one(
    session: Session,
    row: ImportedGrant,
    held: Sequence[GrantRow],
    said: Said,
    result: ImportResult,
) -> bool:
    """Whether something was written."""
    same = next((one for one in held if _is_same(one, row.span.first, said.today)), None)
    if same is None:
        why = replace(said, reason=row.reason or said.reason)
        grants.give(session, row.offer_id, row.partner_id, row.span, why, held)
        result.new += 1
    elif same.until_day == row.span.last:
        result.unchanged += 1
        return False
    else:
        grants.move_end(same, row.span.last, held, said.today)
        result.corrected += 1
    return True


def _is_same(one: GrantRow, first: date | None, today: date) -> bool:
    """Whether a row that names this first day, or none, is about that grant."""
    if first is not None:
        return one.from_day == first
    return Span(one.from_day, one.until_day).holds(today)
