"""The languages that partners read."""

from __future__ import annotations

from partners.store.people.languages import languages
from partners.use_cases.acting import Viewer


def spoken(by: Viewer) -> dict[str, int]:
    """How many partners chose which language; those who chose none read the program's."""
    with by.database.read() as session:
        return languages(session)
