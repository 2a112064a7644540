"""Why a command about a partner, with an open case or without one, is refused."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class UnfitReason(Refusal):
    """Who acts, or why, is missing or is no text that can be kept (rule 16)."""

    says = "{why}"

    why: str


@dataclass(eq=False)
class CaseIsOpen(Refusal):
    """What moves a tier waits until the open case has ended."""

    says = (
        "refused: a case is open for {partner_id}, and its outcome may move the tier; waive or "
        "reinstate first"
    )

    partner_id: str


@dataclass(eq=False)
class NoCaseIsOpen(Refusal):
    """The command is about an open case."""

    says = "refused: no case is open for {partner_id}"

    partner_id: str


@dataclass(eq=False)
class NoWorkflowRuns(Refusal):
    """Nobody is there to take a command about the partner's case."""

    says = "no workflow runs for {partner_id}; an open case has to be gone on with first"

    partner_id: str


@dataclass(eq=False)
class NoWorkerTookIt(Refusal):
    """A workflow was started, and waits for a worker."""

    says = (
        "the workflow {workflow_id} was started, but no worker has taken it within {seconds:.0f} "
        "seconds; is one running?"
    )

    workflow_id: str
    seconds: float


@dataclass(eq=False)
class CommandWaits(Refusal):
    """No worker has answered: the command waits at the server, and may still take effect."""

    says = (
        "no worker has answered within {seconds:.0f} seconds: the command waits at the server, and "
        "may still take effect"
    )

    partner_id: str
    seconds: float
