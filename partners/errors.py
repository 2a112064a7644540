"""Errors that are a person's to mend: each names the thing and what to do about it.

PartnersError
├── UserError       a command's input is wrong; exit status 2, one line or one per problem
│   └── Refusal     what a person wants is refused: a code with facts, which each face words
└── SetupError      the environment is not ready; says what to run
"""

import re


class PartnersError(Exception):
    """Shown without a traceback by the command line and the worker."""


class UserError(PartnersError):
    """The input is wrong."""


class SetupError(PartnersError):
    """The environment is not ready."""


class Refusal(UserError):
    """Why an act is refused. One dataclass (`eq=False`) a reason, its fields the facts.

    `str()` is a plain sentence without any face's syntax; a face that knows the way on says it in
    its own words (`partners/cli/refusals.py`).
    """

    @property
    def code(self) -> str:
        """The class's name in snake case: what programs branch on."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()
