"""Why a command about a partner, with an open case or without one, is refused."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class UnfitReason(Refusal):
    """Who acts, or why, is missing or is no text that can be kept (rule 16)."""

    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(eq=False)
class CaseIsOpen(Refusal):
    """What moves a tier waits until the open case has ended."""

    partner_id: str

    def __str__(self) -> str:
        return (
            f"refused: a case is open for {self.partner_id}, and its outcome may move the tier; "
            "waive or reinstate first"
        )


@dataclass(eq=False)
class NoCaseIsOpen(Refusal):
    """The command is about an open case."""

    partner_id: str

    def __str__(self) -> str:
        return f"refused: no case is open for {self.partner_id}"


@dataclass(eq=False)
class NoWorkflowRuns(Refusal):
    """Nobody is there to take a command about the partner's case."""

    partner_id: str

    def __str__(self) -> str:
        return f"no workflow runs for {self.partner_id}; an open case has to be gone on with first"


@dataclass(eq=False)
class NoWorkerTookIt(Refusal):
    """A workflow was started, and waits for a worker."""

    workflow_id: str
    seconds: float

    def __str__(self) -> str:
        return (
            f"the workflow {self.workflow_id} was started, but no worker has taken it within "
            f"{self.seconds:.0f} seconds; is one running?"
        )
