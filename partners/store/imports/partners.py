"""Import of partners: new ones are enrolled as the file says, known ones keep their tier."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import time_zones
from partners.store.engine.database import Database
from partners.store.imports import records
from partners.store.imports.batches import all_of_it, pages
from partners.store.imports.doubts import Doubts
from partners.store.imports.reading import fields
from partners.store.imports.reading.fields import RowRejected, check_length, check_text, quoted
from partners.store.imports.reading.source import Columns, Source
from partners.store.imports.result import ImportOptions, ImportResult, named
from partners.store.record.recorder import sign
from partners.store.tables.program_tables import PartnerRow

COLUMNS = Columns(
    required=("partner_id", "name", "email", "tier", "kind", "joined_on"),
    optional=("time_zone", "language", "fallback_email"),
)
KINDS = ("reseller", "referral")
_LANGUAGE = re.compile("[a-z]{2}(-[A-Z]{2})?", re.ASCII)
_A_YEAR = timedelta(days=366)


class ImportedPartner(NamedTuple):
    """A row of the file. `tier` None: not enrolled."""

    partner_id: str
    name: str
    email: str
    fallback_email: str | None
    kind: str
    joined_on: date
    time_zone: str | None
    language: str | None
    tier: str | None

    @property
    def key(self) -> str:
        return self.partner_id


_DETAILS = ("name", "email", "fallback_email", "kind", "joined_on", "time_zone", "language")
"""What the file decides for known partners too; not the tier."""


def import_partners(
    database: Database, path: Path, options: ImportOptions, languages: Container[str] = ()
) -> ImportResult:
    """Import a file of partners; importing it again changes nothing.

    A tier applies to new partners only, so that a nightly file cannot undo a removal; a differing
    one is noted and ignored. `languages`: those that there are texts in; none: not asked. Raises
    UserError for a file that cannot be read or wrong columns.
    """
    result = ImportResult()
    with (
        Source(path, COLUMNS, options, result) as source,
        all_of_it(database, "partners", options, result) as session,
    ):
        sign(session, options.by, options.now)
        known = set(session.scalars(select(PartnerRow.partner_id)))
        other_tiers: list[str] = []
        doubts = Doubts(options.policy, languages, _today(options))
        parse = _parser(known, options.policy, doubts.today + _A_YEAR)
        for page in pages(source.parsed(parse)):
            doubts.look_at(page)
            other_tiers += _keep(session, page, result)
        result.notes += doubts.notes()
        result.touched_partners = result.new + result.corrected
        _note_tiers(result, other_tiers)
        records.record(session.connection(), "partners", path, options, result)
    return result


def _today(options: ImportOptions) -> date:
    return options.now.astimezone(options.policy.program.zone).date()


def _parser(
    known: Container[str], policy: Policy, latest: date
) -> Callable[[int, Sequence[str]], ImportedPartner]:
    zones, tiers = time_zones(), {tier.key for tier in policy.tiers}

    def parse(line: int, row: Sequence[str]) -> ImportedPartner:
        (partner_id, name, email, tier, kind, joined_on, time_zone, language, fallback) = row
        check_text("".join(row))
        if not name:
            raise RowRejected("name is blank, and mails would greet nobody")
        if kind not in KINDS:
            raise RowRejected(f"kind is neither {' nor '.join(KINDS)}: {quoted(kind)}")
        if tier and tier not in tiers and partner_id not in known:
            raise RowRejected(f"tier is none of {', '.join(sorted(tiers))}: {quoted(tier)}")
        if time_zone and time_zone not in zones:
            raise RowRejected(f"time_zone is no IANA time zone: {quoted(time_zone)}")
        if language and not _LANGUAGE.fullmatch(language):
            raise RowRejected(f"language is not like 'en' or 'de-AT': {quoted(language)}")
        return ImportedPartner(
            partner_id=fields.partner_id(partner_id),
            name=check_length(name, "name"),
            email=check_length(email, "email"),
            fallback_email=check_length(fallback, "fallback_email") or None,
            kind=kind,
            joined_on=fields.day(joined_on, "joined_on", latest),
            time_zone=time_zone or None,
            language=language or None,
            tier=tier or None,
        )

    return parse


def _keep(session: Session, page: Sequence[ImportedPartner], result: ImportResult) -> list[str]:
    """Write what is new or changed; returns the partners whose tier is another in the file."""
    query = select(PartnerRow).where(PartnerRow.partner_id.in_([p.partner_id for p in page]))
    known = {row.partner_id: row for row in session.scalars(query)}
    for partner in page:
        row = known.get(partner.partner_id)
        if row is None:
            session.add(_enrolled(partner))
            result.new += 1
        elif any(getattr(row, name) != getattr(partner, name) for name in _DETAILS):
            for name in _DETAILS:
                setattr(row, name, getattr(partner, name))
            result.corrected += 1
        else:
            result.unchanged += 1
    session.flush()
    return [p.partner_id for p in page if p.tier and p.partner_id in known
            and known[p.partner_id].tier != p.tier]  # fmt: skip


def _enrolled(partner: ImportedPartner) -> PartnerRow:
    since = partner.joined_on if partner.tier else None
    return PartnerRow(**partner._asdict(), tier_since=since, left_on=None)


def _note_tiers(result: ImportResult, partner_ids: Sequence[str]) -> None:
    if partner_ids:
        result.notes.append(
            f"another tier in the file was ignored for {named(partner_ids)}: a tier applies to new "
            "partners only"
        )
