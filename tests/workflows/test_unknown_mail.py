"""A case whose mail is unknown waits, and goes on from whatever is learned (rule 1)."""

from __future__ import annotations

from partners.domain.mail.notices import MailState
from partners.domain.mail.view import Resolved, Sending
from partners.store.mail import outbox
from partners.store.tables.mail_tables import OutboxRow
from tests.workflows.conftest import World
from tests.workflows.record_histories import LosesAnswers, unknown_warning_and_removal
from workflows.grace_period import GracePeriod
from workflows.kit import mail_waits
from workflows.kit.options import TASK_QUEUE
from workflows.mail_resolution import MailResolution


def settled(world: World) -> list[tuple[str, int, str]]:
    return [(row.kind, row.attempt, row.state) for row in world.outbox()]


async def test_the_clock_starts_at_the_acceptance_and_a_lost_removal_is_sent_again(
    stage: World,
) -> None:
    stage.transport = provider = LosesAnswers()
    stage.accept()
    async with stage.working():
        handle = await unknown_warning_and_removal(stage)
        result = await handle.result()

    assert result.outcome == "removed"
    warning = stage.outbox()[0]
    assert stage.case().clock_from == warning.settled_at == warning.claimed_at
    assert [row for row in settled(stage) if row[0] != "reminder"] == [
        ("warning", 1, "accepted"),
        ("removal", 1, "lost"),
        ("removal", 2, "accepted"),
    ]
    assert provider.handed.count("warning") == 1
    assert provider.handed.count("removal") == 2


async def test_the_resolution_tells_the_case_without_a_day_passing(stage: World) -> None:
    stage.transport = LosesAnswers()
    stage.too_few_orders()
    stage.covered()
    stage.accept()
    async with stage.working():
        await stage.start()
        await stage.eventually(lambda: settled(stage) == [("warning", 1, "unknown")], "unknown")
        with stage.database.write() as session:
            row = session.get_one(OutboxRow, stage.outbox()[0].outbox_id)
            outbox.learn(row, MailState.ACCEPTED, row.claimed_at or row.rendered_at, "found out")

        resolved = await stage.client.execute_workflow(
            MailResolution.run, id="mail-resolution", task_queue=TASK_QUEUE
        )

        await stage.status("in_grace")
    assert resolved == Resolved(0, 0, 0)
    assert not any(row.untold for row in stage.outbox())


async def test_a_refused_warning_that_was_unknown_puts_the_case_on_hold(stage: World) -> None:
    stage.transport = LosesAnswers()
    stage.too_few_orders()
    stage.covered()
    stage.accept()
    async with stage.working():
        handle = await stage.start()
        await stage.eventually(lambda: settled(stage) == [("warning", 1, "unknown")], "unknown")
        with stage.database.write() as session:
            row = session.get_one(OutboxRow, stage.outbox()[0].outbox_id)
            outbox.learn(row, MailState.REJECTED, row.claimed_at or row.rendered_at, "dropped")
        await handle.signal(GracePeriod.notice_changed)

        case = await stage.status("on_hold")

    assert (case.hold_reason, case.deadline) == ("undeliverable", None)


def test_whatever_is_tried_again_says_what_it_waits_for() -> None:
    assert set(mail_waits.WHY) == {result for result in Sending if result.is_open}
