"""Reading a mail's HTML as a mail program does: its text, its links, its colours."""

from __future__ import annotations

import re
from functools import lru_cache
from html.parser import HTMLParser

_VOID = {"meta", "br", "img", "hr", "link", "input"}
_HIDDEN = {"style", "title", "head"}
Style = dict[str, str]


class Page(HTMLParser):
    """Walks a page; `pieces` are (text, colour, background) of all visible text."""

    def __init__(self, html: str, dark: bool = False) -> None:
        super().__init__()
        self._dark = dark_rules(html) if dark else {}
        self._stack: list[tuple[str, Style]] = []
        self.pieces: list[tuple[str, str, str]] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append((tag, values))
        if values.get("href"):
            self.links.append(str(values["href"]))
        if tag in _VOID:
            return
        style = dict(self._stack[-1][1]) if self._stack else {}
        style |= declarations(values.get("style") or "")
        for name in [tag, *(values.get("class") or "").split()]:
            style |= self._dark.get(name, {})
        if "display:none" in (values.get("style") or "").replace(" ", ""):
            style["hidden"] = "yes"
        self._stack.append((tag, style))

    def handle_endtag(self, tag: str) -> None:
        while self._stack and self._stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._stack or not data.strip() or any(t in _HIDDEN for t, _ in self._stack):
            return
        style = self._stack[-1][1]
        if "hidden" not in style:
            piece = (
                re.sub(r"[ \t\n]+", " ", data).strip(" "),
                style["color"],
                style["background-color"],
            )
            self.pieces.append(piece)

    @property
    def text(self) -> str:
        return " ".join(words for words, _, _ in self.pieces)


@lru_cache(maxsize=4096)
def read(html: str, dark: bool = False) -> Page:
    """The page as read; many tests look at the same one, and none changes it."""
    return Page(html, dark)


@lru_cache(maxsize=4096)
def declarations(css: str) -> Style:
    """The colours that a style sets."""
    pairs = (part.split(":", 1) for part in css.split(";") if ":" in part)
    wanted = ("color", "background-color")
    values = {k.strip(): v.replace("!important", "").strip() for k, v in pairs}
    return {name: values[name] for name in wanted if name in values}


def dark_rules(html: str) -> dict[str, Style]:
    """The colours of the dark media query by class or tag, the last word of each selector."""
    block = html.split("(prefers-color-scheme: dark)", 1)[1].split("</style>")[0]
    rules: dict[str, Style] = {}
    for selectors, css in re.findall(r"([^{}]+)\{([^{}]*)\}", block[block.index("{") + 1 :]):
        for selector in selectors.split(","):
            rules.setdefault(selector.split()[-1].lstrip("."), {}).update(declarations(css))
    return rules


@lru_cache(maxsize=4096)
def contrast(one: str, other: str) -> float:
    """The contrast ratio of two `#rrggbb` colours (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
