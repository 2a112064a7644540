"""Telling partners of a price that rises: the workflow's code, no server; and a life on one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from temporalio.client import WorkflowFailureError

from partners.domain.mail.notices import NoticeKind
from partners.domain.mail.staff_notice import PageTold, StaffNotice, StaffSent, TellPrice
from partners.domain.mail.view import Sending
from tests.unserved import Afresh, Unserved
from tests.workflows.conftest import World
from tests.workflows.record_ladder_histories import PRICE_DAY, price_change_told
from workflows.kit import options
from workflows.kit.options import TASK_QUEUE
from workflows.offers.price_change import PriceChange, PriceChangeInput, PriceChangeResult

DAY = date(2035, 4, 4)


@pytest.fixture
def unserved(monkeypatch: pytest.MonkeyPatch) -> Unserved:
    server = Unserved(monkeypatch)
    server.run.workflow_id = options.price_workflow_id(12, DAY)
    server.answers["send_staff_notice"] = [StaffSent(Sending.SENT)]
    return server


async def run(*pages: PageTold, server: Unserved) -> PriceChangeResult:
    server.answers["tell_price_page"] = list(pages)
    return await PriceChange().run(PriceChangeInput(12, DAY))


async def test_staff_hear_only_of_those_who_could_not_be_told(unserved: Unserved) -> None:
    assert await run(PageTold(None, told=2), server=unserved) == PriceChangeResult(12, 2, 0)
    assert unserved.names() == ["tell_price_page"]

    assert await run(PageTold(None, 2, 1), server=unserved) == PriceChangeResult(12, 2, 1)
    notice = StaffNotice("price/12/2035-04-04", NoticeKind.PRICES_TOLD, price_id=12, day=DAY)
    assert unserved.asked[-1] == ("send_staff_notice", notice)


async def test_pages_follow_each_other(unserved: Unserved) -> None:
    await run(PageTold("m", told=1), PageTold("t"), PageTold(None, told=1), server=unserved)
    asked = [request for _, request in unserved.asked]
    assert asked == [TellPrice(12, DAY, after) for after in ("", "m", "t")]
    assert unserved.details[-1] == "**Price 12 from 2035-04-04 on**\n\n2 partners told, 0 not yet"


async def test_rule_14_the_rest_wait_until_mail_goes_again(unserved: Unserved) -> None:
    await run(PageTold("c", told=1, stopped=True), PageTold(None, told=1), server=unserved)
    settles = options.PRICE_SETTLES, "waiting for what else is changed with it"
    assert unserved.waits == [settles, (timedelta(days=1), "mail is stopped")]


async def test_a_long_history_goes_on_in_a_new_run(unserved: Unserved) -> None:
    unserved.long = True
    with pytest.raises(Afresh) as afresh:
        await run(PageTold("m", told=5, untold=2, unknown=1), server=unserved)
    assert afresh.value.request == PriceChangeInput(12, DAY, "m", 5, 2, 1)


async def test_a_run_under_another_id_is_refused(stage: World) -> None:
    async with stage.working():
        with pytest.raises(WorkflowFailureError) as failed:
            await stage.client.execute_workflow(
                PriceChange.run, PriceChangeInput(2, PRICE_DAY), id="other", task_queue=TASK_QUEUE
            )
    assert "price/2/2035-04-04" in str(failed.value.cause)


async def test_rule_09_a_second_start_tells_nobody_twice(stage: World) -> None:
    async with stage.working():
        stage.accept()
        await price_change_told(stage)
        again = await stage.client.execute_workflow(
            PriceChange.run,
            PriceChangeInput(2, PRICE_DAY),
            id=options.price_workflow_id(2, PRICE_DAY),
            task_queue=TASK_QUEUE,
        )
    assert (again.told, again.untold) == (1, 1)
    assert stage.kinds() == ["price_change"]
