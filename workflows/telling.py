"""Telling a partner something outside of cases: the message is tried until its fate is known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from temporalio import workflow

from partners.domain.case_view import Sending
from workflows import mail_waits, options, timeline


@dataclass
class Bell:
    """Rung by a signal: there is something to look at."""

    rung: bool = False


class Told(Protocol):
    """What became of a message; `until`: when to try again, in real time."""

    @property
    def result(self) -> Sending: ...

    @property
    def until(self) -> datetime | None: ...


T = TypeVar("T", bound=Told)


async def until_told(
    activity: Callable[[Any, Any], T],
    request: object,
    summary: str,
    bell: Bell,
    day: timedelta,
    show: Callable[[str], None],
    why: Callable[[Sending], str | None] = mail_waits.why,
) -> T:
    """Send one message; while `why` says what is waited for, wait and try again.

    `day`: a program day's real length; it looks at least so often, and when the bell rings.
    `show` is told what it waits for.
    """
    while True:
        bell.rung = False
        told: T = await workflow.execute_activity_method(
            activity,
            request,
            task_queue=options.MAIL_TASK_QUEUE,
            start_to_close_timeout=options.SEND_TIMEOUT,
            retry_policy=options.PATIENT,
            summary=timeline.shorten(summary),
        )
        waits_for = why(told.result)
        if waits_for is None:
            return told
        show(waits_for)
        wait = mail_waits.how_long(told.result, told.until, day)
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: bell.rung, timeout=wait, timeout_summary=waits_for
            )
