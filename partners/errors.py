"""Errors that are a person's to mend: each names the thing and what to do about it.

PartnersError
├── UserError       a command's input is wrong; exit status 2, one line or one per problem
└── SetupError      the environment is not ready; says what to run
"""


class PartnersError(Exception):
    """Shown without a traceback by the command line and the worker."""


class UserError(PartnersError):
    """The input is wrong."""


class SetupError(PartnersError):
    """The environment is not ready."""
