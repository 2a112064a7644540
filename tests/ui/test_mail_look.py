"""Every e-mail in a real browser: readable in light and dark, on a phone and a desktop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from partners.domain.mail.notices import NoticeKind
from partners.domain.policy.look import LookSection
from partners.domain.policy.policy import Policy
from partners.mail.notice import Footer, Notice
from partners.mail.render import Renderer
from partners.mail.samples.samples import sample
from partners.mail.words import catalogues
from partners.policy_file import read_policy

pytestmark = pytest.mark.ui

ROOT = Path(__file__).parents[2]
WIDTHS = (320, 360, 1280)
PHONE = WIDTHS[0]
LONG_NAME = "Donaudampfschifffahrtsgesellschaftskapitänswitwenverein e. V."
FOOTER = Footer(
    "Sample Street 1, 12345 Sample Town",
    "https://partners.example.com/preferences/abc",
    "https://partners.example.com/unsubscribe/abc",
)

READ = """() => {
  const luminance = colour => {
    const parts = colour.match(/[\\d.]+/g).map(Number);
    if (parts.length === 4 && parts[3] === 0) return null;
    const linear = parts.slice(0, 3).map(c => c / 255)
      .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const found = luminance(getComputedStyle(at).backgroundColor);
      if (found !== null) return found;
    }
    return 1;
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!words || !element.checkVisibility({ opacityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const box = range.getBoundingClientRect();
    const style = getComputedStyle(element);
    const [light, dark] = [luminance(style.color), behind(element)].sort((a, b) => b - a);
    texts.push({
      words, left: box.left, right: box.right, size: parseFloat(style.fontSize),
      contrast: (light + 0.05) / (dark + 0.05),
    });
  }
  const button = document.querySelector('.button-link');
  return {
    texts,
    broken: [...document.querySelectorAll('.whole')]
      .filter(e => e.getClientRects().length > 1).map(e => e.textContent),
    width: document.documentElement.scrollWidth,
    page: luminance(getComputedStyle(document.body).backgroundColor),
    button: button && button.getBoundingClientRect().height,
    overlaps: [...document.querySelectorAll('th, td')]
      .filter(c => c.scrollWidth > c.clientWidth + 1)
      .map(c => c.textContent.trim()),
  };
}"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(ROOT / "programs" / "three-tiers.toml")[0]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(ROOT / "templates")


def notices(policy: Policy) -> list[Notice]:
    """Each kind in each language that it comes in, with all that can stand in it."""
    return [
        replace(
            sample(kind, policy),
            language=language,
            partner_name=LONG_NAME,
            time_zone="America/New_York",
            footer=FOOTER,
        )
        for kind in NoticeKind
        for language in (("en",) if kind.to_staff else catalogues.languages())
    ]


async def width_in_a_wider_font(page: Page) -> int:
    """How wide the page is in a font a fifth wider: every device brings its own."""
    await page.add_style_tag(content="* { letter-spacing: 0.12em !important; }")
    return int(await page.evaluate("document.documentElement.scrollWidth"))


def check(seen: dict[str, Any], notice: Notice, name: str, width: int, scheme: str) -> None:
    assert len(seen["texts"]) > 10
    assert (seen["page"] < 0.1) == (scheme == "dark"), name
    assert seen["width"] <= width, f"{name} is wider than the screen"
    assert seen["overlaps"] == [], name
    assert seen["broken"] == [], name
    for text in seen["texts"]:
        assert text["contrast"] >= 4.5, (name, text)
        assert text["size"] >= 13, (name, text)
        assert text["left"] >= 0, (name, text)
        assert text["right"] <= width, (name, text)
    if not notice.kind.to_staff:
        assert seen["button"] >= 44, name  # a thumb hits it


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_mail_is_readable(
    browser: Browser, screenshots: Path, policy: Policy, renderer: Renderer, scheme: Any
) -> None:
    """Each is rendered once, and looked at in every width."""
    context = await browser.new_context(color_scheme=scheme)
    page = await context.new_page()
    for notice in notices(policy):
        html = renderer.render(notice).html
        await page.set_content(html)
        for width in WIDTHS:
            name = f"{notice.kind}.{notice.language}.{scheme}.{width}"
            await page.set_viewport_size({"width": width, "height": 800})
            seen = await page.evaluate(READ)
            check(seen, notice, name, width, scheme)
            words = " ".join(text["words"] for text in seen["texts"])
            assert preheader(html) not in words
            if notice.language == "en" or notice.kind is NoticeKind.WARNING:
                await page.screenshot(path=screenshots / f"mail.{name}.png", full_page=True)
        await page.set_viewport_size({"width": WIDTHS[0], "height": 800})
        assert await width_in_a_wider_font(page) <= WIDTHS[0], f"{name} needs a narrow font"
    await context.close()


async def test_no_word_has_to_be_broken_on_a_phone(
    browser: Browser, policy: Policy, renderer: Renderer
) -> None:
    """In a mail program that breaks no words, nothing is wider than a phone all the same."""
    page = await browser.new_page(viewport={"width": PHONE, "height": 800})
    for notice in notices(policy):
        if notice.kind.to_staff:
            continue
        await page.set_content(renderer.render(replace(notice, partner_name="Acme Ltd")).html)
        await page.add_style_tag(content="* { overflow-wrap: normal !important; }")
        name = f"{notice.kind}.{notice.language}"
        assert await width_in_a_wider_font(page) <= PHONE, f"{name} has a long word"
    await page.close()


def preheader(html: str) -> str:
    return html.split('class="preheader"', 1)[1].split(">", 1)[1].split("</div>", 1)[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_logo_and_a_colour_of_the_policy_fit_and_can_be_read(
    browser: Browser, screenshots: Path, policy: Policy, renderer: Renderer, scheme: Any
) -> None:
    look = LookSection(accent="#7a1fa2", logo_url="https://logo.example/logo.png", logo_width=260)
    ours = policy.model_copy(update={"look": look})
    page = await browser.new_page(color_scheme=scheme)
    picture = await page.screenshot(clip={"x": 0, "y": 0, "width": 600, "height": 120})
    await page.route("https://logo.example/*", lambda route: route.fulfill(body=picture))
    for kind in (NoticeKind.WELCOME, NoticeKind.GUARD):
        notice = replace(sample(kind, ours), footer=FOOTER)
        await page.set_content(renderer.render(notice).html, wait_until="load")
        for width in WIDTHS:
            name = f"look.{kind}.{scheme}.{width}"
            await page.set_viewport_size({"width": width, "height": 800})
            check(await page.evaluate(READ), notice, name, width, scheme)
            box = await page.locator("img").bounding_box()
            assert box is not None
            assert 240 < box["width"] <= width - 16
            await page.screenshot(path=screenshots / f"mail.{name}.png", full_page=True)
    await page.close()
