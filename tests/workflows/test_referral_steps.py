"""When a partner's referrals are looked at, and what is told: the workflow's code, no server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

from partners.domain.cases.view import Sending
from partners.domain.mail.notices import NoticeKind
from partners.domain.referrals.qualification import Stage
from partners.domain.referrals.view import (
    ReferralEvent,
    ReferralNews,
    ReferralsTold,
    ReferralView,
    Telling,
)
from tests.unserved import START, Afresh, Unserved, WaitsForEver
from workflows.kit import options
from workflows.referral import ReferralInput, ReferralQualification, ReferralResult

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TELLING = Telling(1, NoticeKind.REFERRAL_RECEIVED, "e-mail: received")
COLLECTING = ReferralView("acme", Stage.COLLECTING, needed=5, wake_at=START + 3 * DAY)
ENDED = replace(COLLECTING, ended=True, wake_at=None)
PROMOTION = options.promotion_workflow_id("acme")
STOPPED, SENT = ReferralsTold(Sending.STOPPED), ReferralsTold(Sending.SENT)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Unserved:
    server = Unserved(monkeypatch)
    server.run.workflow_id = options.referral_workflow_id("acme")
    server.answers["send_referral_notice"] = [SENT]
    return server


def a_run() -> ReferralQualification:
    return ReferralQualification(ReferralInput("acme"))


async def run(
    server: Unserved, *views: ReferralView, of: ReferralQualification | None = None
) -> ReferralResult:
    server.answers["assess_referrals"] = list(views)
    return await (of or a_run()).run(ReferralInput("acme"))


def looks(server: Unserved) -> int:
    return server.names().count("assess_referrals")


async def test_what_does_not_fit_into_one_look_is_told_without_a_wait(server: Unserved) -> None:
    many = replace(COLLECTING, tellings=(TELLING,), more_tellings=True)
    await run(server, many, many, ENDED)

    assert server.waits == []
    assert server.names() == [*("assess_referrals", "send_referral_notice") * 2, "assess_referrals"]


async def test_rule_14_while_mail_is_stopped_it_waits_a_day_however_much_there_is_to_tell(
    server: Unserved,
) -> None:
    many = replace(COLLECTING, tellings=(TELLING,), more_tellings=True)
    server.answers["send_referral_notice"] = [STOPPED, SENT]
    await run(server, many, replace(ENDED, tellings=(TELLING,)))

    assert [wait for wait, _ in server.waits] == [DAY]


async def test_a_run_does_not_end_while_a_message_waits(server: Unserved) -> None:
    told = replace(ENDED, tellings=(TELLING,))
    server.answers["send_referral_notice"] = [
        ReferralsTold(Sending.PUT_OFF, until=START + 8 * HOUR),
        SENT,
    ]
    await run(server, told, told)

    assert [wait for wait, _ in server.waits] == [8 * HOUR]


async def test_it_looks_again_when_something_is_due_by_the_calendar(server: Unserved) -> None:
    await run(server, COLLECTING, ENDED)
    assert server.waits == [(3 * DAY, "0 of 5: until 2035-03-08")]


async def test_a_day_that_has_passed_meanwhile_is_looked_at_at_once(server: Unserved) -> None:
    await run(server, replace(COLLECTING, wake_at=START - DAY), ENDED)
    assert [wait for wait, _ in server.waits] == [timedelta()]


async def test_without_anything_due_it_waits_for_an_event(server: Unserved) -> None:
    with pytest.raises(WaitsForEver):
        await run(server, replace(COLLECTING, wake_at=None))
    assert server.waits == [(None, "until something happens")]


async def test_a_promotion_is_started_once_and_a_run_does_not_end_before_it(
    server: Unserved,
) -> None:
    approved = replace(COLLECTING, promote=True)

    def ends_in_the_third_wait() -> None:
        if len(server.waits) == 3:
            server.children[0][1].set_result(None)

    server.during_wait = ends_in_the_third_wait
    await run(server, approved, approved, replace(ENDED, promote=True), ENDED)

    assert [child for child, _ in server.children] == [PROMOTION]
    assert looks(server) == 4  # the last one for what has become of it


async def test_another_promotion_is_started_once_the_first_is_done(server: Unserved) -> None:
    server.during_wait = lambda: server.children[-1][1].set_result(None)
    approved = replace(COLLECTING, promote=True)
    await run(server, approved, approved, ENDED)

    assert [child for child, _ in server.children] == [PROMOTION] * 2


async def test_a_promotion_that_runs_elsewhere_is_looked_at_once_an_hour(
    server: Unserved,
) -> None:
    """However often its step fails: this run does not ask without a pause."""
    asked = []

    async def refused(*_: object, **options: object) -> None:
        asked.append(options["id"])
        raise WorkflowAlreadyStartedError(str(options["id"]), "Promotion")

    server.install("start_child_workflow", refused)
    approved = replace(COLLECTING, promote=True)
    await run(server, approved, approved, approved, ENDED)

    pauses = [wait for wait, why in server.waits if why == "another run carries the promotion out"]
    assert asked
    assert pauses == [HOUR] * len(asked)


async def test_nobody_is_promoted_who_was_not_approved(server: Unserved) -> None:
    await run(server, COLLECTING, ENDED)
    assert server.children == []


async def test_what_was_heard_while_it_looked_is_looked_at_before_it_ends(
    server: Unserved,
) -> None:
    qualification = a_run()
    server.answers["assess_referrals"] = [ENDED]
    news = ReferralNews((ReferralEvent("r-1", "converted"),), more=2)
    tell = server.execute_activity_method

    async def hear(*arguments: object, **options: object) -> object:
        if not server.asked:
            qualification.referral_changed(news)
        return await tell(*arguments, **options)  # type: ignore[arg-type]

    server.install("execute_activity_method", hear)
    result = await qualification.run(ReferralInput("acme"))

    assert (looks(server), result.heard) == (2, 3)


@pytest.mark.parametrize("suggested", [True, False], ids=["suggested", "by its own limit"])
async def test_a_long_run_hands_over_what_it_heard(server: Unserved, suggested: bool) -> None:
    server.long = suggested
    if not suggested:
        server.run.get_current_history_length = lambda: options.REFERRAL_HISTORY
    with pytest.raises(Afresh) as afresh:
        await run(server, COLLECTING)
    assert afresh.value.request == ReferralInput("acme")


async def test_a_run_that_is_just_short_enough_goes_on(server: Unserved) -> None:
    server.run.get_current_history_length = lambda: options.REFERRAL_HISTORY - 1
    assert (await run(server, ENDED)).stage == Stage.COLLECTING


async def test_the_query_says_how_far_the_partner_is_once_looked_at(server: Unserved) -> None:
    qualification = a_run()
    assert qualification.show_progress().words == "not looked at yet"
    await run(server, ENDED, of=qualification)
    assert qualification.show_progress().words == "0 of 5"


async def test_another_id_is_refused(server: Unserved) -> None:
    server.run.workflow_id = "referral/zenith"
    with pytest.raises(ApplicationError, match="run under the workflow id"):
        await run(server, ENDED)
