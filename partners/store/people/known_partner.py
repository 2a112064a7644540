"""A partner by id, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from partners.errors import Refusal
from partners.store.tables.program_tables import PartnerRow

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

    says = "unknown partner {partner_id!r}"

    partner_id: str


def known_partner(session: Session, partner_id: str) -> PartnerRow:
    """The partner. Raises UnknownPartner if there is none."""
    return _known(session.get(PartnerRow, partner_id), partner_id)


def locked_partner(session: Session, partner_id: str) -> PartnerRow:
    """The partner as they are now, locked until the transaction ends. Raises UnknownPartner."""
    return _known(session.scalar(_LOCKED, {"partner_id": partner_id}), partner_id)


def _known(partner: PartnerRow | None, partner_id: str) -> PartnerRow:
    if partner is None:
        raise UnknownPartner(partner_id)
    return partner
