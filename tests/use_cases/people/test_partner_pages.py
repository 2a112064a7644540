"""Looking at partners, and writing about them, without a face."""

from __future__ import annotations

from datetime import date

import pytest

from partners.calendars import calendar_of
from partners.domain.record.note_types import NoteType
from partners.domain.time.calendar import Month
from partners.store.judging.totals import recount_all
from partners.use_cases.acting import Manager
from partners.use_cases.people.partner_list import NobodyInTier, list_partners
from partners.use_cases.people.partner_page import TooFarAhead, partner_page
from partners.use_cases.record.notes import BlankNote, write_note
from tests import builders


@pytest.fixture(autouse=True)
def _program(ann: Manager) -> None:
    builders.accept(ann.database, builders.a_policy())
    with ann.database.write() as session:
        builders.a_partner(session, "acme")
        builders.a_partner(session, "ben", tier="bygone")


def test_a_tier_that_the_policy_no_longer_has_is_listed_while_somebody_is_in_it(
    ann: Manager,
) -> None:
    with list_partners(ann, "bygone") as found:
        assert (found.total, [p.partner_id for p in found.partners]) == (1, ["ben"])
    with pytest.raises(NobodyInTier) as refused, list_partners(ann, "gold"):
        pass
    assert refused.value.tier == "gold"
    assert "preferred" in refused.value.tiers


def test_a_note_is_signed_by_whoever_acts_or_refused(ann: Manager) -> None:
    with pytest.raises(BlankNote):
        write_note(ann, "acme", " ", NoteType.GENERAL)
    write_note(ann, "acme", " pays late ", NoteType.GENERAL)
    (note,) = partner_page(ann, "acme").notes
    assert (note.by, note.text) == ("Ann", "pays late")


def test_nobody_looks_further_ahead_than_a_command_reaches(ann: Manager) -> None:
    with pytest.raises(TooFarAhead) as refused:
        partner_page(ann, "acme", recover_by=date(2040, 1, 1))
    assert refused.value.day == date(2040, 1, 1)


def test_a_page_has_the_services_of_the_last_twelve_months_with_the_running_one(
    ann: Manager,
) -> None:
    assert partner_page(ann, "acme").services is None
    last = Month.of(calendar_of(builders.a_policy()).day_of(ann.now()))
    with ann.database.write() as session:
        for month in (last.plus(-12), last.plus(-11), last):
            day = month.first_day
            builders.orders(session, "acme", day, day, 1, service="print")
        recount_all(session.connection())
    services = partner_page(ann, "acme").services
    assert services is not None
    assert (services.first, services.last, services.placed) == (last.plus(-11), last, 2)
    assert [(one.service, one.placed) for one in services.shares] == [("print", 2)]
