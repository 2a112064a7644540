"""Records histories of exclusives: `python -m tests.workflows.record_exclusive_histories`.

As `record_histories` does for cases: each story is played under time skipping and its history
written to `histories/exclusive/<story>.json`.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

from partners.store.mail import outbox
from tests.builders import POLICY
from tests.workflows.conftest import START, World
from tests.workflows.exclusive_world import Holding
from tests.workflows.record_histories import HISTORIES, new_world, written

EXCLUSIVE_HISTORIES = HISTORIES / "exclusive"
YEAR_END = date(2035, 12, 31)


def holding(world: World) -> Holding:
    """A holder, whose orders the feed covers."""
    world.partner()
    world.covered()
    return Holding(world)


async def kept_through_its_term(acme: Holding) -> None:
    acme.sign()
    for month in (4, 5, 6):
        acme.sells(month, 10)
    await acme.start()
    await acme.over_by(date(2035, 7, 1))


async def missed_and_made_up_for(acme: Holding) -> None:
    acme.sign(renewal="none")
    acme.sells(4, 4)
    acme.sells(5, 12)
    acme.sells(6, 12)
    await acme.start()
    await acme.until(date(2035, 6, 3))
    await acme.look()
    await acme.told("active/cured/2035-04")
    await acme.over_by(date(2035, 7, 1))


async def missed_and_lost(acme: Holding) -> None:
    acme.sign(last=YEAR_END)
    acme.sells(4, 4)
    await acme.start()
    await acme.over_by(date(2035, 6, 8))


async def at_risk_blocked_and_ended(acme: Holding) -> None:
    """The tier is lost and regained, a block comes and goes, and a person ends it."""
    top = {"key": "strategic", "kind": "strategic", "enter": {"tenure_months": {"at_least": 3}}}
    acme.world.accept(tiers=[*POLICY["tiers"], top])
    acme.moves_to("strategic")
    acme.sign(last=YEAR_END, required_tier="strategic", minimum_orders=0)
    await acme.start()
    await acme.until(date(2035, 4, 10))
    acme.moves_to("preferred")
    await acme.look()
    await acme.told("warning/tier/2035-04-10/1")
    await acme.until(date(2035, 4, 20))
    acme.moves_to("strategic")
    await acme.look()
    await acme.told("active/safe/1")
    acme.blocked(date(2035, 4, 20), date(2035, 4, 24))
    await acme.look()
    await acme.until(date(2035, 4, 25))
    await acme.told("active/restored/1")
    acme.ends("Ann", "both sides agreed", await acme.world.now())
    await acme.look()
    await acme.over_by(date(2035, 4, 26))


async def waits_for_mail(acme: Holding) -> None:
    """A kill switch keeps all mail, and then the warning goes out."""
    acme.sign(last=YEAR_END)
    await acme.start()
    await acme.until(date(2035, 5, 3))
    with acme.world.database.write() as session:
        outbox.stop(session, outbox.MAIL_SWITCH, "Ann", "a pause", START)
    await acme.until(date(2035, 5, 6))
    with acme.world.database.write() as session:
        outbox.go(session, outbox.MAIL_SWITCH)
    await acme.look()
    await acme.told("warning/2035-04/1")


EXCLUSIVE_STORIES: dict[str, Callable[[Holding], Awaitable[None]]] = {
    story.__name__: story
    for story in (
        kept_through_its_term,
        missed_and_made_up_for,
        missed_and_lost,
        at_risk_blocked_and_ended,
        waits_for_mail,
    )
}


async def main() -> None:
    EXCLUSIVE_HISTORIES.mkdir(parents=True, exist_ok=True)
    for name, story in EXCLUSIVE_STORIES.items():
        folder = Path(tempfile.mkdtemp(prefix="history-"))
        async with new_world(folder) as world:
            world.accept()
            acme = holding(world)
            await story(acme)
            history = await acme.handle.fetch_history()
        shutil.rmtree(folder)
        path = EXCLUSIVE_HISTORIES / f"{name}.json"
        path.write_text(written(history.to_json_dict()))
        sys.stdout.write(f"{path.name}: {len(history.events)} events\n")
    await asyncio.sleep(0.2)  # see sdk-python #300


if __name__ == "__main__":
    asyncio.run(main())
