"""Writing what an accrual owes, a page at a time: by the driver, for partners are many.

No row of it has an audit entry of its own; that of the run covers all that it posted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from partners.domain.offers.incentives.incentives import Figures, Share, Terms
from partners.domain.referrals.compensation import Balance, Posting, settle_due


class Posted(NamedTuple):
    """What the ledger has of a partner's period in one tier."""

    money: Balance = Balance()
    entries: int = 0


NOTHING = Posted()


class Accrual(NamedTuple):
    """A partner's period in one tier, as `incentive_accruals` has it."""

    period: str
    partner_id: str
    tier: str
    policy_version: int
    first_month: int
    last_month: int
    months: int
    orders: int | None
    value_cents: int | None
    payable_on: date | None


class Entry(NamedTuple):
    """An entry of the ledger about a period of an incentive."""

    key: str
    partner_id: str
    kind: str
    held: str
    payable: str
    paid: str
    currency: str
    policy_version: int
    period: str
    tier: str
    orders: int
    value_cents: int


@dataclass
class Written:
    """What a page comes to."""

    accruals: list[Accrual] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def owe(
        self,
        run_id: str,
        partner_id: str,
        share: Share,
        terms: Terms,
        before: Posted,
        today: date,
    ) -> None:
        """Add what brings the ledger of a partner's period up to what is due for it by now."""
        figures, payable_on, posted = share.figures, None, before.money
        if figures is not None:
            payable_on = terms.payable_on(share.span)
            found = settle_due(posted, terms.due(figures), payable_on, today)
            if found:
                self.entries += _entries(
                    run_id, partner_id, share, terms, figures, found, before.entries + 1
                )
                for posting in found:
                    posted = posted.plus(posting)
            if posted.held <= 0:
                payable_on = None
        self.accruals.append(_accrual(partner_id, share, terms, payable_on))


def _accrual(partner_id: str, share: Share, terms: Terms, payable_on: date | None) -> Accrual:
    tier, span, months, figures = share
    first = span.first
    return Accrual(
        span.name,
        partner_id,
        tier,
        terms.version,
        first.number,
        span.last.number,
        sum(1 << (month.month - first.month) for month in months),
        None if figures is None else figures.orders,
        None if figures is None else figures.value_cents,
        payable_on,
    )


def _entries(
    run_id: str,
    partner_id: str,
    share: Share,
    terms: Terms,
    figures: Figures,
    postings: Sequence[Posting],
    first: int,
) -> Iterator[Entry]:
    about = f"{partner_id}/{share.span.name}/{share.tier}"
    for number, posting in enumerate(postings, first):
        yield Entry(
            f"incentive/{run_id}/{about}/{number}",
            partner_id,
            posting.kind.value,
            str(posting.held),
            str(posting.payable),
            str(posting.paid),
            terms.currency,
            terms.version,
            share.span.name,
            share.tier,
            figures.orders,
            figures.value_cents,
        )


# ---- writing ----

_LEDGER = (*Entry._fields, "day", "at", "note", "run_id")
_LEDGER_SQLITE = (
    f"INSERT INTO referral_ledger ({', '.join(_LEDGER)}) VALUES ({', '.join('?' * len(_LEDGER))})"
)
_ENTRY_TYPES = ("text",) * 7 + ("bigint", "text", "text", "bigint", "bigint")
_AS = {"held": "numeric", "payable": "numeric", "paid": "numeric"}
_LEDGER_POSTGRESQL = (
    f"INSERT INTO referral_ledger ({', '.join(_LEDGER)}) SELECT "
    + ", ".join(f"{name}::{_AS[name]}" if name in _AS else name for name in Entry._fields)
    + ", %s, %s, '', %s FROM unnest("
    + ", ".join(f"%b::{kind}[]" for kind in _ENTRY_TYPES)
    + f") AS page ({', '.join(Entry._fields)})"
)
_ACCRUALS = Accrual._fields
_ACCRUALS_SQLITE = (
    f"INSERT INTO incentive_accruals ({', '.join(_ACCRUALS)}) "
    f"VALUES ({', '.join('?' * len(_ACCRUALS))})"
)
_ACCRUAL_TYPES = ("text", "text", "text", *("bigint",) * 6, "date")
_ACCRUALS_POSTGRESQL = (
    f"INSERT INTO incentive_accruals ({', '.join(_ACCRUALS)}) SELECT * FROM unnest("
    + ", ".join(f"%b::{kind}[]" for kind in _ACCRUAL_TYPES)
    + ")"
)
_SETTLED_SQLITE = (
    "UPDATE incentive_accruals SET orders = ?, value_cents = ?, payable_on = ? "
    "WHERE period = ? AND partner_id = ? AND tier = ?"
)
_SETTLED_POSTGRESQL = (
    "UPDATE incentive_accruals a SET orders = n.orders, value_cents = n.value_cents, "
    "payable_on = n.payable_on FROM unnest(%b::bigint[], %b::bigint[], %b::date[], %b::text[], "
    "%b::text[], %b::text[]) AS n (orders, value_cents, payable_on, period, partner_id, tier) "
    "WHERE a.period = n.period AND a.partner_id = n.partner_id AND a.tier = n.tier"
)


def insert(session: Session, run_id: str, written: Written, now: datetime, today: date) -> None:
    """Store the first accruals of a page, and what they owe."""
    connection = session.connection()
    _many(connection, _ACCRUALS_SQLITE, _ACCRUALS_POSTGRESQL, _dated(connection, written.accruals))
    _post(connection, run_id, written.entries, now, today)


def update(session: Session, run_id: str, written: Written, now: datetime, today: date) -> None:
    """Store how accruals that stood already stand now, and what that posts."""
    connection = session.connection()
    rows = [(*a[7:10], *a[:3]) for a in _dated(connection, written.accruals)]
    _many(connection, _SETTLED_SQLITE, _SETTLED_POSTGRESQL, rows)
    _post(connection, run_id, written.entries, now, today)


def _post(
    connection: Connection, run_id: str, entries: Sequence[Entry], now: datetime, today: date
) -> None:
    if not entries:
        return
    if connection.dialect.name == "sqlite":
        at = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        end = (today.isoformat(), at, "", run_id)
        connection.exec_driver_sql(_LEDGER_SQLITE, [(*entry, *end) for entry in entries])
    else:
        columns = [list(column) for column in zip(*entries, strict=True)]
        connection.exec_driver_sql(_LEDGER_POSTGRESQL, (today, now, run_id, *columns))


def _dated(connection: Connection, accruals: Sequence[Accrual]) -> Sequence[tuple[Any, ...]]:
    """With days as the driver takes them: SQLite's has text for them."""
    if connection.dialect.name != "sqlite":
        return accruals
    return [(*a[:9], a.payable_on and a.payable_on.isoformat()) for a in accruals]


def _many(
    connection: Connection, on_sqlite: str, on_postgresql: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """On PostgreSQL a page is arrays in binary (`%b`): as text they take several times as long."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(on_sqlite, list(rows))
    else:
        connection.exec_driver_sql(on_postgresql, tuple(map(list, zip(*rows, strict=True))))
