"""Records histories of leads: `python -m tests.workflows.record_lead_histories`.

As `record_histories` does for cases: each story is played under time skipping and its history
written to `histories/lead/<story>.json`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from partners.domain.referrals.lead import LeadState
from partners.store.mail import outbox
from tests.workflows.conftest import START
from tests.workflows.lead_world import TERMS, Selling
from tests.workflows.record_histories import HISTORIES, new_world, written

LEAD_HISTORIES = HISTORIES / "lead"


def _begin(selling: Selling) -> None:
    selling.world.accept(referral=TERMS)
    selling.people("ben", "cleo")
    selling.accept()


async def won_by_an_order(selling: Selling) -> None:
    _begin(selling)
    handle = await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    await selling.take()
    await selling.looked(LeadState.TAKEN, "ben")
    selling.order("ben", START + timedelta(hours=1))
    await selling.until_day(2)
    await selling.start()
    assert (await handle.result()).state == "won"


async def declined_then_passed_on_to_sales(selling: Selling) -> None:
    _begin(selling)
    await selling.start()
    await selling.looked(LeadState.OFFERED, "ben")
    await selling.decline()
    await selling.looked(LeadState.OFFERED, "cleo")
    await selling.until_day(12)
    await selling.looked(LeadState.SALES)


async def mail_is_stopped(selling: Selling) -> None:
    _begin(selling)
    with selling.world.database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "a pause", START)
    await selling.start()
    await selling.until_day(2.5)
    with selling.world.database.write() as session:
        outbox.go(session, outbox.MAIL_SWITCH)
    await selling.until_day(4)


LEAD_STORIES: dict[str, Callable[[Selling], Awaitable[None]]] = {
    story.__name__: story
    for story in (won_by_an_order, declined_then_passed_on_to_sales, mail_is_stopped)
}


async def main() -> None:
    LEAD_HISTORIES.mkdir(parents=True, exist_ok=True)
    for name, story in LEAD_STORIES.items():
        folder = Path(tempfile.mkdtemp(prefix="history-"))
        async with new_world(folder) as world:
            selling = Selling(world)
            await story(selling)
            history = await selling.handle().fetch_history()
        shutil.rmtree(folder)
        path = LEAD_HISTORIES / f"{name}.json"
        path.write_text(written(history.to_json_dict()))
        sys.stdout.write(f"{path.name}: {len(history.events)} events\n")
    await asyncio.sleep(0.2)  # see sdk-python #300


if __name__ == "__main__":
    asyncio.run(main())
