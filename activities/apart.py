"""One partner's step that fails on their own data: set aside, not tried for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from temporalio.exceptions import FailureError

from partners.domain.judging.aside import Aside
from partners.store.judging import aside

T = TypeVar("T")


def apart(partner_id: str, work: Callable[[], T]) -> tuple[T | None, list[Aside]]:
    """Do one partner's step; None and the reason if their data do not let it.

    What says itself how it is to be tried again, and the database's own trouble, are raised.
    """
    done, failed = aside.each_apart([partner_id], lambda _: work(), FailureError)
    return done.get(partner_id), failed
