"""Areas from a file: a row for each postal code; bad rows are put aside."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from partners.domain.offers.places import digest_of_codes
from partners.store.imports import ImportResult, import_areas
from partners.store.offers import areas
from partners.store.record import audit_check
from partners.store.tables.audit_tables import AuditRow
from partners.store.tables.offer_tables import AreaPlaceRow, AreaRow
from tests.store.conftest import Importer

HEAD = "area_code,name,postal_code\n"


def read(importer: Importer, rows: str, **options: bool) -> ImportResult:
    path = importer.raw("areas.csv", HEAD + rows)
    return import_areas(importer.database, path, replace(importer.options, **options))


def codes(importer: Importer, area_code: str) -> set[str]:
    with importer.database.read() as session:
        return set(areas.codes_of(session, area_code))


def test_a_file_of_areas_is_kept_and_again_changes_nothing(importer: Importer) -> None:
    rows = "berlin,Berlin,10115\nberlin,, 10117 \nlondon,London,sw1a  1aa\n"
    result = read(importer, rows)
    assert (result.rows, result.new, result.rejected) == (3, 3, 0)
    assert codes(importer, "berlin") == {"10115", "10117"}
    assert codes(importer, "london") == {"SW1A 1AA"}
    with importer.database.read() as session:
        entries = session.scalars(select(AuditRow.ref).order_by(AuditRow.seq)).all()
    again = read(importer, rows)
    assert (again.new, again.unchanged) == (0, 3)
    with importer.database.read() as session:
        new = session.scalars(select(AuditRow.ref).order_by(AuditRow.seq)).all()[len(entries) :]
    assert [ref.split("/")[0] for ref in new if ref] == ["imports"]


def test_it_adds_to_an_area_and_takes_nothing_away(importer: Importer) -> None:
    read(importer, "berlin,Berlin,10115\n")
    result = read(importer, "berlin,Berlin Mitte,10117\n")
    assert result.notes == ["area berlin is called 'Berlin Mitte' from now on"]
    assert codes(importer, "berlin") == {"10115", "10117"}
    with importer.database.read() as session:
        row = session.get_one(AreaRow, "berlin")
        assert (row.name, row.places) == ("Berlin Mitte", 2)
        assert row.places_sha256 == digest_of_codes(["10117", "10115"])
        assert audit_check.verify(session).broken is None


def test_rows_that_cannot_be_kept_go_aside_with_line_and_reason(importer: Importer) -> None:
    result = read(
        importer,
        "berlin,Berlin,10115\n"
        "berlin,Berlin,10115\n"
        "berlin,Bärlin,10119\n"
        "bremen,,28195\n"
        "a b,Name,28195\n"
        "bremen,Bremen,*\n"
        "bremen,Bremen,\n"
        "bremen,Bremen,28195\n",
    )
    assert (result.new, result.rejected) == (2, 6)
    assert importer.rejected("areas") == [
        (3, "the postal code stands in line 2 for the same area"),
        (4, "the area is called 'Berlin' in a line above"),
        (5, "area 'bremen' is unknown, and name is blank"),
        (
            6,
            "area_code is not 1 to 64 letters, digits, points, dashes or underscores: 'a b'",
        ),
        (7, "postal_code is not 1 to 16 letters and digits: '*'"),
        (8, "postal_code is not 1 to 16 letters and digits: ''"),
    ]


def test_all_or_nothing_keeps_nothing_of_a_file_with_a_bad_row(importer: Importer) -> None:
    result = read(importer, "berlin,Berlin,10115\nx y,N,1\n", all_or_nothing=True)
    assert (result.kept, codes(importer, "berlin")) == (False, set())


def test_the_audit_sees_a_postal_code_that_was_put_in_past_it(importer: Importer) -> None:
    read(importer, "berlin,Berlin,10115\n")
    with importer.database.writing.begin() as connection:
        place = {"area_code": "berlin", "postal_code": "10117"}
        connection.execute(AreaPlaceRow.__table__.insert().values(place))
    with importer.database.snapshot() as session:
        broken = audit_check.verify(session).broken
    assert broken is not None
    assert broken.why == "the postal codes of areas/berlin are not those that were recorded"


def test_the_audit_sees_an_area_whose_count_or_digest_was_changed(importer: Importer) -> None:
    read(importer, "berlin,Berlin,10115\n")
    with importer.database.writing.begin() as connection:
        connection.execute(AreaRow.__table__.update().values(places=7))
    with importer.database.snapshot() as session:
        broken = audit_check.verify(session).broken
    assert broken is not None
    assert "places is 7, but was 1" in broken.why
