"""How the command line words what is refused: with the command to run or the option to give."""

from __future__ import annotations

WORDS: dict[str, str] = {
    "mail_is_stopped": "{0}; see: partners go",
    "message_superseded": (
        "{0}; what waits instead, if anything does: partners mail list --state waiting"
    ),
    "no_reason": "say why, with --reason; it is recorded",
    "no_such_run": "{0}; see: partners mail list",
    "not_blocked": "{0}; see: partners mail blocked",
    "unknown_message": "{0}; see: partners mail list",
    "written_on_another_day": "{0}: partners mail list --state waiting",
}
"""By a refusal's code: `{0}` is its own sentence, `{name}` a fact. Others keep their sentence."""


def words(error: Exception) -> str:
    """A refusal in the words of the command line; any other error as it is."""
    template = WORDS.get(getattr(error, "code", ""))
    return template.format(error, **vars(error)) if template else str(error)
