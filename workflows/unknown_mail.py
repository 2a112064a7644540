"""What a message of which nobody knows whether it was sent means to a workflow."""

from __future__ import annotations

from temporalio import workflow

from partners.domain.case_view import Sending

UNKNOWN_WAITS = "unknown-mail-waits"


def is_unknown(result: Sending) -> bool:
    """Whether to wait until it is known what became of a message.

    Earlier runs took such a message for done (2026-11: until all of them are closed).
    """
    return result is Sending.UNKNOWN and workflow.patched(UNKNOWN_WAITS)
