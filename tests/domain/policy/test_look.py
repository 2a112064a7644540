"""The look of e-mails: whatever colour is accepted can be read, in the light and in the dark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from partners.domain.policy.look import (
    ACCENT,
    ACCENT_DARK,
    DARK,
    ENOUGH,
    LIGHT,
    LookSection,
    contrast,
    least_contrast,
    lightened,
)

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#000000", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff9900", "#ffffff", 2.14),
        ("#123456", "#123456", 1.0),
    ],
)
def test_contrast_is_as_wcag_computes_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


def test_the_programs_own_colours_can_be_read() -> None:
    assert least_contrast(ACCENT, LIGHT) >= ENOUGH
    assert least_contrast(ACCENT_DARK, DARK) >= ENOUGH
    assert LookSection().colours == (ACCENT, ACCENT_DARK)


@given(COLOURS)
def test_any_colour_becomes_light_enough_for_dark_screens(colour: str) -> None:
    assert least_contrast(lightened(colour), DARK) >= ENOUGH


@given(COLOURS, COLOURS)
def test_what_is_accepted_can_be_read(accent: str, accent_dark: str) -> None:
    try:
        light, dark = LookSection(accent=accent, accent_dark=accent_dark).colours
    except ValidationError:
        bad = (least_contrast(accent, LIGHT), least_contrast(accent_dark, DARK))
        assert min(bad) < ENOUGH
    else:
        assert (light, dark) == (accent, accent_dark)
        assert least_contrast(light, LIGHT) >= ENOUGH
        assert least_contrast(dark, DARK) >= ENOUGH


def test_what_is_light_enough_for_dark_screens_stays_as_it_is() -> None:
    assert lightened("#9cc4f5") == "#9cc4f5"
    assert LookSection(accent="#7A1FA2").colours[0] == "#7a1fa2"
