"""Steps that are done, from files, on both database systems."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from partners.domain.policy.policy import Policy
from partners.store.imports import ImportResult, import_tracks
from partners.store.imports.result import ImportOptions
from partners.store.tables.track_tables import TrackStepRow
from tests.store.conftest import Importer, make_policy

STEPS = [
    {"key": "course", "label": "Course", "confirmed_by": "feed"},
    {"key": "exam", "label": "Exam", "kind": "certification", "confirmed_by": "feed",
     "expires_months": 12, "certifies": "expertise"},
    {"key": "visit", "label": "Visit"},
]  # fmt: skip


@pytest.fixture
def options(importer: Importer) -> ImportOptions:
    """acme is in a tier whose track has steps."""
    content = make_policy().model_dump(mode="json")
    content["tracks"] = {"reseller": {"label": "Reseller", "steps": STEPS}}
    content["tiers"][0]["track"] = "reseller"
    return replace(importer.options, policy=Policy.model_validate(content), by="Ann")


def rows_of(importer: Importer) -> dict[str, TrackStepRow]:
    with importer.database.read() as session:
        return {row.step: row for row in session.query(TrackStepRow)}


def taken(importer: Importer, options: ImportOptions, *rows: dict[str, Any]) -> ImportResult:
    path = importer.file("tracks.csv", [{"partner_id": "acme", **row} for row in rows])
    return import_tracks(importer.database, path, options)


def test_what_a_feed_confirms_counts_at_once_and_what_staff_confirm_waits(
    importer: Importer, options: ImportOptions
) -> None:
    days = {"done_on": "2026-11-02"}
    result = taken(importer, options, {"step": "exam", **days}, {"step": "visit", **days})
    assert (result.new, result.touched_partners) == (2, 1)
    rows = rows_of(importer)
    assert (rows["exam"].done_on, rows["exam"].expires_on) == (
        date(2026, 11, 2),
        date(2027, 11, 2),
    )
    assert (rows["exam"].done_by, rows["exam"].certifies) == ("Ann", "expertise")
    assert (rows["visit"].done_on, rows["visit"].said_on) == (None, date(2026, 11, 2))


def test_a_later_day_renews_and_an_earlier_one_in_the_same_file_changes_nothing(
    importer: Importer, options: ImportOptions
) -> None:
    result = taken(
        importer,
        options,
        {"step": "exam", "done_on": "2025-11-02"},
        {"step": "exam", "done_on": "2026-10-01"},
        {"step": "exam", "done_on": "2024-01-01"},
        {"step": "course", "done_on": "2024-01-01"},
        {"step": "course", "done_on": "2025-01-01"},
    )
    assert (result.new, result.corrected, result.unchanged) == (2, 1, 2)
    rows = rows_of(importer)
    assert rows["exam"].expires_on == date(2027, 10, 1)
    assert rows["course"].done_on == date(2024, 1, 1)  # what does not expire is done once


def test_nothing_is_kept_of_a_file_with_a_bad_row_where_that_was_asked(
    importer: Importer, options: ImportOptions
) -> None:
    strict = replace(options, all_or_nothing=True)
    result = taken(
        importer,
        strict,
        {"step": "exam", "done_on": "2026-11-02"},
        {"step": "exam", "done_on": "2026-11-31"},
    )
    assert (result.kept, result.rejected, rows_of(importer)) == (False, 1, {})
    assert importer.rejected("tracks")[0][1].startswith("done_on is not a day")
