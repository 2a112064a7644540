"""Whatever people wrote, no command is harmed by it or harms a terminal with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from partners.cli.main import command
from partners.store.engine.database import Database
from tests.cli.conftest import Run
from tests.cli.hostile import HOSTILE, KEY, fill, harmful

R = ("--reason", HOSTILE, "--by", HOSTILE)

READING: dict[str, list[tuple[str, ...]]] = {
    "policy check": [("program.toml",), (HOSTILE,)],
    "policy list": [(), ("--json",)],
    "policy show": [(), ("1",)],
    "policy diff": [("1", "program.toml"), (HOSTILE, "1")],
    "mail list": [(), ("--json",), ("--kind", HOSTILE)],
    "mail show": [("1",), ("1", "--html"), (HOSTILE,)],
    "mail blocked": [()],
    "mail preview": [("--text",), (HOSTILE,)],
    "assess": [(), ("--json",), (HOSTILE,)],
    "cases": [(), ("--json",), ("--all",)],
    "show": [("acme",), ("acme", "--json"), (HOSTILE,)],
    "list": [(), ("--json",), ("--csv",), ("--tier", HOSTILE)],
    "inbox": [(), ("--json",)],
    "audit": [("acme",), ("acme", "--json"), ("export",), ("fairness",), ("verify",), (HOSTILE,)],
    "webhook list": [(), ("--json",)],
    "stop list": [(), ("--json",)],
    "guard list": [(), ("--json",)],
    "candidates": [(), ("--json",), ("--all",)],
    "appraise": [("acme",)],
    "referral list": [(), ("--json",)],
    "referral show": [(KEY,), (HOSTILE,)],
    "referral sellers": [(), ("--json",)],
    "referral leads": [(), ("--json",), ("--partner", HOSTILE)],
    "complaint list": [(), ("acme",), ("--json",)],
    "offer orders": [(), ("acme",), ("--json",), ("--settled",), ("--settled", "--json")],
    "checklist": [("acme",)],
    "track show": [("acme",), ("acme", "--json"), (HOSTILE,)],
    "track list": [(), ("--json",)],
    "statement": [("acme", "--month", "2026-11"), ("acme", "--json")],
    "payouts list": [(), ("--json",)],
    "incentives list": [(), ("--json",)],
    "incentives show": [("acme",), ("acme", "--json"), (HOSTILE,)],
    "reviews": [
        *[(), ("--json",), (HOSTILE,), ("monthly/2026-10",)],
        *[("monthly/2026-10", "--csv"), ("monthly/2026-10", "--json")],
    ],
    "review": [("--dry-run", "--mails"), ("--period", HOSTILE)],
    "corrections": [()],
    "offer list": [(), ("--json",), ("--service", HOSTILE)],
    "offer show": [(KEY,), (KEY, "--json"), (HOSTILE,)],
    "offer grants": [(KEY,), (KEY, "--json"), (HOSTILE,)],
    "offer prices": [(KEY,), (KEY, "--json"), (HOSTILE,)],
    "offer unmatched": [(), ("--json",)],
    "offers": [("acme", "--why"), ("acme", "--why", "--json"), ("acme", "--search", HOSTILE)],
    "offer check": [(KEY, "acme"), (KEY, "acme", "--json"), (HOSTILE, "acme")],
    "area list": [(), ("--json",)],
    "area show": [(KEY,), (HOSTILE,)],
    "exclusive list": [(), ("--json",), ("--partner", HOSTILE), ("--status", HOSTILE)],
    "exclusive show": [(KEY,), (KEY, "--json"), (HOSTILE,)],
}
"""Commands that print what is kept, each in its forms."""

WRITING: dict[str, tuple[str, ...]] = {
    "policy publish": ("program.toml", "--by", HOSTILE, "--reason", HOSTILE, "--yes"),
    "policy tell": ("1",),
    "offer tell": (KEY,),
    "policy migrate": ("acme", "--yes", *R),
    "mail unblock": (HOSTILE, *R),
    "mail approve": (HOSTILE, *R),
    "mail resolve": ("1", "--sent", "--by", HOSTILE),
    "mail mark-sent": ("1", "--by", HOSTILE),
    "mail export": ("1", "--to", HOSTILE),
    "mail test": ("warning", "--to", HOSTILE),
    "import partners": (HOSTILE,),
    "import orders": (HOSTILE,),
    "import metrics": (HOSTILE,),
    "import referrals": (HOSTILE,),
    "import offers": (HOSTILE,),
    "import prices": (HOSTILE,),
    "import grants": (HOSTILE,),
    "import areas": (HOSTILE,),
    "import tracks": (HOSTILE,),
    "track done": ("acme", HOSTILE, "--notes", HOSTILE, "--by", HOSTILE),
    "track confirm": ("acme", HOSTILE, "--track", HOSTILE, "--by", HOSTILE),
    "track undo": ("acme", HOSTILE, *R),
    "import recount": (),
    "area add": ("hostile", "--name", HOSTILE, "--postal-codes", "1", "--by", HOSTILE),
    "area import": (HOSTILE,),
    "exclusive propose": (
        *("acme", "--service", HOSTILE, "--from", "2027-01-01", "--until", "2027-12-31"),
        *("--yes", *R),
    ),
    "exclusive activate": (KEY, "--yes", *R),
    "exclusive renew": (KEY, "--yes", *R),
    "exclusive withdraw": (KEY, *R),
    "exclusive end": (KEY, "--yes", *R),
    "start": ("acme",),
    "note": ("acme", "--text", HOSTILE, "--by", HOSTILE),
    "webhook retry": ("1", "--by", HOSTILE),
    "webhook skip": ("1", *R),
    "webhook off": ("--by", HOSTILE),
    "webhook secret": (),
    "webhook test": (),
    "cancel-case": ("acme", "--yes", *R),
    "extend": ("acme", "3", "--yes", *R),
    "pause": ("acme", "--until", HOSTILE, "--yes", *R),
    "resume": ("acme", "--yes", *R),
    "waive": ("acme", "--until", HOSTILE, "--yes", *R),
    "reinstate": ("acme", "--yes", *R),
    "remove": ("acme", "--yes", *R),
    "block": ("acme", "--yes", *R),
    "unblock": ("acme", "--yes", *R),
    "pin": ("acme", "--yes", *R),
    "unpin": ("acme", "--yes", *R),
    "appeal": ("acme", "--yes", *R),
    "uphold": ("acme", "--yes", *R),
    "overturn": ("acme", "--yes", *R),
    "tell": ("acme",),
    "stop mail": R,
    "stop kind": ("reminder", *R),
    "stop review": (HOSTILE, *R),
    "go mail": ("--by", HOSTILE),
    "go kind": (HOSTILE, "--by", HOSTILE),
    "go review": ("monthly", "--by", HOSTILE),
    "guard approve": ("acme", *R),
    "guard reject": (KEY, *R),
    "approve": ("acme", "--yes", *R),
    "decline": ("acme", *R),
    "add": ("acme", "--tier", HOSTILE, "--notes", HOSTILE, "--by", HOSTILE, "--yes"),
    "appraise": ("acme", HOSTILE, "--met", "--notes", HOSTILE, "--by", HOSTILE),
    "referral add": (HOSTILE, "--partner", "acme", "--lead", HOSTILE, "--by", HOSTILE),
    "referral accept": (KEY, *R),
    "referral convert": (KEY, "--amount", HOSTILE, "--by", HOSTILE),
    "referral lose": (KEY, *R),
    "referral refund": (KEY, *R),
    "referral reject": (KEY, *R),
    "referral assign": (KEY, HOSTILE, *R),
    "referral take": (KEY, "--by", HOSTILE),
    "referral decline": (KEY, *R),
    "complaint add": ("acme", "--severity", "minor", "--text", HOSTILE, "--by", HOSTILE),
    "complaint settle": ("1", *R),
    "offer settle": (KEY, HOSTILE, *R),
    "complaint withdraw": ("1", *R),
    "offer add": (HOSTILE, "--service", HOSTILE, "--name", HOSTILE, *R),
    "offer price": (KEY, HOSTILE, "--yes", *R),
    "offer price-for": (KEY, "acme", "90", "--yes", *R),
    "offer activate": (KEY, "--yes", *R),
    "offer change": (KEY, "area", HOSTILE, "--yes", *R),
    "offer window": (KEY, "--tier", HOSTILE, "--visible-from", "2030-01-01", "--yes", *R),
    "offer pause": (KEY, "--yes", *R),
    "offer resume": (KEY, "--yes", *R),
    "offer retire": (KEY, "--yes", *R),
    "offer grant": (KEY, "acme", "--yes", *R),
    "offer revoke": (KEY, "acme", "--yes", *R),
    "offer match": (HOSTILE, KEY, *R),
    "payouts export": ("--batch", KEY, "--by", HOSTILE),
    "incentives accrue": ("--month", "2026-01", "--yes", "--by", HOSTILE),
    "payouts mark-paid": (HOSTILE, "--by", HOSTILE),
    "setup": ("--database-only", "--by", HOSTILE),
    "init": ("--provider", HOSTILE, "--zone", HOSTILE, "--yes"),
}
"""Commands that say what they have done, or why not."""

ELSEWHERE = {
    "mail open": "opens a browser",
    "dev": "serves until it is stopped",
    "demo": "with people of its own; see tests/test_demo.py",
    "web": "serves until it is stopped",
}


NOBODY_S = {
    *("policy diff", "policy list", "mail preview", "cases", "corrections", "offer unmatched"),
    "referral sellers",
}
"""Commands of which no form prints words of people, in this database."""


def everything() -> set[str]:
    """Every command by its words."""

    def leaves(of: Any, words: tuple[str, ...]) -> Iterator[str]:
        for name, sub in getattr(of, "commands", {}).items():
            if getattr(sub, "commands", None):
                yield from leaves(sub, (*words, name))
            else:
                yield " ".join((*words, name))

    return set(leaves(command(), ()))


@pytest.fixture
def hostile(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Nobody answers at the address of Temporal."""
    (tmp_path / "program.toml").write_bytes(Path("program.toml").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    monkeypatch.setenv("PARTNERS_MAIL_ALLOW", "@example.com")
    fill(database)
    return database


def test_every_command_is_tried() -> None:
    assert everything() - {*READING, *WRITING, *ELSEWHERE} == set()
    assert {*READING, *WRITING, *ELSEWHERE} - everything() == set()


def test_what_people_wrote_is_printed_as_text_by_every_command_that_reads(
    hostile: Database, run: Run
) -> None:
    showed = set()
    for name, forms in READING.items():
        for form in forms:
            ran = run(*name.split(), *form)
            assert ran.status in (0, 1, 2), (name, form)
            assert harmful(ran.out + ran.err) == set(), (name, form)
            if "[/nope]" in ran.out + ran.err:
                showed.add(name)
            if "--json" in form:
                assert json.loads(ran.out) is not None if name != "audit" else ran.out
    assert set(READING) - showed <= NOBODY_S


def test_what_people_write_is_repeated_as_text_by_every_command_that_writes(
    hostile: Database, run: Run
) -> None:
    for name, form in WRITING.items():
        ran = run(*name.split(), *form)
        assert ran.status in (0, 1, 2), name
        assert harmful(ran.out + ran.err) == set(), name


ABSURD = ("0001-01-01", "9999-12-31", "1e1000000", "-1", "9" * 20, "0001-01", "9999-12", "NaN")
TAKES_DAY_OR_NUMBER = {
    *("--as-of", "--at", "--amount", "--days", "--effective", "--extend-by", "--from", "--limit"),
    *("--month", "--on", "--period", "--recover-by", "--since", "--through", "--until"),
}
NUMBERED = ("complaint settle", "complaint withdraw", "extend", "mail mark-sent", "mail show")
NUMBERED += ("policy diff", "policy show", "policy tell", "webhook retry")


def absurd() -> Iterator[tuple[str, ...]]:
    """Every command with every option that takes a day or a number, and those by number."""
    forms = {**WRITING, **{name: forms[0] for name, forms in READING.items()}}
    for name, form in forms.items():
        found: Any = command()
        for word in name.split():
            found = found.commands[word]
        found = found.loaded
        for option in TAKES_DAY_OR_NUMBER & {o for p in found.params for o in p.opts}:
            at = form.index(option) if option in form else len(form)
            rest = (*form[:at], *form[at + 2 :])
            yield from ((*name.split(), *rest, f"{option}={value}") for value in ABSURD)
        if name in NUMBERED:
            yield (*name.split(), ABSURD[4], *form[1:])


def test_no_day_and_no_number_ends_a_command_in_a_traceback(hostile: Database, run: Run) -> None:
    tried = list(absurd())
    assert len(tried) > 150
    for arguments in tried:
        assert run(*arguments).status in (0, 1, 2), arguments


def test_json_is_the_same_value_when_it_is_read(hostile: Database, run: Run) -> None:
    (stopped,) = json.loads(run("stop", "list", "--json").out)
    assert stopped["why"] == HOSTILE
    (listed,) = json.loads(run("list", "--json").out)
    assert listed["name"] == HOSTILE
