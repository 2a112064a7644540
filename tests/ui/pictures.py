"""The pictures of the README, made anew from one run of the demo: `make pictures`.

The demo's screen in a terminal, the timeline of a case that ended in a removal, and a warning on
a phone, as the mail desk previews it; each in light and in dark.
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal, NamedTuple

from playwright.async_api import Browser, Page, async_playwright
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI, TerminalTheme
from rich.text import Text
from temporalio.client import Client

from tests.ui.conftest import ARGUMENTS

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
COLUMNS = 112
SECONDS = 240
"""The demo takes one minute; a busy machine more."""
PARTNER = "old-mill"
ENDED = b"The clock stands"
DAY = "day 38"
"""Of the demo's screen: some are in grace or warned then, some have recovered."""
PAPER = TerminalTheme(
    (255, 255, 255), (31, 41, 51),
    [(31, 41, 51), (180, 35, 24), (27, 107, 58), (138, 90, 0), (29, 78, 137), (124, 45, 120),
     (14, 116, 144), (82, 96, 109)],
)  # fmt: skip
Scheme = Literal["light", "dark"]
SCHEMES: dict[Scheme, TerminalTheme] = {"light": PAPER, "dark": DIMMED_MONOKAI}
REDRAWN = re.compile(r"(?:\r?\x1b\[(?:1A|2K))+|\x1b\[\?25[lh]")
"""Between two frames of what is drawn over and over in a terminal."""


class Demo(NamedTuple):
    process: asyncio.subprocess.Process
    output: str

    def found(self, pattern: str) -> str:
        found = re.search(pattern, self.output)
        assert found, f"the demo did not say {pattern}"
        return found[1]


async def demo(folder: str) -> Demo:
    """The demo, from its beginning until it has told its stories and goes on serving."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "partners", "demo"),
        cwd=folder,
        env=os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "LINES": "60"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    output = b""
    async with asyncio.timeout(SECONDS):
        while ENDED not in output:
            part = await process.stdout.read(1 << 16)
            assert part, "the demo ended before its end"
            output += part
    return Demo(process, output.decode())


def terminal(output: str, theme: TerminalTheme) -> str:
    """The demo's screen of one day, as a page."""
    frame = next(frame for frame in REDRAWN.split(output) if f"  {DAY}" in frame)
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(frame.strip("\n")))
    return console.export_html(theme=theme, inline_styles=True)


async def shot(page: Page, name: str, **options: Any) -> None:
    await page.screenshot(path=FOLDER / f"{name}.png", **options)


async def take(browser: Browser, made: Demo, scheme: Scheme) -> None:
    client = await Client.connect(made.found(r"TEMPORAL_ADDRESS=(\S+)"))
    run = (await client.get_workflow_handle(f"grace/{PARTNER}").describe()).run_id

    page = await browser.new_page(viewport={"width": 1000, "height": 600})
    await page.set_content(terminal(made.output, SCHEMES[scheme]))
    await shot(page, f"demo-{scheme}", full_page=True)
    await page.close()

    page = await browser.new_page(viewport={"width": 1280, "height": 1500}, color_scheme=scheme)
    ui = made.found(r"Temporal UI +(http://[\d.:]+)")
    await page.goto(f"{ui}/namespaces/default/workflows/grace%2F{PARTNER}/{run}/timeline")
    heading = page.get_by_role("heading", name="Timeline")
    await heading.wait_for()
    await page.get_by_text("e-mail: removal").first.wait_for()
    await page.get_by_role("button", name="Descending").click()
    await page.get_by_text("grace period until").first.wait_for()
    box = await heading.bounding_box()
    assert box is not None
    clip = {"x": 264, "y": box["y"] - 8, "width": 1016, "height": 790}
    await shot(page, f"timeline-{scheme}", clip=clip)
    await page.close()

    page = await browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    desk = made.found(r"E-mails +(http://[\d.:]+)")
    await page.goto(f"{desk}/previews/html?kind=warning&language=en")
    await shot(page, f"mail-{scheme}")
    await page.close()


async def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder:
        made = await demo(folder)
        try:
            async with async_playwright() as playwright:
                chromium = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
                for scheme in SCHEMES:
                    await take(chromium, made, scheme)
        finally:
            made.process.send_signal(signal.SIGINT)
            await made.process.wait()


if __name__ == "__main__":
    asyncio.run(main())
