"""The mail desk and the preference page in a real browser, at desk and phone width."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from partners.domain.mail.delivery import Event, MailEvent
from partners.domain.mail.notices import MailState, NoticeKind
from partners.domain.mail.topics import Topic
from partners.embedded import Ports, free_ports, mail_pages
from partners.mail.render import Renderer
from partners.mail.samples.samples import sample
from partners.mail.unsubscribe import Links, Tokens, link_secret
from partners.settings import Settings
from partners.store.engine.database import Database
from partners.store.mail import mail_events, outbox
from partners.store.tables.mail_tables import OutboxRow
from partners.web.app import web_routes
from partners.web.dev.mails import mail_app
from partners.web.dev.simulate import RecordedEvents
from tests import builders

pytestmark = pytest.mark.ui

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
EVIL = '<img src=x onerror="document.title=1"><script>document.title=1</script>'


class Told:
    def __init__(self) -> None:
        self.partners: list[str] = []

    async def __call__(self, partners: object) -> None:
        self.partners += list(partners)  # type: ignore[call-overload]


class Place:
    """The desk, served; and a page in the browser."""

    def __init__(self, page: Page, url: str, database: Database, links: Links, told: Told) -> None:
        self.page, self.url, self.database = page, url, database
        self.links, self.told = links, told
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: self.errors.append(dialog.message))

    async def fits(self) -> None:
        """Nothing is wider than the window."""
        wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0


def fill(database: Database) -> None:
    """One message of each kind, and what became of some."""
    renderer = Renderer(Settings(_env_file=None).templates)
    policy = builders.a_policy()
    builders.accept(database, policy)
    with database.write() as session:
        builders.a_partner(session, "acme", name="Acme Ltd", fallback_email="boss@example.com")
        for number, kind in enumerate(NoticeKind):
            at = NOW + timedelta(hours=number)
            row = outbox.claim(
                session,
                outbox.Written(
                    f"grace/acme-2026-10/{kind}/1",
                    kind,
                    renderer.render(sample(kind, policy)),
                    to=["managers@northwind.example" if kind.to_staff else "acme@example.com"],
                    sender="partners@northwind.example",
                    partner_id=None if kind.to_staff else "acme",
                ),
                now=at,
            )
            outbox.settle(row, MailState.ACCEPTED, at + timedelta(seconds=1))
        first = session.get_one(OutboxRow, 1)
        for minutes, name in enumerate(("processed", "deferred", "delivered", "open")):
            event = MailEvent(
                Event(name),
                "acme@example.com",
                NOW + timedelta(minutes=minutes + 1),
                outbox_id=first.public_id,
                reason="451 4.7.1 try again later" if name == "deferred" else "",
            )
            mail_events.take_in(session, [event], NOW)


@asynccontextmanager
async def served(browser: Browser, database: Database) -> AsyncIterator[Place]:
    ports, _ = free_ports(Ports(0, 0, 0))
    url = f"http://127.0.0.1:{ports.mail}"
    settings, told = Settings(_env_file=None, public_url=url), Told()
    with database.write() as session:
        links = Links(Tokens(link_secret(session)), url)
    app = mail_app(
        database,
        settings.templates,
        simulator=RecordedEvents(database, told, lambda: NOW + timedelta(hours=1)),
        links=links,
        more=web_routes(database, settings, told),
    )
    async with mail_pages(database, ports.mail, app):
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", ports.mail)
                    writer.close()
                    break
                except OSError:
                    await asyncio.sleep(0.02)
        context = await browser.new_context(viewport=DESK)  # type: ignore[arg-type]
        yield Place(await context.new_page(), url, database, links, told)
        await context.close()


@pytest.fixture
async def place(browser: Browser, sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Place]:
    path = shutil.copy(sqlite_template, tmp_path / "desk.db")
    database = Database(f"sqlite:///{path}")
    fill(database)
    async with served(browser, database) as place:
        yield place
        assert place.errors == []
    database.close()


async def shots(place: Place, folder: Path, name: str) -> None:
    """Pictures at desk and phone width, light and dark; nothing is wider than the window."""
    for size, width in (("desk", DESK), ("phone", PHONE)):
        await place.page.set_viewport_size(width)  # type: ignore[arg-type]
        await place.fits()
        for scheme in ("light", "dark"):
            await place.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await place.page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")
    await place.page.emulate_media(color_scheme="light")
    await place.page.set_viewport_size(DESK)  # type: ignore[arg-type]


async def test_the_list_is_filtered_by_kind_partner_and_state(
    place: Place, screenshots: Path
) -> None:
    page = place.page
    await page.goto(place.url)
    await expect(page.locator("tbody tr")).to_have_count(len(NoticeKind))
    await shots(place, screenshots, "mail-desk-list")
    await page.get_by_label("Kind").select_option("warning")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.locator("select[name=state]").select_option("opened")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.locator("select[name=state]").select_option("bounced")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_text("No message fits the filter")).to_be_visible()
    await page.get_by_role("link", name="Show all").click()
    await page.get_by_label("Partner").fill("acme")
    await page.get_by_role("button", name="Filter").click()
    partners = sum(not kind.to_staff for kind in NoticeKind)
    await expect(page.locator("tbody tr")).to_have_count(partners)


async def test_a_message_shows_itself_and_what_became_of_it(
    place: Place, screenshots: Path
) -> None:
    page = place.page
    await page.goto(f"{place.url}/1")
    lines = page.locator(".history li")
    await expect(lines).to_have_count(6)
    await expect(lines.nth(3)).to_contain_text("451 4.7.1 try again later")
    await expect(lines.last).to_contain_text("opened")
    frame = page.frame_locator("iframe")
    await expect(frame.locator("h1, h2").first).to_be_visible()
    await expect(page.locator("pre")).to_contain_text("Preferred Partners")
    await shots(place, screenshots, "mail-desk-message")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download .eml").click()
    assert (await download.value).suggested_filename == "message-1.eml"


async def test_a_preview_stands_beside_its_english_version(place: Place, screenshots: Path) -> None:
    page = place.page
    await page.goto(place.url)
    await page.get_by_role("link", name="Previews").click()
    await expect(page.locator("iframe")).to_have_count(1)
    await page.get_by_label("Kind").select_option("warning")
    await page.get_by_label("Language").select_option("de")
    await page.get_by_role("button", name="Show").click()
    message, english = (page.frame_locator("iframe").nth(n).locator("h1") for n in (0, 1))
    await expect(message).to_contain_text("Sie haben 45 Tage Zeit")
    await expect(english).to_contain_text("You have 45 days")
    await shots(place, screenshots, "mail-desk-preview")


async def test_a_bounce_is_simulated_with_one_click(place: Place, screenshots: Path) -> None:
    page = place.page
    await page.goto(f"{place.url}/1")
    await page.get_by_role("button", name="Bounce").click()
    await expect(page.locator(".history li").last).to_contain_text("bounced")
    await expect(page.locator("dd .tag.bounced")).to_be_visible()
    assert place.told.partners == ["acme"]
    await shots(place, screenshots, "mail-desk-bounced")
    for name, words in (("Spam report", "reported as spam"), ("Unsubscribe", "unsubscribed")):
        await page.get_by_role("button", name=name).click()
        await expect(page.locator(".history")).to_contain_text(words)


async def test_a_hostile_message_runs_nothing_and_loads_nothing(place: Place) -> None:
    """Somebody listens elsewhere: nobody comes, whatever the message holds."""
    visitors: list[str] = []

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visitors.append((await reader.readline()).decode())
        writer.close()

    async with await asyncio.start_server(visited, "127.0.0.1", 0) as elsewhere:
        there = f"http://127.0.0.1:{elsewhere.sockets[0].getsockname()[1]}"
        with place.database.write() as session:
            row = session.get_one(OutboxRow, 1)
            row.html = (
                f'<head><meta http-equiv="refresh" content="0;url={there}/refresh">'
                f'<link rel="stylesheet" href="{there}/style.css"></head><body>{EVIL}'
                f'<img src="{there}/pixel.png"><iframe src="{there}/frame"></iframe>'
                '<a href="javascript:document.title=1" id="a">press</a>'
                f'<form action="{there}/form" method="post"><button id="b">go</button></form>'
                "</body>"
            )
            row.subject, row.text = EVIL, EVIL
        await place.page.goto(f"{place.url}/1")
        frame = place.page.frame_locator("iframe")
        await expect(frame.locator("#a")).to_be_visible()
        await frame.locator("#a").click()
        await frame.locator("#b").click()
        await place.page.wait_for_timeout(500)  # there is nothing to wait for: nothing may happen
        assert await place.page.title() == EVIL
        await place.page.goto(f"{place.url}/1/html")
        await place.page.locator("#b").click()
        await place.page.wait_for_timeout(500)
        assert place.page.url == f"{place.url}/1/html"
        assert await place.page.title() != "1"
    assert visitors == []


async def test_a_page_elsewhere_cannot_press_the_buttons(place: Place) -> None:
    """Another site's page, in the same browser, posts a form to the desk."""
    page = place.page
    target = f"{place.url}/1/simulate"
    form = f'<form method="post" action="{target}"><input name="event" value="bounce"></form>'
    await page.set_content(form)
    async with page.expect_response(target) as answer:
        await page.evaluate("document.forms[0].submit()")
    assert (await answer.value).status == 403
    assert place.told.partners == []


async def test_a_partner_chooses_what_to_read(place: Place, screenshots: Path) -> None:
    page = place.page
    await page.goto(place.links.preferences_url("acme"))
    await expect(page.get_by_role("checkbox")).to_have_count(len(Topic))
    await page.get_by_label("Newsletter").uncheck()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status")).to_contain_text("Saved.")
    await expect(page.get_by_label("Newsletter")).not_to_be_checked()
    await expect(page.get_by_label("Scorecards")).to_be_checked()
    await shots(place, screenshots, "preferences")
    await page.get_by_role("button", name="Turn all of these off").click()
    await expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)


async def test_a_partner_unsubscribes_from_a_link(place: Place, screenshots: Path) -> None:
    page = place.page
    await page.goto(place.links.unsubscribe_url("acme", Topic.NEWSLETTER))
    await shots(place, screenshots, "unsubscribe")
    await page.get_by_role("button", name="Yes, unsubscribe").click()
    await expect(page.get_by_role("status")).to_contain_text("no more e-mail about: Newsletter")
    await page.get_by_role("link", name="All e-mail preferences").click()
    await expect(page.get_by_label("Newsletter")).not_to_be_checked()
    await expect(page.get_by_label("Offers")).to_be_checked()
