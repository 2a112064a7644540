"""A program with its Temporal UI in a browser, for tests that read its pages as people do."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, expect
from sqlalchemy import select
from temporalio.client import WorkflowHandle

from partners.domain.cases.view import GracePeriodInput, GracePeriodResult
from partners.embedded import Ports, Server, dev_server, free_ports, working
from partners.settings import Mode, Settings
from partners.store.engine.database import Database
from partners.store.tables.case_tables import CaseRow
from workflows.grace_period import GracePeriod
from workflows.kit import timeline
from workflows.kit.options import TASK_QUEUE, grace_workflow_id

SECONDS = 30
FAILED = "Uh oh. There's an error."
"""What the UI shows in place of a page that the server did not answer."""


@dataclass
class Place:
    """A server with its UI, a worker, and two weak partners' cases."""

    server: Server
    database: Database
    page: Page
    screenshots: Path
    _reloads: bool = False

    async def open_case(self, partner_id: str, status: str) -> CaseRow:
        """Start a case, and wait until it stands as named."""
        await self.server.client.start_workflow(
            GracePeriod.run,
            GracePeriodInput(partner_id),
            id=grace_workflow_id(partner_id),
            task_queue=TASK_QUEUE,
            static_summary=timeline.static_summary(partner_id),
            static_details=timeline.STATIC_DETAILS,
        )
        query = select(CaseRow).where(CaseRow.partner_id == partner_id)
        async with asyncio.timeout(SECONDS):
            while True:
                with self.database.read() as session:
                    case = session.scalars(query).first()
                if case is not None and case.status == status:
                    return case
                await asyncio.sleep(0.05)

    def handle(self, partner_id: str) -> WorkflowHandle[GracePeriod, GracePeriodResult]:
        return self.server.client.get_workflow_handle_for(
            GracePeriod.run, grace_workflow_id(partner_id)
        )

    async def show(self, path: str) -> Page:
        """A page of the UI. Where the server was too busy to answer it, it is loaded again."""
        if not self._reloads:
            self._reloads = True
            await self.page.add_locator_handler(self.page.get_by_text(FAILED), self._reload)
        await self.page.goto(f"{self.server.ui_url}/namespaces/default/workflows{path}")
        return self.page

    async def _reload(self) -> None:
        """What the page itself advises; whoever reads it waits no longer for that."""
        warnings.warn(f"the Temporal UI failed to load {self.page.url}; again", stacklevel=1)
        await self.page.reload()

    async def show_case(self, partner_id: str, tab: str) -> Page:
        """A tab of a case's page: timeline, user-metadata."""
        run = (await self.handle(partner_id).describe()).run_id
        return await self.show(f"/grace%2F{partner_id}/{run}/{tab}")

    async def reads(self, *words: str) -> None:
        """Every one of these is on the page for people to see."""
        for text in words:
            found = self.page.get_by_text(text).filter(visible=True).first
            await expect(found).to_be_visible(timeout=SECONDS * 1000)

    async def details_read(self, *words: str) -> None:
        """Every one of these is under Current Details, the last of the page's three frames."""
        text = self.page.locator("iframe").last.content_frame.locator("body")
        for part in words:
            await expect(text).to_contain_text(part, timeout=SECONDS * 1000)

    async def keep(self, name: str) -> None:
        await self.page.screenshot(path=self.screenshots / f"{name}.png", full_page=True)


@asynccontextmanager
async def a_place(
    browser: Browser,
    screenshots: Path,
    path: Path,
    bring: Callable[[Database], None],
    public_url: str = "",
) -> AsyncIterator[Place]:
    """A server, a browser and workers on the database of that path, with what `bring` brings."""
    settings = Settings(
        _env_file=None, mode=Mode.TEST, database_url=f"sqlite:///{path}", public_url=public_url
    )
    database = Database(settings.database_url)
    bring(database)
    ports, _ = free_ports(Ports(0, 0, 0))
    page = await browser.new_page(viewport={"width": 1400, "height": 900}, timezone_id="UTC")
    async with dev_server(ports) as server, working(server.client, settings, database):
        yield Place(server, database, page, screenshots)
    database.close()
