"""Referrals: taking in what is reported, and making each stand as all that is known says.

Every change happens under one lock, in this order: versions are added (`take_in`), then the leads
that they touch are looked at as a whole (`referral_leads.resolve`), which also posts to the ledger
and notes what the partners are to be told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.domain.referrals.referral import Known, ReferralState, Version, fold, is_void
from partners.store.referrals.referral_money import terms
from partners.store.tables.program_tables import REFERRAL_LOCK, LockRow, PartnerRow
from partners.store.tables.referral_tables import ReferralRow, ReferralVersionRow


@dataclass(frozen=True)
class Reported:
    """One row of a file, or one command: about which referral, and what it says."""

    referral_id: str
    partner_id: str
    lead_ref: str
    submitted_at: datetime
    version: Version
    dated: bool = True  # False: the file does not say when it became known
    line: int = 0
    postal_code: str = ""  # where the lead is; blank: nothing is said of it
    service: str = ""  # what it wants; blank likewise

    @property
    def key(self) -> str:
        return self.referral_id


class Taken(StrEnum):
    """What became of a report."""

    NEW = "new"
    CHANGED = "changed"
    LATE = "late"  # out of date already; kept in its place
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class TakenIn:
    what: Taken
    reason: str = ""  # why it was refused
    void: bool = False  # for what is known of the referral: what arrives later may allow it


Versions = defaultdict[str, list[Version]]


def lock(session: Session) -> None:
    """Take the turn to change referrals; the others wait until this transaction ends."""
    session.get(LockRow, REFERRAL_LOCK, with_for_update=True)


def find(session: Session, referral_id: str) -> ReferralRow | None:
    return session.get(ReferralRow, referral_id)


def of_partner(session: Session, partner_id: str | None, state: str | None) -> list[ReferralRow]:
    """Referrals, those submitted last leading; of all partners where none is named."""
    query = select(ReferralRow)
    if partner_id:
        query = query.where(ReferralRow.partner_id == partner_id)
    if state:
        query = query.where(ReferralRow.state == state)
    return list(session.scalars(query.order_by(*_NEWEST_FIRST)))


_NEWEST_FIRST = (ReferralRow.submitted_at.desc(), ReferralRow.referral_id)


def listed(
    session: Session, partner_id: str | None, state: str | None, lead: str | None
) -> Iterator[ReferralRow]:
    """As `of_partner`, read while they are asked for; `lead`: only of this lead."""
    row = ReferralRow
    wanted = ((row.partner_id, partner_id), (row.state, state), (row.lead_ref, lead))
    query = select(row).where(*(column == value for column, value in wanted if value))
    yield from session.scalars(query.order_by(*_NEWEST_FIRST).execution_options(yield_per=500))


def versions_of(session: Session, referral_ids: Collection[str]) -> Versions:
    """All versions of these referrals, void ones included, in their order."""
    found: Versions = defaultdict(list)
    query = select(ReferralVersionRow).where(ReferralVersionRow.referral_id.in_(referral_ids))
    for row in session.scalars(query):
        found[row.referral_id].append(
            Version(
                known_at=row.known_at,
                state=row.state,
                amount=row.amount,
                closed_at=row.closed_at,
                reason=row.reason,
                order=row.place,
            )
        )
    for versions in found.values():
        versions.sort(key=lambda v: v.place)
    return found


def take_in(
    session: Session,
    reports: Sequence[Reported],
    source: str,
    currency: str,
    keep_refused: bool,
) -> list[TakenIn]:
    """Add what is new in reports about different referrals; says what became of each.

    Where a lead is and what it wants is as was said last.

    `keep_refused`: a void version is kept, so that an earlier one that arrives later can still
    make it valid: then the order of arrival of a feed does not matter. It has no effect before.
    """
    ids = [report.referral_id for report in reports]
    rows = {
        row.referral_id: row
        for row in session.scalars(select(ReferralRow).where(ReferralRow.referral_id.in_(ids)))
    }
    versions = versions_of(session, ids)
    taken = []
    for report in reports:
        row, own = rows.get(report.referral_id), versions[report.referral_id]
        outcome = _look_at(session, report, row, own, currency)
        if outcome.what in (Taken.NEW, Taken.CHANGED, Taken.LATE) or (
            keep_refused and row is not None and outcome.void
        ):
            if row is None:
                session.add(row := _new(report))
            session.add(_version_row(report, source))
        if outcome.what is not Taken.REFUSED and _placed(row, report):
            outcome = TakenIn(Taken.CHANGED) if outcome.what is Taken.UNCHANGED else outcome
        taken.append(outcome)
    session.flush()
    return taken


def _look_at(
    session: Session,
    report: Reported,
    row: ReferralRow | None,
    versions: list[Version],
    currency: str,
) -> TakenIn:
    """What a report comes to beside what is known."""
    if row is not None and (clash := _clash(session, report, row, versions, currency)):
        return TakenIn(Taken.REFUSED, clash)
    version = report.version
    same = [v for v in versions if v.content == version.content]
    if (same and not report.dated) or any(v.place == version.place for v in same):
        if (void := is_void(versions, same[0])) and len(same) == 1:
            return TakenIn(Taken.REFUSED, void)
        return TakenIn(Taken.UNCHANGED)
    with_it = [*versions, version]
    if void := is_void(with_it, version):
        return TakenIn(Taken.REFUSED, void, void=True)
    if row is None:
        return TakenIn(Taken.NEW)
    newest = max(with_it, key=lambda v: v.place) is version
    if newest and versions and _agree(versions[-1], version):
        return TakenIn(Taken.UNCHANGED)
    return TakenIn(Taken.CHANGED if newest else Taken.LATE)


def _agree(newest: Version, version: Version) -> bool:
    """A nightly file repeats what is known, with a later `known_at`."""
    return newest.content == version.content


def _clash(
    session: Session,
    report: Reported,
    row: ReferralRow,
    versions: list[Version],
    currency: str,
) -> str | None:
    """What a report says otherwise than the referral is; None if nothing."""
    if row.partner_id != report.partner_id:
        return f"referral {row.referral_id} is another partner's"
    if row.lead_ref != report.lead_ref:
        return f"referral {row.referral_id} is about another lead; give the new lead its own id"
    version, known = report.version, fold(versions)
    if version.state is ReferralState.REFUNDED and version.amount not in (None, known.amount):
        return (
            f"a refund is of the whole purchase ({known.amount}); for a part of it report the "
            "conversion again, with the amount that remains"
        )
    promised = terms(session, row)
    if version.amount is not None and promised is not None and promised[1] != currency:
        return (
            f"referral {row.referral_id} was accepted when the program paid in {promised[1]}, "
            f"not {currency}; reject it, and add it anew"
        )
    return None


def _new(report: Reported) -> ReferralRow:
    return ReferralRow(
        referral_id=report.referral_id,
        partner_id=report.partner_id,
        lead_ref=report.lead_ref,
        submitted_at=report.submitted_at,
        state=ReferralState.SUBMITTED,
        reason="",
        revision=0,
    )


def _placed(row: ReferralRow | None, report: Reported) -> bool:
    """Write down where the lead is and what it wants; whether a known referral says so anew."""
    said = {"postal_code": report.postal_code, "service": report.service}
    new = {name: value for name, value in said.items() if value and getattr(row, name) != value}
    for name, value in new.items():
        setattr(row, name, value)
    return bool(new)


def _version_row(report: Reported, source: str) -> ReferralVersionRow:
    version = report.version
    return ReferralVersionRow(
        referral_id=report.referral_id,
        known_at=version.known_at,
        place=version.order,
        state=version.state,
        amount=version.amount,
        closed_at=version.closed_at,
        reason=version.reason,
        source=source,
    )


def known_partners(session: Session, partner_ids: Iterable[str]) -> set[str]:
    """Which of these partners exist."""
    query = select(PartnerRow.partner_id).where(PartnerRow.partner_id.in_(list(partner_ids)))
    return set(session.scalars(query))


def known_of(session: Session, rows: Iterable[ReferralRow]) -> dict[str, Known]:
    """What the versions of each referral come to."""
    found = versions_of(session, [row.referral_id for row in rows])
    return {referral_id: fold(versions) for referral_id, versions in found.items()}


def amount_words(amount: Decimal, currency: str) -> str:
    """`1200.00 USD`."""
    return f"{amount:,.2f} {currency}"
