"""People's commands to a running workflow, each waiting for its turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from partners.domain.cases.commands import CaseOrder, Order
from partners.domain.cases.commands import PersonsOrder as PersonsOrder
from partners.domain.cases.view import Command


def on_case(order: PersonsOrder, case_id: str) -> Command | CaseOrder:
    """The request of the activity that carries an order out."""
    if not isinstance(order, Order):
        quiet, revision = order.quiet, order.revision
        return Command(case_id, order.who, order.reason, quiet=quiet, revision=revision)
    given = {field.name: getattr(order, field.name) for field in fields(order)}
    return CaseOrder(**given, case_id=case_id)


@dataclass(eq=False)
class Waiting:
    """A command that has been accepted and waits to be carried out, or refused after all."""

    name: str
    activity: Callable[..., Any]
    order: PersonsOrder
    result: str | None = None
    refusal: str | None = None
    code_and_facts: Sequence[Any] = ()  # of a refusal that has them

    @property
    def done(self) -> bool:
        return self.result is not None or self.refusal is not None

    def answer(self, result: str) -> None:
        self.result = result

    def refuse(self, reason: BaseException | str | None) -> None:
        self.refusal = str(reason)
        if isinstance(reason, ApplicationError):  # whose text begins with its type
            self.refusal, self.code_and_facts = reason.message, reason.details


class Commands:
    """A queue between update handlers and `run`, so that `run` alone changes the state."""

    def __init__(self) -> None:
        self._queue: deque[Waiting] = deque()

    @property
    def pending(self) -> bool:
        return bool(self._queue)

    def next(self) -> Waiting | None:
        """Take the oldest command; None if there is none."""
        return self._queue.popleft() if self._queue else None

    def put(self, name: str, activity: Callable[..., Any], order: PersonsOrder) -> Waiting:
        """Queue a command."""
        self._queue.append(Waiting(name, activity, order))
        return self._queue[-1]

    async def give(self, name: str, activity: Callable[..., Any], order: PersonsOrder) -> str:
        """Queue a command and wait for its answer. A refusal fails the update with the reason."""
        waiting = self.put(name, activity, order)
        await workflow.wait_condition(lambda: waiting.done)
        if waiting.refusal is not None:
            raise ApplicationError(
                waiting.refusal, *waiting.code_and_facts, type="Refused", non_retryable=True
            )
        assert waiting.result is not None
        return waiting.result
