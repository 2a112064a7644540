"""The tables of incentives: the runs that accrue them, and what each period of a partner rests on.

What they pay stands in `referral_ledger`, which has everything that is owed to partners.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from partners.domain.offers.incentives.incentive_runs import RunStatus
from partners.store.tables.base import Base, PartnerId, Word


class IncentiveRunRow(Base):
    """One pass over what incentives owe; a month has one that accrues it, and later ones."""

    __tablename__ = "incentive_runs"

    run_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    """`2026-11`: accrues what ends with that month; `2026-11+1`: what is released after it."""
    month: Mapped[int]
    as_of: Mapped[date]
    """The program's day; what is held until then is released."""
    status: Mapped[RunStatus] = mapped_column(Word(RunStatus))
    claimed_by: Mapped[str]
    """The workflow's id."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """By tier and currency, when it is done: partners, and sums as text."""


class IncentiveAccrualRow(Base):
    """A partner's period in one tier: made when it is first looked at, and settled since.

    Also where nothing is owed, or not known yet: so that orders that come later are seen.
    """

    __tablename__ = "incentive_accruals"
    __table_args__ = ({"sqlite_with_rowid": False},)

    # By period first: a run writes one after the other, and nothing between older rows.
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    partner_id: Mapped[str] = mapped_column(PartnerId, primary_key=True)
    tier: Mapped[str] = mapped_column(String(64), primary_key=True)
    policy_version: Mapped[int]
    """Whose terms it follows, whatever changes later."""
    first_month: Mapped[int]
    last_month: Mapped[int]
    months: Mapped[int]
    """Which of them count for the tier: bit 0 is the first."""
    orders: Mapped[int | None]
    """What was completed in them, as settled last; None: not all of it is known yet."""
    value_cents: Mapped[int | None] = mapped_column(BigInteger)
    payable_on: Mapped[date | None]
    """When what is held is released; None: nothing is held."""
