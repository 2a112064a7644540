"""Errors that are a person's to mend: each names the thing and what to do about it.

PartnersError
├── UserError       a command's input is wrong; exit status 2, one line or one per problem
│   └── Refusal     what a person wants is refused: a code with facts, which each face words
└── SetupError      the environment is not ready; says what to run
"""

from __future__ import annotations

import re
import traceback
from typing import Any, ClassVar


class PartnersError(Exception):
    """Shown without a traceback by the command line and the worker."""


class UserError(PartnersError):
    """The input is wrong."""


class SetupError(PartnersError):
    """The environment is not ready."""


class Refusal(UserError):
    """Why an act is refused. One dataclass (`eq=False`) a reason, its fields the facts.

    `says` is a plain sentence of them without any face's syntax; a face that knows the way on says
    it in its own words (`partners/cli/refusals.py`).
    """

    says: ClassVar[str]

    def __str__(self) -> str:
        return self.says.format(**vars(self))

    @property
    def code(self) -> str:
        """The class's name in snake case: what programs branch on."""
        return _code(type(self))

    @classmethod
    def given_elsewhere(cls, code: str, facts: dict[str, Any]) -> Refusal | None:
        """What another process refused with; None if this one does not know the reason."""
        found = [kind for kind in cls.__subclasses__() if _code(kind) == code]
        try:
            return found[0](**facts) if found else None
        except TypeError:  # another version's facts
            return None


def _code(kind: type[Refusal]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def trace_of(error: BaseException) -> str:
    """Where an error happened, without its words: they may hold what people wrote (rule 18).

    The frames of the error and of what caused it, each with its kind; innermost frame last.
    """
    found: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = "".join(traceback.format_tb(link.__traceback__)).rstrip()
        found.append(f"{frames}\n{type(link).__name__}")
        link = link.__cause__ or link.__context__
    return "\ncaused by:\n".join(found)
