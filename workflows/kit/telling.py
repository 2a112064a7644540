"""Telling a partner something, through kill switches, hours without mail and unknown answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from temporalio import workflow

from activities.overrides.intervention_activities import InterventionNoticeActivities
from partners.domain.cases.view import Telling, Told
from partners.domain.mail.view import Sending
from workflows.kit import mail_waits, options, timeline


class Answer(Protocol):
    """What became of a message."""

    @property
    def result(self) -> Sending: ...


A = TypeVar("A", bound=Answer)


class Look:
    """Whether somebody said that there is something to look at."""

    def __init__(self) -> None:
        self.again = False


async def until_told(
    send: Callable[[], Awaitable[A]],
    until: Callable[[A], datetime | None],
    look: Look,
    headline: str,
    day: timedelta,
    why_wait: Callable[[Sending], str | None] = mail_waits.why,
    rest: Callable[[A], str] = lambda _: "",
) -> A:
    """Send; while mail is stopped or the message unknown, wait and try again.

    `until`: when to try again, in real time, where that was named; `day`: a program day's real
    length; `headline`: what the current details say first; `why_wait`: what is waited for, or None
    for a result that ends it; `rest`: what the current details say after that.
    """
    while True:
        look.again = False  # before the step, so that a signal during it is not lost
        told = await send()
        why = why_wait(told.result)
        if why is None:
            workflow.set_current_details(f"{headline}; mail: {told.result}{rest(told)}")
            return told
        workflow.set_current_details(f"{headline}; {why}{rest(told)}")
        wait = mail_waits.how_long(told.result, until(told), day)
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: look.again, timeout=wait, timeout_summary=why)


async def tell_person_did(telling: Telling) -> Told:
    """Send the notice of what a person did, once."""
    told: Told = await workflow.execute_activity_method(
        InterventionNoticeActivities.tell_intervention,
        telling,
        task_queue=options.MAIL_TASK_QUEUE,
        start_to_close_timeout=options.SEND_TIMEOUT,
        retry_policy=options.PATIENT,
        summary=timeline.shorten(f"e-mail: {telling.kind}"),
    )
    return told
