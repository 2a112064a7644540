"""What fails a step for good, with the reason, instead of being tried for ever.

A person's command either is carried out, or is refused: it never hangs. Without a policy, or about
a partner whom nobody knows, nothing can be decided.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.orm import Session
from temporalio.exceptions import ApplicationError, TemporalError

from partners.domain.overrides.override import why_unsigned
from partners.domain.policy.policy import Policy
from partners.errors import PartnersError, Refusal, UserError, trace_of
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.store.tables.program_tables import PartnerRow

log = logging.getLogger("partners.commands")

_TRIED_AGAIN = (SQLAlchemyError, TemporalError, OSError, MemoryError)
"""The database's and the machine's own trouble, which passes, and what the worker itself raises."""


class Signed(Protocol):
    """What a person asks for, and why (rule 16)."""

    @property
    def who(self) -> str: ...

    @property
    def reason(self) -> str: ...


def refusal(reason: str) -> ApplicationError:
    """What fails an activity for good, with a reason that people read."""
    return ApplicationError(f"refused: {reason}", type="Refused", non_retryable=True)


@contextmanager
def refusing(order: Signed) -> Iterator[None]:
    """Around the transaction of a command. Whatever no retry mends becomes a refusal: else the
    command, and all that come after it, would wait for ever.

    The cause's words may hold what a person wrote, so only its kind is told; the log has the rest.
    """
    if why := why_unsigned(order.who, order.reason):
        raise refusal(why)
    try:
        yield
    except UserError as error:
        code_and_facts = (error.code, vars(error)) if isinstance(error, Refusal) else ()
        raise ApplicationError(
            str(error), *code_and_facts, type="Refused", non_retryable=True
        ) from error
    except Exception as error:
        if isinstance(error, _TRIED_AGAIN) and not isinstance(error, DataError):
            raise
        log.error("a command cannot be carried out\n%s", trace_of(error))
        kind = type(error).__name__
        why = f"it cannot be carried out ({kind}), and nothing was changed; a worker's log says why"
        raise refusal(why) from None


def known_partner(session: Session, partner_id: str) -> PartnerRow:
    """The partner, locked. An unknown one fails the workflow for good."""
    with _for_good():
        return locked_partner(session, partner_id)


def policy_in_force(session: Session, now: datetime) -> tuple[int, Policy]:
    """The policy by which a new case is judged. None at all fails the workflow for good."""
    with _for_good():
        return policies.required(session, now)


@contextmanager
def _for_good() -> Iterator[None]:
    try:
        yield
    except PartnersError as error:
        kind = type(error).__name__
        raise ApplicationError(str(error), type=kind, non_retryable=True) from None
