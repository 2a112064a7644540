"""Kinds of value that many tables of the policy have."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

KEY = r"^[A-Za-z0-9._-]{1,64}$"
Key = Annotated[str, StringConstraints(pattern=KEY)]


def _plain(number: Decimal) -> Decimal:
    """Without trailing zeros, so that 0.90 and 0.9 are the same policy."""
    return Decimal(format(number.normalize(), "f"))


Number = Annotated[Decimal, Field(max_digits=30, decimal_places=15), AfterValidator(_plain)]
