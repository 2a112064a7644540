"""What leaves an activity as an error names nobody (rule 18).

The server keeps the words of an error, its causes and their traces in the history, and the worker
logs them. A database's own words may hold what was to be written: a name, an address, a mail.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sqlalchemy.exc import DBAPIError
from temporalio import activity
from temporalio.exceptions import ApplicationError, TemporalError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from partners.errors import UserError, trace_of

log = logging.getLogger("partners.steps")

_OURS = (TemporalError, UserError)
"""Their words are the program's own, written to be read."""


class Unnamed(Interceptor):
    """Replaces every error but the program's own by its kind and the database's code for it.

    Where it happened goes to the log, without the values.
    """

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Scrubbing(next)


class _Scrubbing(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except asyncio.CancelledError:
            raise
        except _OURS as error:
            _cut(error)
            raise
        except Exception as error:
            name = activity.info().activity_type
            log.error("%s failed: %s\n%s", name, words(error), trace_of(error))
            failure = ApplicationError(words(error), type=type(error).__name__)
        raise failure  # outside of the handler, so that nothing hangs on it


def words(error: Exception) -> str:
    """What may be told of an error: its kind, the driver's kind, and the standard's code."""
    if not isinstance(error, DBAPIError):
        return type(error).__name__
    kind, code = type(error.orig).__name__, getattr(error.orig, "sqlstate", None)
    return f"{type(error).__name__}: the database's {kind}" + (f" ({code})" if code else "")


def _cut(error: BaseException) -> None:
    """Cut off causes that are not the program's own."""
    cause = error.__cause__ or error.__context__
    if cause is None:
        return
    if isinstance(cause, _OURS):
        _cut(cause)
    else:
        error.__cause__ = None
        error.__suppress_context__ = True
