"""Import of referrals: rows are what is known of each at a time; any order, any repetition."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.domain.offers.places import is_postal_code, postal_code
from partners.domain.policy.policy import Policy
from partners.domain.policy.referral_policy import ReferralSection
from partners.domain.referrals.referral import CLOSED, REPORTED, ReferralState, Version
from partners.domain.referrals.referral_check import Limits, Report, why_refused
from partners.errors import Refusal
from partners.store.engine.database import Database
from partners.store.imports import records
from partners.store.imports.batches import all_of_it, pages
from partners.store.imports.reading import fields
from partners.store.imports.reading.fields import (
    MAX_TEXT,
    RowRejected,
    check_id,
    check_length,
    check_text,
    quoted,
)
from partners.store.imports.reading.instants import Instants
from partners.store.imports.reading.source import Columns, Source
from partners.store.imports.result import ImportOptions, ImportResult
from partners.store.referrals import referral_leads, referrals
from partners.store.referrals.referral_leads import Change
from partners.store.referrals.referral_money import decimals
from partners.store.referrals.referrals import Reported, Taken
from partners.store.tables.program_tables import PartnerRow

COLUMNS = Columns(
    required=("referral_id", "partner_id", "lead_ref", "submitted_at", "status"),
    optional=("amount", "closed_at", "known_at", "currency", "reason", "postal_code", "service"),
)


@dataclass(eq=False)
class NoReferralTerms(Refusal):
    """The policy has no terms of referring."""

    says = (
        "the policy has no [referral] table, so nobody refers; add one (program.toml shows it) "
        "and publish it"
    )


class ReferralRowOfFile(NamedTuple):
    """A row of the file, with the fields it was made from."""

    report: Reported
    fields: Sequence[str]

    @property
    def key(self) -> str:
        return self.report.referral_id


def import_referrals(
    database: Database, path: Path, options: ImportOptions
) -> tuple[ImportResult, list[Change]]:
    """Import a file of referrals; importing it again changes nothing.

    Returns what became of the rows, and the referrals that stand otherwise than before. Raises
    UserError for a file that cannot be read, wrong columns, or a policy without referrals.
    """
    section = terms_of(options.policy)
    result = ImportResult()
    changes: list[Change] = []
    with (
        Source(path, COLUMNS, options, result) as source,
        all_of_it(database, "referrals", options, result) as session,
    ):
        # Before anything is read: rows are held against what stands when they are written.
        referrals.lock(session)
        partners = set(session.scalars(select(PartnerRow.partner_id)))
        parse = _parser(partners, section, options)
        leads: set[str] = set()
        for page in pages(source.parsed(parse)):
            leads |= _keep(session, source, page, path.name, options, result)
        # Once all rows are in: which referral of a lead counts rests on all of them.
        for some in _in_parts(sorted(leads)):
            changes += referral_leads.resolve(session, some, options.policy, options.now)
        result.touched_partners = len({change.partner_id for change in changes})
        records.record(session.connection(), "referrals", path, options, result)
    return result, changes if result.kept else []


def terms_of(policy: Policy) -> ReferralSection:
    """The policy's terms of referring. Raises NoReferralTerms if it has none."""
    if policy.referral is None:
        raise NoReferralTerms
    return policy.referral


def limits(policy: Policy, now: datetime) -> Limits:
    """What reports are held against."""
    currency = policy.program.currency
    return Limits(terms_of(policy), calendar_of(policy), currency, decimals(currency), now)


def _in_parts(leads: Sequence[str], size: int = 1000) -> list[Sequence[str]]:
    return [leads[at : at + size] for at in range(0, len(leads), size)]


def _parser(
    partners: Container[str], section: ReferralSection, options: ImportOptions
) -> Callable[[int, Sequence[str]], ReferralRowOfFile]:
    instants = Instants(options.policy.program.zone)
    held_against = limits(options.policy, options.now)

    def parse(line: int, row: Sequence[str]) -> ReferralRowOfFile:
        (referral_id, partner_id, lead, submitted, status, amount, closed, known, currency, why,
         place, service) = row  # fmt: skip
        check_text("".join(row))
        if partner_id not in partners:
            raise RowRejected(f"partner_id names no known partner: {quoted(partner_id)}")
        state = _state(status)
        closes = state in CLOSED
        version = Version(
            known_at=_instant(instants, known, "known_at") if known else options.now,
            state=state,
            amount=fields.number(amount, "amount") if amount and closes else None,
            closed_at=_instant(instants, closed, "closed_at") if closed and closes else None,
            reason=check_length(why, "reason"),
            order=0 if known else line,
        )
        report = Reported(
            _id(referral_id, "referral_id"),
            partner_id,
            _id(lead, "lead_ref"),
            _instant(instants, submitted, "submitted_at"),
            version,
            dated=bool(known),
            line=line,
            postal_code=place_of(place),
            service=check_length(service.strip(), "service"),
        )
        check(report, held_against, currency)
        return ReferralRowOfFile(report, row)

    return parse


def check(report: Reported, held_against: Limits, currency: str = "") -> None:
    """Raises RowRejected for a report that is wrong in itself."""
    version = report.version
    wrong = why_refused(
        Report(
            version.state,
            report.submitted_at,
            version.known_at,
            version.amount,
            version.closed_at,
            currency,
        ),
        held_against,
    )
    if wrong is not None:
        raise RowRejected(wrong)


def _id(text: str, column: str) -> str:
    if not text or not text.isprintable():
        most = MAX_TEXT[column]
        raise RowRejected(f"{column} is not 1 to {most} printable characters: {quoted(text)}")
    return check_id(text, column)


def place_of(text: str) -> str:
    """A postal code as it is stored; blank for blank. Raises RowRejected for what is none."""
    code = postal_code(text)
    if code and not is_postal_code(code):
        raise RowRejected(f"postal_code is none: {quoted(text)}; leave it blank if it is not known")
    return code


def _state(text: str) -> ReferralState:
    try:
        return ReferralState(text)
    except ValueError:
        known = ", ".join(REPORTED)
        raise RowRejected(f"status is none of {known}: {quoted(text)}") from None


def _instant(instants: Instants, text: str, column: str) -> datetime:
    """A time, or a day, which is its midnight in the program's zone."""
    try:
        seconds, _ = instants.read(text)
    except ValueError:
        raise RowRejected(f"{column} is no time (ISO 8601): {quoted(text)}") from None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _keep(
    session: Session,
    source: Source,
    page: Sequence[ReferralRowOfFile],
    name: str,
    options: ImportOptions,
    result: ImportResult,
) -> set[str]:
    """Take a page in; returns the leads that it says something new about."""
    currency = options.policy.program.currency
    reports = [row.report for row in page]
    taken = referrals.take_in(session, reports, name, currency, keep_refused=True)
    leads = set()
    for row, outcome in zip(page, taken, strict=True):
        match outcome.what:
            case Taken.REFUSED:
                source.refuse(row.report.line, row.fields, outcome.reason)
                continue
            case Taken.UNCHANGED:
                result.unchanged += 1
                continue
            case Taken.NEW:
                result.new += 1
            case Taken.CHANGED:
                result.corrected += 1
            case Taken.LATE:
                result.late += 1
        leads.add(row.report.lead_ref)
    return leads


def amount_of(text: str) -> Decimal:
    """An amount as a person types it. Raises RowRejected for anything but a plain number."""
    return fields.number(text, "amount")
