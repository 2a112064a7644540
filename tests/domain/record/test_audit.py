"""The audit's chain: whatever is changed, left out or put in between shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from partners.domain.record.audit import (
    START,
    AuditKind,
    Broken,
    Entry,
    Link,
    canonical,
    chain,
    is_right,
    link,
    plain,
    walk,
)

NOON = datetime(2035, 3, 5, 12, tzinfo=UTC)
ENTRIES = [
    Entry(AuditKind.BEGINS, NOON, "system", details={"records": 0}),
    Entry(AuditKind.CASE, NOON, "workflow 7", partner_id="acme", details={"on": date(2035, 4, 1)}),
    Entry(AuditKind.NOTE, NOON, "Ann", partner_id="acme", ref="notes/3"),
]
LINKS = chain(ENTRIES, 0, START)


def test_a_chain_that_nobody_touched_holds_from_the_first_entry_to_the_last() -> None:
    assert list(walk(LINKS)) == LINKS
    assert [found.seq for found in LINKS] == [1, 2, 3]


def test_entries_written_later_go_on_where_the_chain_ended() -> None:
    first, *rest = ENTRIES
    begun = link(first, 1, START)
    assert [begun, *chain(rest, begun.seq, begun.hash)] == LINKS


def test_an_entry_is_right_only_after_the_one_that_it_follows() -> None:
    first, second, third = LINKS
    assert is_right(second, first.hash)
    assert not is_right(third, first.hash)


@pytest.mark.parametrize(
    "changed",
    [
        {"details": "{}"},
        {"actor": "Bob"},
        {"at": NOON + timedelta(microseconds=1)},
        {"partner_id": "zeta"},
        {"hash": START},
    ],
)
def test_a_changed_entry_breaks_the_chain_there(changed: dict[str, Any]) -> None:
    first, second, third = LINKS
    found = list(walk([first, second._replace(**changed), third]))
    assert found == [first, Broken(2, "it was changed, or the entry before it was")]


def test_an_entry_that_is_left_out_or_stands_twice_breaks_the_chain() -> None:
    first, second, third = LINKS
    assert list(walk([first, third])) == [first, Broken(2, "entry 2 is missing: 3 follows 1")]
    twice: list[Link | Broken] = list(walk([first, second, second, third]))
    assert twice == [first, second, Broken(3, "entry 3 is missing: 2 follows 2")]


def test_instants_are_written_in_utc_and_days_as_they_are() -> None:
    in_berlin = NOON.astimezone(timezone(timedelta(hours=1)))
    assert plain(in_berlin) == plain(NOON) == "2035-03-05T12:00:00.000000+00:00"
    assert plain(date(2035, 3, 5)) == "2035-03-05"
    assert plain("2035") == "2035"
    assert canonical({"b": in_berlin, "a": date(2035, 3, 5)}) == (
        '{"a":"2035-03-05","b":"2035-03-05T12:00:00.000000+00:00"}'
    )


def test_what_has_no_fixed_text_has_no_place_in_an_entry() -> None:
    with pytest.raises(TypeError, match="set has no place in an audit entry"):
        canonical({"metrics": {"rating"}})
