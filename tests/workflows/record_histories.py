"""Records histories for the replay tests: `python -m tests.workflows.record_histories [STORY …]`.

Each story is played under time skipping and its history written to `histories/<story>.json`.
Once a version is released, its histories stay as they are: record under a new name instead
(`--as v2` writes `<story>.v2.json`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import (
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowHistory,
    WorkflowUpdateFailedError,
    WorkflowUpdateStage,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from partners.domain.cases.commands import Command
from partners.domain.cases.view import GracePeriodResult
from partners.domain.mail.delivery import Event, MailEvent
from partners.domain.mail.notices import MailState
from partners.mail.transport import Message, Receipt, Transport
from partners.settings import Mode, Settings
from partners.store.cases import cases
from partners.store.engine import migrate
from partners.store.engine.database import Database
from partners.store.mail import mail_events, outbox
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from partners.temporal.connecting import INDEXED_TYPES
from tests.builders import POLICY
from tests.workflows.conftest import START, World, signed
from workflows.grace_period import GracePeriod
from workflows.kit.options import SEARCH_ATTRIBUTES

HISTORIES = Path(__file__).parent / "histories"

Handle = WorkflowHandle[GracePeriod, GracePeriodResult]


async def removed_with_two_reminders(world: World) -> Handle:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await handle.result()
    return handle


async def recovered_early(world: World) -> Handle:
    world.too_few_orders()
    world.orders(date(2035, 3, 6), date(2035, 4, 30), 60)
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await world.until(datetime(2035, 3, 25, tzinfo=UTC))
    await handle.signal(GracePeriod.metrics_changed)
    await handle.result()
    return handle


async def held_then_final_notice_then_removed(world: World) -> Handle:
    """Too little data at the deadline; a person resumes, and by then the numbers fail."""
    acceptance = {"acceptance_rate": {"at_least": "0.90", "window_months": 1}}
    world.accept(tiers=[{"key": "preferred", "kind": "preferred", "enter": acceptance}])
    world.partner()
    world.orders(date(2035, 2, 6), date(2035, 2, 28), 8)
    world.orders(date(2035, 2, 6), date(2035, 2, 28), 4, "rejected")
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    await world.until(datetime(2035, 4, 23, 10, tzinfo=UTC))
    await world.seen(handle, "on_hold")
    world.orders(date(2035, 4, 21), date(2035, 5, 10), 20, "rejected")
    await world.until(datetime(2035, 5, 11, 12, tzinfo=UTC))
    await handle.execute_update(GracePeriod.resume, signed())
    await handle.result()
    return handle


async def voided_by_a_person(world: World) -> Handle:
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")
    await handle.execute_update(GracePeriod.void, signed())
    await handle.result()
    return handle


async def not_below(world: World) -> Handle:
    world.partner()
    world.orders(date(2034, 6, 1), date(2035, 2, 28), 180)
    world.covered()
    handle = await world.start()
    await handle.result()
    return handle


async def undeliverable_then_cancelled(world: World) -> Handle:
    world.too_few_orders()
    _move(world, "nobody@example.invalid")
    world.covered()
    handle = await world.start()
    await world.seen(handle, "on_hold")
    _move(world, "acme@example.com")
    await handle.execute_update(GracePeriod.resume, signed())
    await world.seen(handle, "in_grace")  # the time-skipping server hangs over an earlier one
    await handle.cancel()
    with suppress(WorkflowFailureError):
        await handle.result()
    return handle


async def cancelled_in_a_command(world: World) -> Handle:
    """The run is cancelled while a person's command is carried out."""
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")
    with world.database.write():  # every step waits
        pause = Command(who="Ann", reason="agreed by phone", until=date(2035, 3, 18))
        paused = await handle.start_update(
            GracePeriod.pause, pause, wait_for_stage=WorkflowUpdateStage.ACCEPTED
        )
        await _under_way(handle, "pause_case")
        await handle.cancel()
        await _under_way(handle, "void_case")
    with suppress(WorkflowUpdateFailedError):
        await paused.result()
    with suppress(WorkflowFailureError):
        await handle.result()
    return handle


async def _under_way(handle: Handle, step: str) -> None:
    """Wait until a step has been asked for, and is not done."""
    async with asyncio.timeout(20):
        while step not in {
            pending.activity_type.name
            for pending in (await handle.describe()).raw_description.pending_activities
        }:
            await asyncio.sleep(0.02)


