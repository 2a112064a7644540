"""`partners stop` and `partners go` (rule 14)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from partners.cli import signals
from partners.domain.mail.notices import NoticeKind
from partners.store.engine.database import Database
from partners.store.mail import outbox

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[Database]:
    """The times that waiting cases would have been signalled."""
    calls: list[Database] = []
    monkeypatch.setattr(signals, "tell_mail_goes", calls.append)
    return calls


def test_nothing_is_stopped_at_first(run: Run, database: Database) -> None:
    assert "Nothing is stopped" in run("stop", "list").out
    assert json.loads(run("stop", "list", "--json").out) == []


@pytest.mark.parametrize(
    ("names", "switch", "signalled"),
    [(["mail"], "mail", 1), (["kind", "removal"], "kind/removal", 1)]
    + [(["review", kind], f"review/{kind}", 0) for kind in ("daily", "monthly", "quarterly")],
)
def test_rule_14_what_a_person_stops_is_listed_until_it_goes_again(
    run: Run,
    database: Database,
    told: list[Database],
    names: list[str],
    switch: str,
    signalled: int,
) -> None:
    ran = run("stop", *names, "--reason", "wrong template", "--by", "ann")
    assert (ran.status, "by ann: wrong template" in ran.out) == (0, True)
    (listed,) = json.loads(run("stop", "list", "--json").out)
    assert (listed["name"], listed["by"], listed["why"]) == (switch, "ann", "wrong template")
    assert f"partners go {' '.join(names)}" in run("stop", "list").out

    assert "goes again" in run("go", *names).out

    assert len(told) == signalled
    assert "Nothing is stopped" in run("stop", "list").out
    assert "was not stopped" in run("go", *names).out
    assert len(told) == signalled


def test_rule_14_a_stopped_kind_stops_no_other(run: Run, database: Database) -> None:
    run("stop", "kind", "removal", "--reason", "why")
    run("stop", "review", "monthly", "--reason", "why")
    with database.read() as session:
        assert outbox.stopped(session, NoticeKind.REMOVAL) is not None
        assert outbox.stopped(session, NoticeKind.WARNING) is None
        assert outbox.review_stopped(session, "monthly") is not None
        assert outbox.review_stopped(session, "daily") is None


def test_the_first_to_stop_stays_on_record(run: Run, database: Database) -> None:
    run("stop", "mail", "--reason", "one", "--by", "ann")
    assert "by ann: one" in run("stop", "mail", "--reason", "two", "--by", "bob").out


@pytest.mark.parametrize("names", [("kind", "remova"), ("review", "weekly")])
def test_an_unknown_kind_is_refused_with_the_known_ones(
    run: Run, database: Database, names: tuple[str, str]
) -> None:
    for ran in (run("stop", *names, "--reason", "why"), run("go", *names)):
        assert (ran.status, "use one of" in ran.err) == (2, True)
