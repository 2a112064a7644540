"""Telling somebody something, now or when it is possible: the workflows' code, no server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from partners.domain.cases.commands import CommandKind as Kind
from partners.domain.cases.view import Sending, Told, Untold
from partners.domain.cases.view import Telling as PersonsTelling
from partners.domain.ladder.view import PromotionStep, PromotionTold
from partners.domain.mail.staff_notice import StaffSent
from partners.domain.responses.view import CheckInStep, CheckInTold
from partners.domain.time.clock import ProgramClock
from tests.unserved import START, Unserved
from workflows.check_in import CheckIn, CheckInInput, CheckInResult
from workflows.inbox import DigestInput, InboxDigest
from workflows.intervention import Intervention, InterventionInput, InterventionResult
from workflows.kit import options
from workflows.promotion import Promotion, PromotionInput, PromotionResult

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
A_DAY_A_SECOND = ProgramClock(1.0, START, START)
WAIVED = PersonsTelling(7, Kind.WAIVED)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Unserved:
    return Unserved(monkeypatch)


def looks_up(server: Unserved, activity: str, look_again: Callable[[], None]) -> None:
    """During the first call of this activity something new comes up."""
    ask: Callable[..., Awaitable[Any]] = server.execute_activity_method

    async def asked(*arguments: Any, **named: Any) -> Any:
        if arguments[0].__name__ == activity and activity not in server.names():
            look_again()
        return await ask(*arguments, **named)

    server.install("execute_activity_method", asked)


# ---- what a person did ----


async def told_by_a_person(server: Unserved, clock: ProgramClock, *answers: Told) -> list[Any]:
    """How long it waits for each answer but the last."""
    server.answers = {
        "next_untold": [Untold(WAIVED, clock), Untold(clock=clock)],
        "tell_intervention": list(answers),
    }
    result = await Intervention().run(InterventionInput("acme"))
    assert result == InterventionResult("acme", "waived", "sent")
    return [wait for wait, _ in server.waits]


@pytest.mark.parametrize(
    ("clock", "until", "wait"),
    [
        (ProgramClock(), START + 19 * HOUR, 19 * HOUR),
        (A_DAY_A_SECOND, START + 48 * HOUR, timedelta(seconds=2)),
    ],
    ids=["real", "demo"],
)
async def test_a_notice_that_is_put_off_goes_out_at_its_hour_of_the_program(
    server: Unserved, clock: ProgramClock, until: datetime, wait: timedelta
) -> None:
    put_off, sent = Told(Sending.PUT_OFF, until=until), Told(Sending.SENT)
    assert await told_by_a_person(server, clock, put_off, sent) == [wait]


@pytest.mark.parametrize(
    ("clock", "day"), [(ProgramClock(), DAY), (A_DAY_A_SECOND, timedelta(seconds=1))]
)
async def test_rule_14_a_stopped_notice_is_tried_again_each_day_of_the_program(
    server: Unserved, clock: ProgramClock, day: timedelta
) -> None:
    stopped, sent = Told(Sending.STOPPED), Told(Sending.SENT)
    assert await told_by_a_person(server, clock, stopped, stopped, sent) == [day, day]


async def test_what_a_person_does_during_the_last_look_is_told_too(server: Unserved) -> None:
    intervention = Intervention()
    looks_up(server, "next_untold", intervention.look_again)
    server.answers = {
        "next_untold": [Untold(), Untold(WAIVED), Untold()],
        "tell_intervention": [Told(Sending.SENT)],
    }
    result = await intervention.run(InterventionInput("acme"))
    assert result == InterventionResult("acme", "waived", "sent")


# ---- promotions ----

TO_SILVER, NONE_LEFT = PromotionStep(1, "silver"), PromotionStep()


async def test_promotions_are_carried_out_and_told_one_after_the_other(server: Unserved) -> None:
    server.answers = {
        "promote": [TO_SILVER, PromotionStep(2, "gold"), NONE_LEFT],
        "send_partner_notice": [PromotionTold(Sending.SENT)],
    }
    result = await Promotion().run(PromotionInput("acme"))

    assert result == PromotionResult("acme", "gold", "sent")
    assert server.names() == [*("promote", "send_partner_notice") * 2, "promote"]


async def test_who_is_not_promoted_is_told_of_no_promotion(server: Unserved) -> None:
    server.answers["promote"] = [PromotionStep(1, "silver", refusal="a case is open"), NONE_LEFT]
    result = await Promotion().run(PromotionInput("acme"))

    assert result == PromotionResult("acme", refusal="a case is open")
    assert server.names() == ["promote", "promote"]


async def test_a_promotion_approved_during_the_last_look_is_carried_out(server: Unserved) -> None:
    promotion = Promotion()
    looks_up(server, "promote", promotion.look_again)
    server.answers = {
        "promote": [NONE_LEFT, TO_SILVER, NONE_LEFT],
        "send_partner_notice": [PromotionTold(Sending.SENT)],
    }
    result = await promotion.run(PromotionInput("acme"))
    assert result == PromotionResult("acme", "silver", "sent")


# ---- check-ins ----

DUE, NOT_DUE = CheckInStep("check_in/acme/1", "cancellations 12 %"), CheckInStep(reason="passing")


@pytest.mark.parametrize("waits", [Sending.WAITING, Sending.STOPPED, Sending.PUT_OFF])
async def test_a_check_in_is_over_once_the_partner_was_told(
    server: Unserved, waits: Sending
) -> None:
    """Also where a person sends it: before that no warning may follow."""
    server.answers = {
        "take_step": [DUE, NOT_DUE],
        "send_check_in": [CheckInTold(waits), CheckInTold(Sending.SENT)],
    }
    result = await CheckIn().run(CheckInInput("acme"))

    assert result == CheckInResult("acme", "sent")
    assert [wait for wait, _ in server.waits] == [DAY]


async def test_where_no_check_in_is_due_the_reason_is_told(server: Unserved) -> None:
    server.answers["take_step"] = [NOT_DUE]
    result = await CheckIn().run(CheckInInput("acme"))
    assert result == CheckInResult("acme", reason="passing")


async def test_a_check_in_that_falls_due_during_the_last_look_is_taken(server: Unserved) -> None:
    check_in = CheckIn()
    looks_up(server, "take_step", check_in.look_again)
    server.answers = {
        "take_step": [NOT_DUE, DUE, NOT_DUE],
        "send_check_in": [CheckInTold(Sending.SENT)],
    }
    assert await check_in.run(CheckInInput("acme")) == CheckInResult("acme", "sent")


# ---- the daily digest ----


@pytest.mark.parametrize(
    ("due_at", "scheduled", "day_of"),
    [
        (START - 2 * DAY, START - DAY, START - 2 * DAY),
        (None, START - DAY, START - DAY),
        (None, None, START),
    ],
    ids=["named", "by the schedule, late", "by hand"],
)
async def test_a_digest_is_of_the_day_on_which_it_was_due(
    server: Unserved, due_at: datetime | None, scheduled: datetime | None, day_of: datetime
) -> None:
    server.run.typed_search_attributes = {options.SCHEDULED_AT: scheduled}
    server.answers["send_inbox_digest"] = [StaffSent(Sending.SENT)]
    await InboxDigest().run(DigestInput(due_at))

    ((_, request),) = server.asked
    assert request.due_at == day_of
