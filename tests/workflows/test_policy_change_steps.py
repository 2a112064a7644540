"""Telling partners of new standards, page by page and again: the workflow's code, no server."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from partners.domain.cases.view import Sending
from partners.domain.mail.staff_notice import PageTold, StaffSent, TellPage
from tests.unserved import START, Afresh, Unserved
from workflows.kit import options
from workflows.policy_change import PolicyChange, PolicyChangeInput, PolicyChangeResult

HOUR = timedelta(hours=1)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Unserved:
    server = Unserved(monkeypatch)
    server.run.workflow_id = options.policy_workflow_id(2)
    server.answers["send_staff_notice"] = [StaffSent(Sending.SENT)]
    return server


async def run(*pages: PageTold, server: Unserved) -> PolicyChangeResult:
    server.answers["tell_page"] = list(pages)
    return await PolicyChange().run(PolicyChangeInput(2))


@pytest.mark.parametrize(("told", "untold"), [(1, 0), (0, 1)])
async def test_staff_hear_who_was_told_and_who_could_not_be(
    server: Unserved, told: int, untold: int
) -> None:
    await run(PageTold(None, told, untold), server=server)
    assert server.names() == ["tell_page", "send_staff_notice"]


async def test_staff_hear_nothing_of_a_policy_that_concerns_nobody(server: Unserved) -> None:
    await run(PageTold(None), server=server)
    assert server.names() == ["tell_page"]


@pytest.mark.parametrize(
    ("first", "second", "wait"),
    [
        (START + 19 * HOUR, START + 8 * HOUR, 8 * HOUR),
        (START + 8 * HOUR, START + 19 * HOUR, 8 * HOUR),
        (None, START + 8 * HOUR, 8 * HOUR),
        (START - HOUR, None, timedelta(seconds=1)),  # while other pages were told
    ],
)
async def test_who_is_put_off_is_told_from_the_first_hour_that_was_named(
    server: Unserved, first: datetime | None, second: datetime | None, wait: timedelta
) -> None:
    result = await run(
        PageTold("m", told=1, untold=1, put_off=1, until=first),
        PageTold(None, untold=1, put_off=1, until=second),
        PageTold("m", told=2),
        PageTold(None, told=1),
        server=server,
    )

    assert server.waits == [(wait, "waiting for hours at which mail goes out")]
    assert (result.told, result.untold) == (3, 0)


async def test_messages_of_which_nothing_is_known_are_looked_at_again(server: Unserved) -> None:
    unknown = PageTold(None, told=1, untold=1, unknown=1)
    result = await run(unknown, PageTold(None, told=1, untold=1), server=server)

    assert server.waits == [(options.UNKNOWN_RETRY, "1 messages are unknown")]
    assert (result.told, result.untold) == (1, 1)


async def test_a_run_that_once_took_unknown_messages_for_done_does_not_wait_for_them(
    server: Unserved,
) -> None:
    server.install("patched", lambda _: False)
    await run(PageTold(None, told=1, untold=1, unknown=1), server=server)
    assert server.waits == []


async def test_rule_14_the_rest_of_the_partners_wait_until_mail_goes_again(
    server: Unserved,
) -> None:
    stopped = PageTold("c", told=1, stopped=True)
    await run(stopped, stopped, PageTold(None, told=1), server=server)

    assert server.waits == [(timedelta(days=1), "mail is stopped")] * 2
    asked = [request for name, request in server.asked if name == "tell_page"]
    assert asked == [TellPage(2, ""), TellPage(2, "c"), TellPage(2, "c")]


@pytest.mark.parametrize("result", [Sending.UNKNOWN, Sending.STOPPED])
async def test_staff_are_told_once_it_is_possible(server: Unserved, result: Sending) -> None:
    server.answers["send_staff_notice"] = [StaffSent(result), StaffSent(Sending.SENT)]
    await run(PageTold(None, told=1), server=server)

    assert server.names() == ["tell_page", "send_staff_notice", "send_staff_notice"]
    day = timedelta(days=1)
    assert [wait for wait, _ in server.waits] == [
        options.UNKNOWN_RETRY if result is Sending.UNKNOWN else day
    ]


async def test_a_long_run_hands_over_what_it_came_to_and_ends_on_the_last_page(
    server: Unserved,
) -> None:
    server.long, until = True, START + 8 * HOUR
    page = PageTold("m", told=5, untold=2, unknown=1, until=until)
    with pytest.raises(Afresh) as afresh:
        await run(page, server=server)
    assert afresh.value.request == PolicyChangeInput(2, "m", 5, 2, 1, until)

    assert (await run(PageTold(None, told=5), server=server)).told == 5
