"""The daily watch over tracks, under time skipping: begun, reminded once, lapsed, no case."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from temporalio.client import WorkflowHandle

from partners.calendars import calendar_of
from partners.domain.mail.notices import NoticeKind
from partners.store.ladder import tracks
from partners.store.ladder.ladder_facts import ladder_facts
from partners.store.mail import outbox
from partners.store.tables.track_tables import TrackStepRow
from tests.workflows.conftest import START, World
from workflows.kit.options import TASK_QUEUE
from workflows.track_watch import TrackWatch, TrackWatchInput, TrackWatchResult

TODAY = START.date()
TRACK: dict[str, Any] = {
    "reseller": {
        "label": "Reseller",
        "remind_days": 30,
        "steps": [
            {"key": "call", "label": "Kick-off call", "kind": "onboarding", "due_days": 5},
            {
                "key": "exam",
                "label": "Product exam",
                "kind": "certification",
                "expires_months": 12,
                "certifies": "expertise",
                "confirmed_by": "feed",
            },
        ],
    }
}
TIERS = [
    {"key": "preferred", "kind": "preferred", "track": "reseller", "enter": {
        "orders_per_month": {"at_least": 10}}},
    {"key": "gold", "kind": "strategic", "requires": ["expertise"]},
]  # fmt: skip


def accept(world: World, **sections: Any) -> None:
    world.accept(tracks=TRACK, tiers=TIERS, **sections)


async def start(world: World, number: int) -> WorkflowHandle[Any, TrackWatchResult]:
    return await world.client.start_workflow(
        TrackWatch.run, TrackWatchInput(), id=f"tracks/watch-{number}", task_queue=TASK_QUEUE
    )


async def watch(world: World, number: int = 1) -> TrackWatchResult:
    handle = await start(world, number)
    with world.env.auto_time_skipping_disabled():
        return await handle.result()


def certified(world: World, expires_on: date, partner_id: str = "acme") -> None:
    """The exam, of a year before that day."""
    with world.database.write() as session:
        row = tracks.write_down(session, partner_id, "reseller", "exam", world.policy)
        row.began_on = date(2034, 1, 1)
        row.done_on, row.expires_on = expires_on.replace(year=expires_on.year - 1), expires_on
        row.certifies = "expertise"


def step(world: World, key: str, partner_id: str = "acme") -> TrackStepRow:
    with world.database.read() as session:
        return session.get_one(TrackStepRow, (partner_id, "reseller", key))


def qualities(world: World, day: date) -> frozenset[str]:
    with world.database.read() as session:
        facts = ladder_facts(session, ["acme"], calendar_of(world.policy), day)
        return facts["acme"].qualities


async def test_who_is_in_a_tier_without_its_track_gets_it_once(world: World) -> None:
    accept(world)
    world.partner()
    world.partner("out", tier=None, left_on=date(2034, 1, 1))

    first, second = await watch(world, 1), await watch(world, 2)

    assert (first.begun, second.begun) == (1, 0)
    call = step(world, "call")
    assert (call.began_on, call.due_on) == (TODAY, TODAY + timedelta(days=7))  # not on a Saturday
    assert world.outbox() == []  # who was there before is not written to about it


async def test_rule_11_a_certification_that_expires_opens_no_case_and_takes_no_tier(
    world: World,
) -> None:
    """It is reminded of once, lapses, and is told once; the quality is gone, and nothing else."""
    accept(world)
    world.partner()
    expires = TODAY + timedelta(days=31)
    certified(world, expires)

    await watch(world, 1)
    assert world.kinds() == []  # a day too early
    for number in range(2, 5):  # three days in a row
        await world.until(START + timedelta(days=number - 1))
        await watch(world, number)
    assert world.kinds() == ["track_reminder"]
    assert qualities(world, expires) == {"expertise"}  # on that day it still counts

    for number in range(5, 8):
        await world.until(START + timedelta(days=27 + number))
        await watch(world, number)
    assert world.kinds() == ["track_reminder", "track_lapsed"]
    assert [row.message_key for row in world.outbox()] == [
        f"track/{expires}/acme/track_reminder",
        f"track/{expires}/acme/track_lapsed",
    ]
    assert qualities(world, expires + timedelta(days=1)) == frozenset()
    assert world.cases() == []
    assert world.row().tier == "preferred"


async def test_what_was_renewed_is_neither_reminded_of_nor_told_as_expired(world: World) -> None:
    accept(world)
    world.partner()
    certified(world, TODAY + timedelta(days=10))
    await watch(world, 1)
    with world.database.write() as session:
        row = session.get_one(TrackStepRow, ("acme", "reseller", "exam"))
        known = world.policy.tracks["reseller"].step("exam")
        assert known is not None
        assert tracks.confirm(row, known, TODAY, "Ann")

    await world.until(START + timedelta(days=12))
    await watch(world, 2)

    assert world.kinds() == ["track_reminder"]
    assert step(world, "exam").expires_on == date(2036, 3, 5)


async def test_while_mail_is_stopped_nobody_is_told_and_the_next_watch_does_it(
    world: World,
) -> None:
    accept(world)
    world.partner()
    certified(world, TODAY + timedelta(days=10))
    with world.database.write() as session:
        outbox.stop(session, "mail", "Ann", "r", START)
    assert (await watch(world, 1)).told == 0
    with world.database.write() as session:
        outbox.go(session, "mail")

    assert (await watch(world, 2)).told == 1
    assert world.kinds() == ["track_reminder"]


async def test_a_partner_whose_night_it_is_is_told_in_their_morning(stage: World) -> None:
    stage.settings = stage.settings.model_copy(update={"mail_service_hours": "7-21"})
    accept(stage)
    stage.partner(time_zone="Pacific/Auckland")  # where it is an hour after midnight
    certified(stage, TODAY + timedelta(days=10))
    async with stage.working():
        result = await (await start(stage, 1)).result()

    assert (result.told, result.untold) == (1, 0)
    (mail,) = stage.outbox()
    assert mail.rendered_at.hour == 18  # seven in Auckland


async def test_whoever_is_blocked_is_not_told_and_many_are_each_told_once(world: World) -> None:
    accept(world, enrolment={"launch_group": [f"p{n}" for n in range(60)]})
    for number in range(61):  # more than one page, and one outside the launch group
        world.partner(f"p{number}")
        certified(world, TODAY + timedelta(days=3), f"p{number}")

    result = await watch(world)

    assert result.told == 60
    told = [world.kinds(f"p{number}") for number in range(61)]
    assert told == [[NoticeKind.TRACK_REMINDER]] * 60 + [[]]
