"""Mail about exclusives: without an accepted warning no days run; others are told; runs go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError

from activities.inbox import waiting_mail
from activities.inbox.inbox import inbox
from partners.domain.inbox.inbox import InboxKind
from partners.domain.offers.exclusive import ExclusiveStatus
from partners.store.exclusives import exclusive_terms
from tests import builders
from tests.workflows.conftest import World
from tests.workflows.exclusive_world import Holding

YEAR_END = date(2035, 12, 31)
WARNED = date(2035, 5, 4)


@pytest.fixture
async def acme(stage: World) -> AsyncIterator[Holding]:
    """Workers, and a holder who sells nothing."""
    stage.accept()
    stage.partner()
    stage.covered()
    async with stage.working():
        yield Holding(stage)


def waits(acme: Holding) -> list[str]:
    """What staff find about exclusives in the inbox."""
    now = datetime(2035, 5, 6, 12, tzinfo=UTC)
    found = inbox(acme.world.database, now)
    return [item.why for item in found if item.kind is InboxKind.EXCLUSIVE]


async def test_rule_01_a_warning_that_reaches_nobody_starts_no_days_and_staff_see_it(
    acme: Holding,
) -> None:
    acme.sign(last=YEAR_END)
    await acme.start()
    await acme.until(date(2035, 5, 1))
    acme.writes_to("acme@nowhere.invalid")
    await acme.until(date(2035, 6, 20))
    row = acme.row()
    assert (row.warned_month, row.warned_at, row.cure_until) == (203504, None, None)
    assert acme.mails()[-1] == "warning/2035-04/1: rejected"
    assert [why.split(" (")[0] for why in waits(acme)] == ["its warning reached nobody"]

    acme.writes_to("acme@example.com")
    await acme.look()
    await acme.told("warning/2035-04/2")

    assert acme.row().cure_until == date(2035, 7, 20)
    assert waits(acme) == []


async def test_rule_01_a_warning_that_waits_for_a_person_starts_days_once_it_was_sent(
    stage: World,
) -> None:
    """Not accepted on its day it is written anew, with another last day (rule 12)."""
    stage.settings.mode = stage.settings.mode.PRODUCTION
    stage.accept()
    stage.partner()
    stage.covered()
    acme = Holding(stage)
    acme.sign(last=YEAR_END)
    async with stage.working():
        await acme.start()
        await acme.until(WARNED)
        await acme.until(date(2035, 5, 5))
        warnings = [key for key in acme.mails() if key.startswith("warning")]
        assert warnings == ["warning/2035-04/1: superseded", "warning/2035-04/2: waiting"]
        assert acme.row().cure_until is None
        at = datetime(2035, 5, 5, 13, tzinfo=UTC)
        with stage.database.write() as session:
            number = acme.message(session, "warning/2035-04/2").outbox_id
            assert waiting_mail.mark_sent(session, number, "Ann", at, at)[1] is None
        await acme.look()
        await acme.seen(cure_until=date(2035, 6, 4))

    assert acme.row().warned_at == at


async def test_rule_14_a_waiting_warning_that_was_made_up_for_is_refused(stage: World) -> None:
    stage.settings.mode = stage.settings.mode.PRODUCTION
    stage.accept()
    stage.partner()
    stage.covered()
    acme = Holding(stage)
    acme.sign(last=YEAR_END)
    async with stage.working():
        await acme.start()
        await acme.until(WARNED)
        acme.sells(4, 12)  # known late
        with stage.database.write() as session:
            row = acme.message(session, "warning/2035-04/1")
            at = datetime(2035, 5, 4, 13, tzinfo=UTC)
            why = waiting_mail.mark_sent(session, row.outbox_id, "Ann", at, at)[1]

    assert why == "no longer true: active"


async def test_rule_22_those_who_lose_an_offer_are_told_which_where_and_from_when(
    acme: Holding,
) -> None:
    with acme.world.database.write() as session:
        builders.an_offer(session, "w-1", service="windows", name="Windows, private")
        builders.a_partner(session, "birch", name="Birch")
    acme.sign(last=YEAR_END)
    await acme.start()
    await acme.told("offered", "other/birch")

    text = acme.texts()["other/birch"]
    assert "Windows, private" in text
    assert "1 April 2035" in text
    assert "Acme" not in text
    with acme.world.database.read() as session:
        assert acme.message(session, "other/birch").partner_id == "birch"


async def test_rule_23_a_renewal_waits_for_staff_with_the_record_and_goes_on_by_nobody(
    acme: Holding,
) -> None:
    acme.sign(minimum_orders=0)
    await acme.start()
    await acme.until(date(2035, 5, 6))
    await acme.told("renewal")

    with acme.world.database.read() as session:
        mail = acme.message(session, "renewal")
        assert (mail.partner_id, mail.to) == (None, ["managers@northwind.example"])
        assert "partners exclusive renew acme-x1" in mail.text
    assert waits(acme) == ["ends on 2035-06-30, unless it is renewed"]
    result = await acme.over_by(date(2035, 7, 1))
    assert (result.status, result.ending) == ("ended", "term_over")


async def test_a_renewal_that_is_signed_follows_without_word_of_an_end(acme: Holding) -> None:
    acme.sign(minimum_orders=0, renewal="none")
    after = Holding(acme.world, "acme-x2")
    after.sign(date(2035, 7, 1), YEAR_END, minimum_orders=0, renews="acme-x1")
    await acme.start()
    await after.start()
    result = await acme.over_by(date(2035, 7, 1))
    await after.seen(status=ExclusiveStatus.ACTIVE)

    assert (result.status, result.ending) == ("ended", "renewed")
    assert (acme.mails(), after.mails()) == (["offered", "active"], ["offered", "active"])


# ---- runs that end, and others that go on ----


async def test_a_terminated_run_is_followed_by_one_that_goes_on(acme: Holding) -> None:
    acme.sign(last=YEAR_END)
    handle = await acme.start()
    await acme.until(WARNED)
    await acme.seen(cure_until=date(2035, 6, 4))
    await handle.terminate()
    await acme.start()
    await acme.seen(cure_until=date(2035, 6, 4))
    result = await acme.over_by(date(2035, 6, 8))

    assert (result.status, result.ending) == ("non_exclusive", "missed")
    assert acme.mails() == ["offered", "active", "warning/2035-04/1", "ended"]


async def test_cancelling_the_run_ends_nothing_but_the_run(acme: Holding) -> None:
    acme.sign(last=YEAR_END, minimum_orders=0)
    handle = await acme.start()
    await acme.until(date(2035, 4, 2))
    before = acme.row()
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        async with asyncio.timeout(20):
            await handle.result()

    assert (await handle.describe()).status is WorkflowExecutionStatus.CANCELED
    assert (acme.row().status, acme.row().revision) == (before.status, before.revision)
    with acme.world.database.read() as session:
        assert exclusive_terms.to_be_looked_after(session) == ["acme-x1"]


async def test_who_is_not_signed_or_unknown_has_no_term(acme: Holding) -> None:
    acme.sign(status=ExclusiveStatus.PROPOSED)
    handle = await acme.start()
    async with asyncio.timeout(20):
        result = await handle.result()
    assert (result.status, acme.mails()) == ("proposed", [])
