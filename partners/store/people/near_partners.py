"""Partners whom somebody may have meant: of an id that nobody has, those that read like it."""

from __future__ import annotations

from difflib import get_close_matches

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from partners.store.tables.program_tables import PartnerRow

MOST = 3
ALIKE = 0.7
"""From 0, nothing in common, to 1, the same; see `difflib`."""
LOOKED_AT = 5_000
"""So many are compared, which takes a moment; of more, those that begin with the same letter."""


def near_partners(session: Session, wanted: str) -> tuple[str, ...]:
    """The ids of a few partners whose id or name reads like that one, the nearest first."""
    wanted = wanted.strip()
    if not wanted:
        return ()
    row = PartnerRow
    query = select(row.partner_id, row.name).order_by(row.partner_id)
    found = session.execute(query.limit(LOOKED_AT + 1)).all()
    if len(found) > LOOKED_AT:
        begins = or_(
            row.partner_id.istartswith(wanted[0], autoescape=True),
            row.name.istartswith(wanted[0], autoescape=True),
        )
        found = session.execute(query.where(begins).limit(LOOKED_AT)).all()
    ids: dict[str, str] = {name.casefold(): partner_id for partner_id, name in found}
    ids |= {partner_id.casefold(): partner_id for partner_id, _ in found}
    alike = get_close_matches(wanted.casefold(), ids, n=2 * MOST, cutoff=ALIKE)
    return tuple(dict.fromkeys(ids[word] for word in alike))[:MOST]


def did_you_mean(near: tuple[str, ...]) -> str:
    """`; did you mean bellavista?`, or nothing."""
    *others, last = near or ("",)
    names = f"{', '.join(others)} or {last}" if others else last
    return f"; did you mean {names}?" if near else ""
