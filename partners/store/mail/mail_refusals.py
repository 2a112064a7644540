"""Why a command about a message is refused."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class UnknownMessage(Refusal):
    """No message has this number or key."""

    says = "there is no message {message!r}"

    message: str | int


@dataclass(eq=False)
class MessageSuperseded(Refusal):
    """Another message has taken its place, or what it says is not true any more."""

    says = "message {number} was superseded ({why}) and must not be sent any more"

    number: int
    why: str


@dataclass(eq=False)
class WrittenOnAnotherDay(Refusal):
    """Rule 12: a warning that was not sent on its day states a deadline that is too early."""

    says = (
        "message {number} was written on another day, and its deadline is counted from then; the "
        "running case writes it anew each day"
    )

    number: int
