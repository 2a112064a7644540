"""The policy's `[look]`: a logo for e-mails, and an accent colour that everybody can read.

Contrast is computed as WCAG 2 has it (relative luminance); 4.5 to 1 is what it asks of text.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from partners.domain.policy.policy_errors import wrong
from partners.domain.policy.texts import Section, without

ACCENT, ACCENT_DARK = "#17467f", "#9cc4f5"
"""Where the policy names none."""
LIGHT = ("#ffffff", "#eef1f5")
"""What the accent stands on or behind: the card, also the button's words; the page around it."""
DARK = ("#1b2229", "#11161b", "#0d2038")
"""The same where the screen is dark: card, page, and the words on the button."""
ENOUGH = 4.5
LOGO_WIDTH = 160


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How far two colours are apart, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def least_contrast(colour: str, grounds: tuple[str, ...]) -> float:
    return min(contrast(colour, ground) for ground in grounds)


def lightened(colour: str) -> str:
    """The colour, mixed with as much white as it takes to be read on dark screens."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    steps = (
        "#" + "".join(f"{part + (255 - part) * tenth // 20:02x}" for part in parts)
        for tenth in range(21)
    )
    return next(mixed for mixed in steps if least_contrast(mixed, DARK) >= ENOUGH)


def _colour(text: str) -> str:
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise wrong("is no colour; write one such as #17467f")
    return text.lower()


def _picture(url: str) -> str:
    if not re.fullmatch(r"https://[^\s\"'<>]+", url):
        raise wrong("is no https address; write one such as https://example.com/logo.png")
    if re.search(r"\.svgz?([?#]|$)", url, re.IGNORECASE):
        raise wrong("is an SVG, which most mail programs do not show; give a PNG or a JPEG")
    return url


Colour = Annotated[str, AfterValidator(_colour)]
Picture = Annotated[str, AfterValidator(_picture)]


class LookSection(Section):
    """How e-mails look. The colours of warnings stay: they have a meaning."""

    accent: Colour | None = None  # of buttons and links
    accent_dark: Colour | None = None  # on dark screens; default: the accent, made lighter
    logo_url: Picture | None = None
    logo_alt: str | None = Field(None, min_length=1)  # default: the provider
    logo_width: int | None = Field(None, ge=24, le=260)  # in pixels: a phone is narrow

    @field_validator("accent")
    @classmethod
    def _readable(cls, accent: str | None) -> str | None:
        return _checked(accent, LIGHT, "the light ground of e-mails", "darker")

    @field_validator("accent_dark")
    @classmethod
    def _readable_in_the_dark(cls, accent_dark: str | None) -> str | None:
        return _checked(accent_dark, DARK, "dark screens", "lighter")

    @model_serializer(mode="wrap")
    def _without_unused(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(handler(self), *type(self).model_fields)

    @property
    def colours(self) -> tuple[str, str]:
        """The accent on light screens and on dark ones."""
        if self.accent is None:
            return ACCENT, self.accent_dark or ACCENT_DARK
        return self.accent, self.accent_dark or lightened(self.accent)


def _checked(colour: str | None, grounds: tuple[str, ...], where: str, remedy: str) -> str | None:
    """The colour. Raises where links and buttons in it could not be read."""
    if colour is None or (found := least_contrast(colour, grounds)) >= ENOUGH:
        return colour
    shown = int(found * 100) / 100  # rounded down: 4.499 is not enough
    raise wrong(
        f"cannot be read well: its contrast on {where} is {shown} : 1, and text needs "
        f"{ENOUGH} : 1; choose a {remedy} colour"
    )
