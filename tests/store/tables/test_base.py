"""What all ways into the tables share."""

from __future__ import annotations

from datetime import date

from sqlalchemy import bindparam, select

from partners.domain.judging.coverage import DayRange
from partners.store.engine.database import Database
from partners.store.judging import facts
from partners.store.tables.base import ask
from partners.store.tables.program_tables import PartnerRow
from tests import builders

NAMES = select(PartnerRow.name).where(PartnerRow.partner_id == bindparam("partner_id"))


def test_a_question_past_the_orm_sees_what_the_session_has_yet_to_write(database: Database) -> None:
    with database.write() as session:
        partner = builders.a_partner(session, "zephyr")
        session.flush()
        partner.name = "Zephyr & Sons"
        found = ask(session, NAMES, {"partner_id": "zephyr"}).scalar()
    assert found == "Zephyr & Sons"


def test_coverage_that_was_just_added_is_seen(database: Database) -> None:
    with database.write() as session:
        builders.covered(session, DayRange(date(2035, 1, 1), date(2035, 1, 31)))
        assert facts.coverage(session).newest_day == date(2035, 1, 31)