async def migrated_then_removed(world: World) -> Handle:
    """A person moves the case to a policy that asks for more; the partner is told."""
    world.too_few_orders()
    world.orders(date(2035, 3, 20), date(2035, 4, 18), 12)
    world.covered()
    handle = await world.start()
    await world.status("in_grace")
    world.accept(tiers=[{**POLICY["tiers"][0], "enter": {"orders_per_month": {"at_least": 20}}}])
    await world.until(datetime(2035, 3, 6, 12, tzinfo=UTC))
    await handle.execute_update(GracePeriod.migrate, signed())
    await handle.result()
    assert world.kinds()[:2] == ["warning", "standards_changed"]
    return handle


async def extended_paused_and_removed(world: World) -> Handle:
    """A person gives more time, then stops the clock for a week, which ends by itself."""
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await world.seen(handle, "in_grace")
    ann = {"who": "Ann", "reason": "agreed by phone"}
    await handle.execute_update(GracePeriod.extend, Command(**ann, days=10))
    await world.until(datetime(2035, 3, 12, 12, tzinfo=UTC))
    pause = Command(**ann, until=date(2035, 3, 18))
    await handle.execute_update(GracePeriod.pause, pause)
    await handle.result()
    return handle


class LosesAnswers:
    """A provider whose first answers to a warning and to a removal get lost."""

    repeatable = False

    def __init__(self) -> None:
        self.handed: list[str] = []

    def send(self, message: Message) -> Receipt:
        self.handed.append(message.kind)
        lost = message.kind in ("warning", "removal") and self.handed.count(message.kind) == 1
        return Receipt(MailState.UNKNOWN if lost else MailState.ACCEPTED)


async def unknown_warning_and_removal(world: World) -> Handle:
    """The warning turns out to be accepted; of the removal there is no trace: it is sent again."""
    world.too_few_orders()
    world.covered()
    handle = await world.start()
    await _learn(world, "warning", MailState.ACCEPTED)
    await handle.signal(GracePeriod.notice_changed)
    await world.status("in_grace")
    await world.until(datetime(2035, 4, 23, 9, 1, tzinfo=UTC))
    await _learn(world, "removal", MailState.LOST)
    await handle.signal(GracePeriod.notice_changed)
    await handle.result()
    return handle


async def put_off_then_bounced(world: World) -> Handle:
    """The warning waits for morning in Auckland and comes back; the other address gets the next."""
    world.too_few_orders()
    with world.database.write() as session:
        acme = session.get_one(PartnerRow, "acme")
        acme.time_zone, acme.fallback_email = "Pacific/Auckland", "boss@example.com"
    world.covered()
    handle = await world.start()
    await world.until(datetime(2035, 3, 6, 20, tzinfo=UTC))
    await world.status("in_grace")
    [warning] = [row for row in world.outbox() if row.kind == "warning"]
    at = datetime(2035, 3, 6, 20, tzinfo=UTC)
    bounce = MailEvent(
        Event.BOUNCE, warning.to[0], at, outbox_id=warning.public_id, bounce_type="bounce"
    )
    with world.database.write() as session:
        mail_events.take_in(session, [bounce], at)
    await handle.signal(GracePeriod.metrics_changed)
    await world.eventually(lambda: world.case().attempt == 2, "the other address is tried")
    await world.status("in_grace")
    await handle.result()
    return handle


async def _learn(world: World, kind: str, state: MailState) -> None:
    """Wait until a message is unknown; then settle it as the resolution does."""

    def unknown() -> list[OutboxRow]:
        return [row for row in world.outbox() if (row.kind, row.state) == (kind, "unknown")]

    await world.eventually(lambda: bool(unknown()), f"the {kind} is unknown")
    assert world.case().deadline is None or kind == "removal"  # rule 1: no clock runs on it
    with world.database.write() as session:
        row = session.get_one(OutboxRow, unknown()[0].outbox_id)
        outbox.learn(row, state, row.claimed_at or row.rendered_at, "found out")


async def held_by_the_guard_then_approved(world: World) -> Handle:
    """Another partner was warned lately: the warning and the removal wait for a person's word."""
    world.accept(guard={"always_allow": 1, "max_partners": 1})
    world.too_few_orders()
    world.partner("other")
    world.covered()
    _acted(world, "warned", START)
    handle = await world.start()
    await world.seen(handle, "on_hold")
    await handle.execute_update(GracePeriod.resume, signed())
    await world.seen(handle, "in_grace")
    _acted(world, "removed", datetime(2035, 4, 22, tzinfo=UTC))
    await world.until(datetime(2035, 4, 23, 10, tzinfo=UTC))
    await world.seen(handle, "on_hold")
    await handle.execute_update(GracePeriod.resume, signed())
    result = await handle.result()
    assert result.outcome == "removed"
    return handle


