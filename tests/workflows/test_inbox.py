"""The daily digest: one e-mail a day to staff, only if something waits; and workflows' notes."""

from __future__ import annotations

from sqlalchemy import select

from partners.domain.mail.notices import NoticeKind
from partners.domain.time.calendar import Month
from partners.store.cases import cases
from partners.store.judging import appraisals
from partners.store.mail import outbox
from partners.store.record.audit_check import verify
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow
from tests.workflows.conftest import START, World
from workflows.inbox import DigestInput, InboxDigest
from workflows.kit.options import TASK_QUEUE


async def digest(world: World, number: int) -> str:
    handle = await world.client.start_workflow(
        InboxDigest.run, DigestInput(), id=f"digest-{number}", task_queue=TASK_QUEUE
    )
    with world.env.auto_time_skipping_disabled():
        return str((await handle.result()).result)


def digests(world: World) -> list[OutboxRow]:
    with world.database.read() as session:
        query = select(OutboxRow).where(OutboxRow.kind == NoticeKind.INBOX_DIGEST)
        return list(session.scalars(query.order_by(OutboxRow.outbox_id)))


async def test_no_digest_while_nothing_waits(world: World) -> None:
    assert await digest(world, 1) == "skipped"
    assert digests(world) == []


async def test_one_digest_a_day_names_what_waits_and_what_to_run(world: World) -> None:
    world.partner("zenith")
    with world.database.write() as session:
        case = cases.new_case(
            session,
            session.get_one(PartnerRow, "zenith"),
            month=Month(2035, 2),
            since=START.date(),
            policy_version=1,
            repeat=False,
            opened_at=START,
            period_days=45,
            findings=(),
        )
        case.status, case.hold_reason, case.hold_detail = "on_hold", "undeliverable", "no address"
        case.hold_since = START

    assert await digest(world, 1) == "sent"
    assert await digest(world, 2) == "sent"  # the same day: the same message

    (mail,) = digests(world)
    assert mail.to == ["managers@northwind.example"]
    assert "1 thing waits" in mail.subject
    assert "no address" in mail.text
    assert "partners resume zenith" in mail.text


async def test_while_mail_is_stopped_there_is_none(world: World) -> None:
    with world.database.write() as session:
        outbox.stop(session, "mail", "Ann", "r", START)
    assert await digest(world, 1) == "stopped"


async def test_a_workflow_notes_the_outcome_once_and_all_of_it_is_audited(world: World) -> None:
    world.too_few_orders()
    world.covered()
    result = await world.play()
    with world.database.read() as session:
        (note,) = appraisals.notes_of(session, "acme")
    assert (note.type, note.case_id) == ("outcome", result.case_id)
    assert "removed" in note.text
    with world.database.snapshot() as session:
        verified = verify(session)
    assert verified.broken is None
    assert verified.newest is not None
