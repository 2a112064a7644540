"""What people wrote is text on every way to the terminal; progress is said and taken away."""

from __future__ import annotations

import csv
import io
import json
import sys
import time
import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from rich.table import Table
from rich.text import Text

from partners.cli import common
from partners.cli import progress as progress_module
from partners.cli.paging import print_tables
from partners.cli.printing import Screen, styled, visible, write_csv
from partners.cli.progress import heard, progress
from tests.cli.hostile import HOSTILE, harmful

SHOWN = ("ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN", "SHORTHAND", "ZERO WIDTH J", "ZERO WIDTH NON")
"""Format characters that have a shape, or that scripts need."""


def unseen(character: str) -> bool:
    kind = unicodedata.category(character)
    if kind == "Cf" and unicodedata.name(character, "").startswith(SHOWN):
        return character == "\u061c"
    return kind in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in "\n\t"


def test_every_character_that_works_in_secret_is_written_out() -> None:
    every = [chr(number) for number in range(sys.maxunicode + 1)]
    assert [c for c in every if unseen(c) and visible(c) == c] == []
    shown = [c for c in every if not unseen(c) and unicodedata.category(c) != "Cn"]
    assert [c for c in shown if visible(c) != c] == []


def test_line_ends_of_windows_stay_and_a_lone_return_does_not() -> None:
    assert visible("a\r\nb\rc") == "a\r\nb\\rc"


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> tuple[Screen, io.StringIO]:
    file = io.StringIO()
    screen = Screen(width=200)
    screen.file = file
    return screen, file


@pytest.mark.parametrize(
    "words", [HOSTILE, Text(HOSTILE), styled(HOSTILE, "bold"), Text("a").append(HOSTILE)]
)
def test_words_are_printed_as_text(screen: tuple[Screen, io.StringIO], words: Any) -> None:
    screen[0].print(words)
    assert harmful(screen[1].getvalue()) == set()
    assert "[/nope] [bold]b[/] :boom: \\x1b]0;" in screen[1].getvalue()


def test_csv_is_text_for_a_terminal_and_for_a_spreadsheet() -> None:
    file = io.StringIO()
    write_csv(file, ("a", "b"), [("=1+1", Decimal("-5.00")), ("x\x1b", None), ("\n=1", "a\nb")])
    assert list(csv.reader(io.StringIO(file.getvalue()))) == [
        ["a", "b"],
        ["'=1+1", "-5.00"],
        ["x\\x1b", ""],
        ["'\n=1", "a\nb"],
    ]


def test_a_narrow_table_cuts_no_id(screen: tuple[Screen, io.StringIO]) -> None:
    table = Table("id", "words")
    table.add_row("evt_0123456789abcdef0123456789abcdef", "some words that take room " * 3)
    narrow = Screen(width=40)
    narrow.file = screen[1]
    narrow.print(table)
    printed = screen[1].getvalue()
    assert "…" not in printed
    first = "".join(line.split("│")[1].strip() for line in printed.splitlines() if "│" in line)
    assert first == "evt_0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("values", [[], [{"a": HOSTILE}], [1, [2, 3], {"x": "\U000e0041"}]])
def test_an_array_that_is_written_as_it_is_made_is_json(
    screen: tuple[Screen, io.StringIO], values: list[Any]
) -> None:
    screen[0].write_json_array(iter(values))
    assert json.loads(screen[1].getvalue()) == values
    assert harmful(screen[1].getvalue()) == set()


# ---- progress ----


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PATIENCE_SECONDS", "A_MOMENT", "IN_A_LOG", "ON_A_TERMINAL"):
        monkeypatch.setattr(progress_module, name, 0.0)


@pytest.fixture(autouse=True)
def nobody_waits_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "_heard_at", None)


def test_what_is_quick_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("judging partners", 5) as step:
        step()
    assert capsys.readouterr() == ("", "")


def test_what_takes_long_says_how_far_it_is(
    impatient: None, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ""
    with progress("judging partners", 5000) as step:
        step(1000)
        while "1,000 of 5,000" not in said:
            said += capsys.readouterr().err
            time.sleep(0.01)
    assert "judging partners: 1,000 of 5,000 (0 s)\n" in said


def test_the_next_word_follows_after_the_last_one_whatever_it_is_about(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress_module, "PATIENCE_SECONDS", 30.0)
    monkeypatch.setattr(progress_module, "A_MOMENT", 0.0)
    heard(time.monotonic() - 31)
    said = ""
    with progress("judging partners"):
        while "judging partners" not in said:
            said += capsys.readouterr().err
            time.sleep(0.01)
    with progress("promoting"):
        time.sleep(0.05)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_the_line_makes_way_for_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    common.err.rewrite("judging")
    common.out.print("result")
    printed = capsys.readouterr()
    assert printed.out == "result\n"
    assert printed.err == "\r\x1b[2Kjudging\r\x1b[2K"


# ---- long lists ----


@pytest.mark.parametrize(
    ("items", "limit", "words"),
    [
        (3, None, "│ 2 "),
        (201, None, "These are the first 200; more: --limit 1000; all of them: --csv"),
        (3, 2, "These are the first 2; more: --limit 10"),
        (0, None, "Nobody."),
    ],
)
def test_a_long_list_shows_its_beginning_and_how_to_see_more(
    capsys: pytest.CaptureFixture[str], items: int, limit: int | None, words: str
) -> None:
    print_tables(
        lambda: Table("number"),
        lambda table, number: table.add_row(str(number)),
        range(items),
        limit=limit,
        nothing="Nobody.",
        all_with="--csv",
    )
    printed = capsys.readouterr().out
    assert words in printed
    assert ("first" in printed) == (items > (limit or 200))
