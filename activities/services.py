"""What activities are given and export, and what they take from the server: the time, the run."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from inspect import getmembers, ismethod
from typing import Any

from temporalio import activity

from partners.domain.time.clock import ProgramClock
from partners.mail.render import Renderer
from partners.mail.send_rules import ANY_TIME, SendRules
from partners.mail.transport import Transport
from partners.store.engine.database import Database

PREVIEW = "preview"
"""Who is named as deciding in a preview of a command, which is rolled back."""


@dataclass(frozen=True)
class Services:
    """Dependencies of the activities, built in `partners.bootstrap`."""

    database: Database
    clock: ProgramClock
    renderer: Renderer
    transport: Transport
    sender: str = ""  # blank: the policy's contact address
    rules: SendRules = ANY_TIME  # when mail may go out, and how much of it
    desk: str = ""  # where people read messages in a browser; blank: nowhere
    turns: AbstractContextManager[object] = field(default_factory=nullcontext)
    """Held while a message is with the provider; bounds how many are at once."""


class Activities:
    """What a file of activities exports: a class of them, given what they need."""

    def all(self) -> list[Callable[..., Any]]:
        """Every activity of this class, for a worker."""
        methods = (method for _, method in getmembers(self, ismethod))
        return [step for step in methods if activity._Definition.from_callable(step)]


def program_now(clock: ProgramClock) -> datetime:
    """Program time at which this activity started, as the server gave it.

    Not the machine's clock: under time skipping the two differ by months.
    """
    return clock.program_time(activity.info().started_time)


def actor() -> str:
    """Who decides: this run of the workflow."""
    if not activity.in_activity():
        return PREVIEW
    return f"workflow {activity.info().workflow_run_id}"


def who_acts() -> str:
    """Who acts, for the audit: a workflow's run, or the program outside of any."""
    return actor() if activity.in_activity() else "the program"
