"""How the command line words what is refused: with the command to run or the option to give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _unsigned(error: Any) -> str:
    asked = "who you are and why" if len(error.needed) > 1 else "who you are"
    options = " and ".join(f"--{name}" for name in error.needed)
    return f"say {asked}: {options} must not be blank"


def _notice_too_short(error: Any) -> str:
    tiers, days = ", ".join(error.tiers), error.notice_days
    return (
        f"standards get stricter for partners in {tiers}, who are told {days} days before "
        f"(program.notice_days); write --effective {error.earliest} or a later day"
    )


WORDS: dict[str, str | Callable[[Any], str]] = {
    "effect_in_the_past": "--effective {0}",
    "mail_is_stopped": "{0}; see: partners go",
    "message_superseded": (
        "{0}; what waits instead, if anything does: partners mail list --state waiting"
    ),
    "no_reason": "say why, with --reason; it is recorded",
    "no_such_run": "{0}; see: partners mail list",
    "nothing_on_record": "{0}; see: partners list",
    "notice_too_short": _notice_too_short,
    "nothing_held": "{0}; see: partners guard list",
    "not_blocked": "{0}; see: partners mail blocked",
    "review_does_not_run": (
        "no workflow runs under {workflow_id}; take the review up again first "
        "(partners review --help), then decide"
    ),
    "unfit_period": "--period: {0}",
    "unknown_event": "{0}; see: partners webhook list",
    "unknown_message": "{0}; see: partners mail list",
    "no_worker_took_it": "{0} (python worker.py)",
    "no_workflow_runs": (
        "no workflow runs for {partner_id}; if `partners show {partner_id}` shows an open case, "
        "go on with it first: partners start {partner_id}"
    ),
    "unfit_reason": "--by and --reason: {0}",
    "unknown_review": "{0}; see: partners reviews",
    "unknown_partner": "{0}; see: partners import partners --help",
    "unknown_version": "{0}; run: partners policy list",
    "unsigned": _unsigned,
    "written_on_another_day": "{0}: partners mail list --state waiting",
}
"""By a refusal's code: `{0}` is its own sentence, `{name}` a fact. Others keep their sentence."""


def words(error: Exception) -> str:
    """A refusal in the words of the command line; any other error as it is."""
    found = WORDS.get(getattr(error, "code", ""), "{0}")
    return found.format(error, **vars(error)) if isinstance(found, str) else found(error)