def _acted(world: World, key: str, at: datetime) -> None:
    """The program warned or removed another partner then."""
    with world.database.write() as session:
        cases.record_action(session, key, "other", at)


def _move(world: World, address: str) -> None:
    with world.database.write() as session:
        session.get_one(PartnerRow, "acme").email = address


STORIES: dict[str, Callable[[World], Awaitable[Handle]]] = {
    story.__name__: story
    for story in (
        removed_with_two_reminders,
        recovered_early,
        held_then_final_notice_then_removed,
        voided_by_a_person,
        not_below,
        undeliverable_then_cancelled,
        cancelled_in_a_command,
        migrated_then_removed,
        unknown_warning_and_removal,
        put_off_then_bounced,
        extended_paused_and_removed,
        held_by_the_guard_then_approved,
    )
}
TRANSPORTS: dict[str, Callable[[], Transport]] = {"unknown_warning_and_removal": LosesAnswers}
"""Stories that need another provider than the outbox."""
SETTINGS: dict[str, dict[str, Any]] = {"put_off_then_bounced": {"mail_service_hours": "7-21"}}
"""Stories that need other settings than tests have."""


@asynccontextmanager
async def new_world(
    folder: Path, transport: Transport | None = None, **changed: Any
) -> AsyncIterator[World]:
    """A world with workers on a time-skipping server of its own, as the tests have it."""
    settings = Settings(
        _env_file=None, mode=Mode.TEST, database_url=f"sqlite:///{folder / 'partners.db'}"
    )
    settings = settings.model_copy(update=changed)
    database = Database(settings.database_url)
    migrate.upgrade(database)
    path = Path(sys.executable).parent / "temporal-test-server"
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(path), data_converter=pydantic_data_converter
    ) as env:
        types = {key.name: INDEXED_TYPES[key.indexed_value_type] for key in SEARCH_ATTRIBUTES}
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace="default", search_attributes=types)
        )
        await env.sleep(START - await env.get_current_time())
        world = World(env, database, settings, transport=transport)
        world.accept()
        async with world.working():
            yield world
    database.close()


Story = Callable[[World], Awaitable[WorkflowHandle[Any, Any]]]
Stories = Mapping[str, Story]


async def play(name: str, story: Story) -> WorkflowHistory:
    """Play a story in a world of its own; its history."""
    home = Path(tempfile.mkdtemp(prefix="history-"))
    build = TRANSPORTS.get(name)
    settings = SETTINGS.get(name, {})
    async with new_world(home, build() if build else None, **settings) as world:
        handle = await story(world)
        history = await handle.fetch_history()
    shutil.rmtree(home)
    return history


def written(history: dict[str, Any]) -> str:
    """A history as it is kept: without the name of the machine that made it, or paths on it."""
    content = json.dumps(history, indent=1).replace(socket.gethostname(), "host")
    return re.sub(r'"stackTrace": "(?:[^"\\]|\\.)*"', '"stackTrace": ""', content) + "\n"


async def record(stories: Stories, folder: Path, version: str = "") -> None:
    """Play stories and write their histories to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, story in stories.items():
        history = await play(name, story)
        path = folder / ".".join(filter(None, [name, version, "json"]))
        path.write_text(written(history.to_json_dict()))
        sys.stdout.write(f"{path.relative_to(HISTORIES)}: {len(history.events)} events\n")


def main(stories: Stories, folder: Path) -> None:
    """The command line: records the stories that it names; without one, all."""
    parser = argparse.ArgumentParser(description="Record histories for the replay tests.")
    parser.add_argument("names", nargs="*", metavar="STORY", help="default: all")
    parser.add_argument("--as", dest="version", default="", help="e.g. v2: <story>.v2.json")
    given = parser.parse_args()
    chosen = {name: stories[name] for name in given.names or stories}
    asyncio.run(_record_and_rest(chosen, folder, given.version))


async def _record_and_rest(stories: Stories, folder: Path, version: str) -> None:
    await record(stories, folder, version)
    await asyncio.sleep(0.2)  # see sdk-python #300


if __name__ == "__main__":
    main(STORIES, HISTORIES)
