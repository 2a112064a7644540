"""Rules of the audit for offers and exclusives: every write is an entry that says how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from partners.domain.record.audit import AuditKind, Entry
from partners.store.record.audit_fields import FIELDS, digest, ref_of
from partners.store.record.audit_rule import Rule, Written
from partners.store.record.audit_stands import STANDS
from partners.store.tables.base import Base
from partners.store.tables.exclusive_tables import (
    ExclusiveReviewRow,
    ExclusiveRow,
    ExclusiveStateRow,
)
from partners.store.tables.feed_tables import SettledOrderRow
from partners.store.tables.offer_tables import (
    AreaRow,
    GrantRow,
    OfferRow,
    OfferStateRow,
    PriceRow,
    WindowRow,
)


def _as_it_stands(kind: AuditKind) -> Callable[[Written], Entry]:
    def describe(w: Written) -> Entry:
        row, stands = w.row, STANDS.get(type(w.row))
        details = {"what": "deleted" if w.deleted else "written" if w.new else "changed"}
        if stands is not None:
            details |= stands.facts(row)
        if type(row) in FIELDS:
            details["sha256"] = digest(row)
        partner_id = getattr(row, "partner_id", None)
        return Entry(kind, w.at, w.actor, partner_id, ref=ref_of(row), details=details)

    return describe


OFFERS: Mapping[type[Base], Rule] = {
    **dict.fromkeys(
        (AreaRow, OfferRow, OfferStateRow, GrantRow, PriceRow, WindowRow, SettledOrderRow),
        Rule(_as_it_stands(AuditKind.OFFER)),
    ),
    **dict.fromkeys(
        (ExclusiveRow, ExclusiveStateRow, ExclusiveReviewRow),
        Rule(_as_it_stands(AuditKind.EXCLUSIVE)),
    ),
}
