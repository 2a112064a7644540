"""Why a month's incentives are not accrued."""

from __future__ import annotations

from dataclasses import dataclass

from partners.errors import Refusal


@dataclass(eq=False)
class MonthNotSettled(Refusal):
    """Orders of the month may still come."""

    says = "{month} has not settled yet; the newest month that has is {newest}"

    month: str
    newest: str


@dataclass(eq=False)
class NothingPaysIncentives(Refusal):
    """No tier had an incentive when the month's periods began."""

    says = "no tier paid an incentive for what ends with {month}"

    month: str
