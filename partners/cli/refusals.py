"""How the command line words what is refused: with the command to run or the option to give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _unsigned(error: Any) -> str:
    asked = "who you are and why" if len(error.needed) > 1 else "who you are"
    options = " and ".join(f"--{name}" for name in error.needed)
    return f"say {asked}: {options} must not be blank"


WORDS: dict[str, str | Callable[[Any], str]] = {
    "blank_note": "{0}: --text and --by must not be blank",
    "no_worker_took_it": "{0} (python worker.py)",
    "no_workflow_runs": (
        "no workflow runs for {partner_id}; if `partners show {partner_id}` shows an open case, "
        "go on with it first: partners start {partner_id}"
    ),
    "too_far_ahead": "--recover-by: {0}",
    "unfit_reason": "--by and --reason: {0}",
    "unknown_partner": "{0}; see: partners import partners --help",
    "unsigned": _unsigned,
}
"""By a refusal's code: `{0}` is its own sentence, `{name}` a fact. Others keep their sentence."""


def words(error: Exception) -> str:
    """A refusal in the words of the command line; any other error as it is."""
    found = WORDS.get(getattr(error, "code", ""), "{0}")
    return found.format(error, **vars(error)) if isinstance(found, str) else found(error)
