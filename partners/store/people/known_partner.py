"""A partner by id, or a refusal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from partners.errors import Refusal
from partners.store.people.near_partners import did_you_mean, near_partners
from partners.store.tables.program_tables import PartnerRow

_PAGE = 500

# Built once, for every run of a workflow asks. `populate_existing`: whoever was read before the
# lock is read anew.
_LOCKED = (
    select(PartnerRow)
    .where(PartnerRow.partner_id == bindparam("partner_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


@dataclass(eq=False)
class UnknownPartner(Refusal):
    """No partner has this id."""

    partner_id: str
    near: tuple[str, ...] = ()  # ids that read like it

    def __str__(self) -> str:
        return f"unknown partner {self.partner_id!r}{did_you_mean(self.near)}"


def known_partner(session: Session, partner_id: str) -> PartnerRow:
    """The partner. Raises UnknownPartner if there is none."""
    return _known(session, session.get(PartnerRow, partner_id), partner_id)


def locked_partner(session: Session, partner_id: str) -> PartnerRow:
    """The partner as they are now, locked until the transaction ends. Raises UnknownPartner."""
    return _known(session, session.scalar(_LOCKED, {"partner_id": partner_id}), partner_id)


def _known(session: Session, partner: PartnerRow | None, partner_id: str) -> PartnerRow:
    if partner is None:
        raise UnknownPartner(partner_id, near_partners(session, partner_id))
    return partner


def names_of(session: Session, partner_ids: Iterable[str]) -> dict[str, str]:
    """The names of partners, by id, for whoever shows them; those who are unknown are left out."""
    ids, found = sorted(set(partner_ids)), dict[str, str]()
    for start in range(0, len(ids), _PAGE):
        page = PartnerRow.partner_id.in_(ids[start : start + _PAGE])
        query = select(PartnerRow.partner_id, PartnerRow.name).where(page)
        found |= {row.partner_id: row.name for row in session.execute(query)}
    return found
