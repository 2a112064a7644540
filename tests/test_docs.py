"""The documentation names files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMED = re.compile(r"`((?:activities|bench|docs|partners|templates|tests|workflows)/[\w./-]*)`")
LINKED = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
GONE = {"CHANGELOG.md"}
"""Pages that speak of former versions."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = set() if page.name in GONE else {ROOT / name for name in NAMED.findall(text)}
    linked = {page.parent / name for name in LINKED.findall(text)}
    assert sorted(str(path) for path in named | linked if not path.exists()) == []
