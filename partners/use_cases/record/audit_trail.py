"""What happened to a partner, whether the record holds, and whether alike were treated alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from partners.domain.record.audit import Link
from partners.domain.record.fairness import Difference, differences
from partners.errors import Refusal
from partners.store.people.near_partners import did_you_mean, near_partners
from partners.store.record import audit, audit_check
from partners.store.record.audit_check import Verified
from partners.store.reviews import fairness
from partners.store.tables.program_tables import PartnerRow
from partners.use_cases.acting import Viewer
from partners.use_cases.copying import counted

A_YEAR = timedelta(days=365)


@dataclass(eq=False)
class NothingOnRecord(Refusal):
    """The record has nothing of this partner, and no partner has this id."""

    partner_id: str
    near: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"unknown partner {self.partner_id!r}{did_you_mean(self.near)}"


@dataclass(frozen=True)
class Fairness:
    """Partners alike who were treated differently from the first day to the last."""

    first: date
    last: date
    differences: list[Difference]


def of_partner(by: Viewer, partner_id: str) -> list[Link]:
    """Everything that happened to a partner, oldest first. Raises NothingOnRecord."""
    with by.database.snapshot() as session:
        links = list(audit.links(session, partner_id=partner_id))
        if not links and session.get(PartnerRow, partner_id) is None:
            raise NothingOnRecord(partner_id, near_partners(session, partner_id))
    return links


def every_entry(by: Viewer) -> Iterator[Link]:
    """In order, as they are asked for: enough to compute every hash anew."""
    with (
        by.database.snapshot() as session,
        by.program.progress("exporting entries", _newest(session)) as step,
    ):
        yield from counted(audit.links(session), step)


def verify(by: Viewer, anchor: tuple[int, str] | None) -> Verified:
    """Whether nothing was changed. `anchor`: number and hash of an entry, noted down earlier."""
    with (
        by.database.snapshot() as session,
        by.program.progress("checking entries", _newest(session)) as step,
    ):
        return audit_check.verify(session, anchor, step)


def compare(by: Viewer, since: date | None, until: date | None) -> Fairness:
    """How partners with the same findings were treated; by itself of the last year."""
    last = until or by.now().date()
    first = since or last - A_YEAR
    with (
        by.database.snapshot() as session,
        by.program.progress("comparing partners", None) as step,
    ):
        found = differences(counted(fairness.treatments(session, first, last), step))
    return Fairness(first, last, found)


def _newest(session: Session) -> int:
    newest = audit.newest(session)
    return newest.seq if newest else 0
