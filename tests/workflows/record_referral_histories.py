"""Records histories of referrals: `python -m tests.workflows.record_referral_histories`.

As `record_histories` does for cases: each story is played under time skipping and its history
written to `histories/referral/<story>.json`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from partners.store.mail import outbox
from tests.workflows.conftest import START
from tests.workflows.record_histories import HISTORIES, new_world, written
from tests.workflows.referral_world import TERMS, Referring
from workflows.kit import options

REFERRAL_HISTORIES = HISTORIES / "referral"


async def _begin(acme: Referring, **terms: object) -> None:
    acme.world.accept(referral={**TERMS, **terms})
    acme.partner()
    await acme.start()
    await acme.world.eventually(lambda: acme.mails() == ["referral_welcome"], "welcomed")


async def _three_purchases(acme: Referring) -> None:
    for number in range(3):
        await acme.until_day(2 * number)
        await acme.buys(f"r{number}")
        await acme.looked(count=number + 1)


async def qualified_then_refunded(acme: Referring) -> None:
    await _begin(acme)
    await _three_purchases(acme)
    await acme.world.eventually(lambda: "staff: entered" in acme.mails(), "staff are told")
    await acme.refund("r1")
    await acme.world.eventually(lambda: "staff: refunded" in acme.mails(), "staff are told")


async def waits_for_staff(acme: Referring) -> None:
    await _begin(acme, approval="staff")
    await _three_purchases(acme)
    await acme.world.eventually(lambda: "staff: waiting" in acme.mails(), "staff are told")
    await acme.until_day(12)


async def falls_short(acme: Referring) -> None:
    await _begin(acme)
    await acme.buys("r0")
    await acme.looked(count=1)
    await acme.until_day(62)


async def mail_is_stopped(acme: Referring) -> None:
    await _begin(acme)
    with acme.world.database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "a pause", START)
    await acme.buys("r0")
    await acme.looked(count=1)
    await acme.world.until(START + timedelta(days=2.5))


async def handed_over(acme: Referring) -> None:
    """The first run, which continues as new, with what it hands over."""
    options.REFERRAL_HISTORY = 30
    await _begin(acme)
    await acme.buys("r0")
    await acme.looked(count=1)
    await acme.until_day(3)
    await acme.buys("r1")
    await acme.looked(count=2)


REFERRAL_STORIES: dict[str, Callable[[Referring], Awaitable[None]]] = {
    story.__name__: story
    for story in (
        qualified_then_refunded,
        waits_for_staff,
        falls_short,
        mail_is_stopped,
        handed_over,
    )
}


def _suggest_a_new_run(history: dict[str, Any]) -> None:
    """As a server does in the last task of a history that is long enough; this one is short, so
    that it can be read. Without that it would replay only where a run hands over so early."""
    *_, last = (e for e in history["events"] if "workflowTaskStartedEventAttributes" in e)
    last["workflowTaskStartedEventAttributes"]["suggestContinueAsNew"] = True


async def main() -> None:
    REFERRAL_HISTORIES.mkdir(parents=True, exist_ok=True)
    for name, story in REFERRAL_STORIES.items():
        folder = Path(tempfile.mkdtemp(prefix="history-"))
        async with new_world(folder) as world:
            acme = Referring(world)
            await story(acme)
            described = await acme.handle.describe()
            first = described.raw_description.workflow_execution_info.first_run_id
            handle = world.client.get_workflow_handle(acme.handle.id, run_id=first or None)
            history = await handle.fetch_history()
        shutil.rmtree(folder)
        told = history.to_json_dict()
        if name == "handed_over":
            _suggest_a_new_run(told)
        path = REFERRAL_HISTORIES / f"{name}.json"
        path.write_text(written(told))
        sys.stdout.write(f"{path.name}: {len(history.events)} events\n")
    await asyncio.sleep(0.2)  # see sdk-python #300


if __name__ == "__main__":
    asyncio.run(main())
