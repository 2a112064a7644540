from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from partners.domain.judging.coverage import DayRange
from partners.domain.policy.metrics import FedValue
from partners.domain.time.calendar import Month
from partners.store.judging import facts
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.program_tables import PolicyRow
from tests import builders

OCTOBER = Month(2026, 10)


def fill(importer, order):
    importer.orders(
        *(order(f"o{n}", placed_at=f"2026-{n:02d}-05") for n in range(6, 11)),
        first=date(2026, 6, 1),
        last=date(2026, 11, 9),
    )
    importer.metrics(
        {"partner_id": "acme", "month": "2026-09", "metric": "nps", "value": "8", "sample": "3"},
        {"partner_id": "acme", "month": "2026-10", "metric": "nps", "value": "9", "sample": ""},
    )


def test_monthly_facts_hold_the_months_of_the_longest_window(importer, order):
    fill(importer, order)
    policy = importer.options.policy
    assert facts.longest_window(policy) == 3
    with importer.database.read() as session:
        found = facts.monthly_facts(
            session, ["acme", "zenith", "nobody"], policy, OCTOBER, {"acme": date(2026, 9, 15)}
        )
    assert found.keys() == {"acme", "zenith"}
    acme = found["acme"]
    assert [str(month) for month in sorted(acme.totals)] == ["2026-08", "2026-09", "2026-10"]
    assert all(totals.placed == 1 for totals in acme.totals.values())
    assert acme.fed == {
        ("nps", Month(2026, 9)): FedValue(Decimal(8), 3),
        ("nps", OCTOBER): FedValue(Decimal(9), 1),
    }
    assert acme.coverage.ranges == (DayRange(date(2026, 6, 1), date(2026, 11, 9)),)
    assert (acme.joined_on, acme.since) == (date(2025, 1, 31), date(2026, 9, 15))
    assert (found["zenith"].totals, found["zenith"].fed, found["zenith"].since) == ({}, {}, None)


def test_trailing_facts_take_fed_months_that_end_after_the_warning(importer, order):
    fill(importer, order)
    zone = ZoneInfo("Europe/Berlin")
    with importer.database.read() as session:
        trailing = facts.trailing_facts(
            session, "acme", importer.options.policy, zone, fed_after=date(2026, 9, 30)
        )
        assert trailing.fed.keys() == {("nps", OCTOBER)}
        assert trailing.totals_between(date(2026, 9, 5), date(2026, 10, 5)).placed == 2
        assert trailing.totals_between(date(2026, 9, 6), date(2026, 10, 4)).placed == 0
        assert trailing.coverage.newest_day == date(2026, 11, 9)


def test_days_on_which_rows_were_rejected_are_unknown_in_every_kind_of_facts(importer, order):
    fill(importer, order)
    importer.orders(order("bad", placed_at="2026-10-07T10:00:00Z", value="12,50"))
    policy, zone = importer.options.policy, ZoneInfo("Europe/Berlin")
    with importer.database.read() as session:
        found = facts.monthly_facts(session, ["acme", "zenith"], policy, OCTOBER, {})
        trailing = facts.trailing_facts(session, "acme", policy, zone, date(2026, 9, 30))
        whole = facts.coverage(session)
    assert not found["acme"].coverage.covers_month(OCTOBER)
    assert found["zenith"].coverage == whole
    assert trailing.coverage == found["acme"].coverage


def open_case(session, partner_id):
    """A case of which only the partner matters, and that it is open."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    policy = {"sha256": "x", "source": "", "content": {}, "accepted_by": "test"}
    session.merge(PolicyRow(version=1, accepted_at=at, **policy))
    session.flush()
    session.add(builders.a_case(partner_id, OCTOBER, opened_at=at))


def untold(importer):
    with importer.database.read() as session:
        return {case.partner_id for case in session.query(CaseRow) if case.untold}


def test_an_import_marks_the_open_cases_whose_partners_it_touched(importer, order):
    importer.orders(order(), order("z", partner_id="zenith"))
    with importer.database.write() as session:
        open_case(session, "acme")
        open_case(session, "zenith")
    assert importer.orders(order(), order("z", partner_id="zenith")).cases_to_tell == 0
    assert untold(importer) == set()
    assert importer.orders(order(status="failed")).cases_to_tell == 1
    assert untold(importer) == {"acme"}
    assert importer.orders(order("z2", partner_id="zenith", value="1,5")).cases_to_tell == 1
    assert untold(importer) == {"acme", "zenith"}
    result = importer.metrics(
        {"partner_id": "zenith", "month": "2026-10", "metric": "nps", "value": "9"}
    )
    assert result.cases_to_tell == 1
    assert untold(importer) == {"acme", "zenith"}
