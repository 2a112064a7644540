"""The languages that partners read."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from partners.store.tables.program_tables import PartnerRow


def languages(session: Session) -> dict[str, int]:
    """How many partners chose which language; those who chose none read the program's."""
    row = PartnerRow
    query = (
        select(row.language, func.count()).where(row.language.is_not(None)).group_by(row.language)
    )
    return {str(language): number for language, number in session.execute(query)}
