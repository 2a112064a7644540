"""A worker is killed (SIGKILL) around a send: the notice goes out once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.crash.conftest import CrashWorld

DECISION = datetime(2035, 4, 23, 9, 1, tzinfo=UTC)  # just after the decision is due


@pytest.mark.parametrize(
    ("point", "handed_over"),
    [
        pytest.param("before send {}", 1, id="before-the-claim"),
        pytest.param("before {}", 1, id="claimed-but-not-handed-over"),
        pytest.param("after {}", 2, id="handed-over-but-not-settled"),
        pytest.param("after send {}", 1, id="settled-but-not-reported"),
    ],
)
async def test_a_worker_killed_around_the_warning_and_the_removal(
    world: CrashWorld, point: str, handed_over: int
) -> None:
    """The outbox can be handed a message twice: only the provider's list shows it."""
    first = world.worker(die=point.format("warning"))
    handle = await world.start()
    await world.killed(first)

    second = world.worker(die=point.format("removal"))
    await world.status("in_grace")
    await world.leap(DECISION)
    await world.killed(second)

    world.worker()
    result = await handle.result()

    assert result.outcome == "removed"
    world.assert_once("warning", "removal", outcome="removed")
    assert world.handed_over() == ["warning"] * handed_over + ["removal"] * handed_over


async def test_a_transport_that_cannot_take_a_message_twice_is_not_given_it_again(
    world: CrashWorld,
) -> None:
    """Nobody knows what became of the warning, so no clock runs on it (rule 1)."""
    first = world.worker(die="after warning", repeatable=False)
    await world.start()
    await world.killed(first)

    world.worker(repeatable=False)
    await world.eventually(lambda: world.outbox()[0].state == "unknown", "message is unknown")

    assert world.handed_over() == ["warning"]
    assert world.case().status == "opened"
    assert world.case().deadline is None


async def test_a_warning_found_unsent_on_another_day_is_superseded(world: CrashWorld) -> None:
    """It would state a deadline counted from a day on which nobody accepted it (rule 12)."""
    first = world.worker(die="before warning")
    await world.start()
    await world.killed(first)

    world.set_clock(datetime(2035, 3, 8, 12, tzinfo=UTC), 86400.0)
    world.worker()
    case = await world.status("in_grace")

    assert [row.state for row in world.outbox()] == ["superseded", "accepted"]
    assert world.handed_over() == ["warning"]
    assert (case.attempt, str(case.deadline)) == (2, "2035-04-23")  # 45 days on is a Sunday
