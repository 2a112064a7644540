"""Numbers of things in English."""

from __future__ import annotations

import pytest

from partners.domain.number_words import number_of


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 partners"), (1, "1 partner"), (1200, "1,200 partners")]
)
def test_one_thing_is_in_the_singular(number: int, words: str) -> None:
    assert number_of(number, "partner") == words


def test_a_plural_of_its_own_is_named() -> None:
    assert number_of(2, "entry", "entries") == "2 entries"
