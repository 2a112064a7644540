"""People's commands to a running workflow, each waiting for its turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from partners.domain.cases.commands import CaseCommand, Command
from partners.domain.cases.commands import SignedCommand as SignedCommand
from partners.domain.cases.view import PlainCommand


def on_case(command: SignedCommand, case_id: str) -> PlainCommand | CaseCommand:
    """The request of the activity that carries a command out."""
    if not isinstance(command, Command):
        return PlainCommand(case_id, command.who, command.reason)
    given = {field.name: getattr(command, field.name) for field in fields(command)}
    return CaseCommand(**given, case_id=case_id)


@dataclass(eq=False)
class Waiting:
    """A command that has been accepted and waits to be carried out, or refused after all."""

    name: str
    activity: Callable[..., Any]
    command: SignedCommand
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
        if isinstance(reason, ApplicationError):
            self.code_and_facts = reason.details


class CommandQueue:
    """A queue between update handlers and `run`, so that `run` alone changes the state."""

    def __init__(self) -> None:
        self._queue: deque[Waiting] = deque()

    @property
    def pending(self) -> bool:
        return bool(self._queue)

    def next(self) -> Waiting | None:
        """Take the oldest command; None if there is none."""
        return self._queue.popleft() if self._queue else None

    def put(self, name: str, activity: Callable[..., Any], command: SignedCommand) -> Waiting:
        """Queue a command."""
        self._queue.append(Waiting(name, activity, command))
        return self._queue[-1]

    async def give(self, name: str, activity: Callable[..., Any], command: SignedCommand) -> str:
        """Queue a command and wait for its answer. A refusal fails the update with the reason."""
        waiting = self.put(name, activity, command)
        await workflow.wait_condition(lambda: waiting.done)
        if waiting.refusal is not None:
            raise ApplicationError(
                waiting.refusal, *waiting.code_and_facts, type="Refused", non_retryable=True
            )
        assert waiting.result is not None
        return waiting.result
