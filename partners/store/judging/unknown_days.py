"""Days that are not known of a partner, for rows of theirs were rejected (rule 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from partners.domain.judging.coverage import DayRange
from partners.store.tables.feed_tables import UnknownDaysRow

UnknownDays = dict[str, list[DayRange]]
"""By partner; who has none is absent."""
EVERYBODY = ""
"""In the place of a partner: see `facts.coverage`."""

_KNOWN = "unknown days"
_DAYS = select(
    UnknownDaysRow.partner_id, UnknownDaysRow.first_day, UnknownDaysRow.last_day
).distinct()


def of_partners(session: Session, partner_ids: Collection[str]) -> UnknownDays:
    """Of these partners; those of each are read once in a transaction."""
    known: UnknownDays = session.info.setdefault(_KNOWN, {})
    if missing := [partner_id for partner_id in partner_ids if partner_id not in known]:
        found = _read(session, _DAYS.where(UnknownDaysRow.partner_id.in_(missing)))
        known.update({partner_id: found.get(partner_id, []) for partner_id in missing})
    return {partner_id: known[partner_id] for partner_id in partner_ids if known[partner_id]}


def of_range(session: Session, first: str, last: str) -> UnknownDays:
    """Of the partners from one id through another, in the database's order."""
    return _read(session, _DAYS.where(UnknownDaysRow.partner_id.between(first, last)))


def _read(session: Session, query: Select[str, date, date]) -> UnknownDays:
    found: UnknownDays = defaultdict(list)
    for partner_id, first, last in session.execute(query):
        found[partner_id].append(DayRange(first, last))
    return found
