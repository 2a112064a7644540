"""docs/rules.md is whole and true: whatever cites a rule, or is named after one, agrees with it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RULES = ROOT / "docs" / "rules.md"
TEXT = RULES.read_text()

HEADING = re.compile(r"^### (\d+)\. (.+)$", re.MULTILINE)
FOLDERS = ("activities", "bench", "docs", "partners", "programs", "templates", "tests", "workflows")
WRITTEN = {".example", ".html", ".md", ".py", ".toml", ".txt", ".yml"}

_AND = r"(?:\s*,|\s+and|\s+or|\s+to|\s*–)+\s*"
CITED = re.compile(rf"\brules?\s+(\d{{1,2}}\b(?:{_AND}\d{{1,2}}\b)*)", re.IGNORECASE)
"""`rule 4`, `Rule 16`, `rules 1 and 12`, `rules 2, 4 or 10`."""
NAMED = re.compile(r"^ *(?:async )?def (test_\w+)\(", re.MULTILINE)
AFTER_A_RULE = re.compile(r"test_rule_(\d\d)_")


def sections() -> dict[int, str]:
    """What stands below each rule's heading, by its number."""
    parts = HEADING.split(TEXT.split("\n## Metrics")[0])
    return {int(number): body for number, body in zip(parts[1::3], parts[3::3], strict=True)}


def files() -> list[Path]:
    """Everything that is written by hand and may cite a rule; this file has invented ones."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found = [path for path in (*ROOT.iterdir(), *inside) if path.is_file()]
    return [path for path in found if path.suffix in WRITTEN and path != Path(__file__)]


def cited(text: str) -> set[int]:
    """The numbers of the rules that a text cites, also where a comment's line ends between."""
    flowing = re.sub(r"\n\s*(?:#+ )?", " ", text)
    found = CITED.findall(flowing)
    return {int(number) for numbers in found for number in re.findall(r"\d+", numbers)}


@cache
def all_tests() -> frozenset[str]:
    """The names of all test functions."""
    found = (ROOT / "tests").rglob("test_*.py")
    return frozenset(name for path in found for name in NAMED.findall(path.read_text()))


def slug(heading: str) -> str:
    """The anchor that a Markdown page gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("the clock stops (rule 1).", {1}),
        ("Rule 16: who and why", {16}),
        ("as rules 1 and\n    # 12 ask", {1, 12}),
        ("waits (rule 1, 5, 8 or 13)", {1, 5, 8, 13}),
        ("rules 2, 4, and 10\nhold", {2, 4, 10}),
        ("rules 1 to 19", {1, 19}),
        ("a rule\n12 of them", {12}),
        ("rulers 3, rule 2026, the rules of 7 days", set()),
    ],
)
def test_a_citation_is_read_however_it_is_written(text: str, numbers: set[int]) -> None:
    assert cited(text) == numbers


def test_every_rule_that_is_cited_exists() -> None:
    unknown = {
        f"{path.relative_to(ROOT)}: rule {number}"
        for path in files()
        for number in cited(path.read_text()) - sections().keys()
    }
    assert not unknown, "write the rule into docs/rules.md, or cite one of its"


def test_rules_are_cited_at_all() -> None:
    """Else the test above would hold of a reader that finds nothing."""
    code = [path for path in files() if path.suffix == ".py" and "tests" not in path.parts]
    assert {n for path in code for n in cited(path.read_text())} >= set(range(1, 20))


def test_every_rule_stands_there_once_in_order_with_why_and_what_holds_it() -> None:
    numbers = [int(number) for number, _ in HEADING.findall(TEXT)]
    assert numbers == sorted(set(numbers))
    assert set(range(1, 20)) <= set(numbers)
    for number, body in sections().items():
        assert body.count("**Why:** ") == body.count("**Held by:** ") == 1, number


def test_every_rule_has_tests_named_after_it_and_names_some_of_them() -> None:
    for number, body in sections().items():
        name = f"test_rule_{number:02}_"
        assert any(test.startswith(name) for test in all_tests()), f"no test is named {name}…"
        assert f"`{name}" in body, f"rule {number} names none of its tests"


def test_every_test_that_is_named_after_a_rule_has_one() -> None:
    numbers = {int(found[1]) for name in all_tests() if (found := AFTER_A_RULE.match(name))}
    assert numbers == sections().keys()


def test_every_test_that_the_rules_name_exists() -> None:
    gone = set(re.findall(r"`(test_\w+)`", TEXT)) - all_tests()
    assert not gone, "renamed or gone: name them in docs/rules.md as they are now"


def test_the_contents_lead_to_every_rule() -> None:
    contents = re.findall(r"\| (\d+) \| \[([^\]]+)\]\(#([^)]+)\)", TEXT)
    headings = {(n, title, slug(f"{n}. {title}")) for n, title in HEADING.findall(TEXT)}
    assert set(contents) == headings
