"""What a period pays, as SQL: `Terms.due` for many partners at once. A test holds the two together.

Most partners are in one tier all the while and all is known of them, so the database itself can
write what they have. Whoever is not so is reckoned one by one (`incentive_figures`), and whatever
does not fit here is left open, for the run settles what is open.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from math import ceil

from sqlalchemy.orm import Session

from partners.domain.offers.incentives.incentives import Span, Terms, span_of
from partners.domain.policy.sections.incentive_policy import Measure, Pays
from partners.domain.time.calendar import Month
from partners.store.judging.window_sums import Range

MOST = 2**62
"""SQLite's integers go to 2^63: nothing that is reckoned here goes beyond."""


@dataclass(frozen=True)
class Bulk:
    """The partners of one tier whose months all count for it, and the terms of their period."""

    tier: str
    keys: tuple[str, ...]  # what the tier is called now, and was
    months: tuple[Month, ...]
    terms: Terms
    known: bool  # whether the feed covers the months

    @property
    def span(self) -> Span:
        return span_of(self.terms.section.period, self.months[-1])

    @property
    def mask(self) -> int:
        return sum(1 << (month.month - self.span.first.month) for month in self.months)


def due(terms: Terms, orders: str, cents: str, sqlite: bool) -> str:
    """An expression for what is due: in the currency's smallest units on SQLite, which has no
    decimals; an amount on PostgreSQL. `orders` and `cents`: expressions of the figures."""
    section = terms.section
    by_orders = section.measure is Measure.ORDERS
    measured, scale = (orders, 1) if by_orders else (cents, 100)
    ways: list[tuple[Decimal, Pays]] = [(step.at_least, step) for step in section.steps]
    parts = [
        f"WHEN {measured} >= {ceil(least * scale)} "
        f"THEN {_amount(pays, terms, orders, cents, sqlite)}"
        for least, pays in (*reversed(ways), (section.at_least, section))
    ]
    return f"(CASE {' '.join(parts)} ELSE 0 END)"


def _amount(pays: Pays, terms: Terms, orders: str, cents: str, sqlite: bool) -> str:
    figure = cents if pays.share is not None else orders
    each = pays.rate if pays.share is None else pays.rate / 100  # of a hundredth of the unit
    if sqlite:
        top, bottom = each.scaleb(terms.decimals).as_integer_ratio()
        amount = f"(MAX({figure}, 0) * {2 * top} + {bottom}) / {2 * bottom}"
    else:
        amount = f"ROUND(GREATEST({figure}, 0)::numeric * {each:f}, {terms.decimals})"
    if terms.section.cap is None:
        return amount
    cap = terms.section.cap.quantize(Decimal(1).scaleb(-terms.decimals), "ROUND_HALF_UP")
    if sqlite:
        return f"MIN({amount}, {int(cap * 10**terms.decimals)})"
    return f"LEAST({amount}, {cap:f})"


def largest(terms: Terms) -> int:
    """The largest figure for which SQLite's integers suffice."""
    found: list[int] = []
    for pays in (terms.section, *terms.section.steps):
        each = pays.rate / 100 if pays.share is not None else pays.rate
        top, bottom = each.scaleb(terms.decimals).as_integer_ratio()
        found.append((MOST - bottom) // (2 * top))
    return min(found)


def write(
    session: Session,
    run_id: str,
    bulk: Bulk,
    ids: Range,
    apart: Collection[str],
    now: datetime,
    today: date,
) -> None:
    """Store what the partners of a range have, but for those apart: accruals and entries."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    connection = session.connection()
    query, given = _accruals(bulk, ids, sorted(apart), sqlite)
    connection.exec_driver_sql(query, given)
    if bulk.known:
        query, given = _entries(run_id, bulk, ids, sorted(apart), now, today, sqlite)
        connection.exec_driver_sql(query, given)


Query = tuple[str, dict[str, object]]


def _accruals(bulk: Bulk, ids: Range, apart: Sequence[str], sqlite: bool) -> Query:
    numbers = range(len(bulk.months))
    joins = "".join(
        f" LEFT JOIN monthly_totals m{n} ON m{n}.partner_id = p.partner_id "
        f"AND m{n}.month = {bulk.months[n].number}"
        for n in numbers
    )
    orders = " + ".join(f"COALESCE(m{n}.completed, 0)" for n in numbers)
    cents = " + ".join(f"COALESCE(m{n}.value_cents, 0)" for n in numbers)
    fits = "1 = 1" if bulk.known else "1 = 0"
    if bulk.known and sqlite:
        most = largest(bulk.terms)
        fits = f"f.orders <= {most} AND f.cents <= {most}"
    is_due = due(bulk.terms, "f.orders", "f.cents", sqlite)
    payable_on = f"'{bulk.terms.payable_on(bulk.span)}'" + ("" if sqlite else "::date")
    keys = {f"k{n}": key for n, key in enumerate(bulk.keys)}
    who, given = _who("p", ids, apart, sqlite)
    span = bulk.span
    return (
        _written(
            "INSERT INTO incentive_accruals (period, partner_id, tier, policy_version, "
            "first_month, last_month, months, orders, value_cents, payable_on) "
            f"SELECT '{span.name}', f.partner_id, :tier, {bulk.terms.version}, "
            f"{span.first.number}, {span.last.number}, {bulk.mask}, "
            f"CASE WHEN {fits} THEN f.orders END, CASE WHEN {fits} THEN f.cents END, "
            f"CASE WHEN {fits} AND {is_due} > 0 THEN {payable_on} END "
            f"FROM (SELECT p.partner_id, {orders} AS orders, {cents} AS cents "
            f"FROM partners p{joins} WHERE {who} AND p.joined_on <= :joined "
            f"AND p.tier IN ({', '.join(f':{name}' for name in keys)})) f "
            "ORDER BY f.partner_id",
            sqlite,
        ),
        {**given, **keys, "tier": bulk.tier, "joined": span.last.last_day.isoformat()},
    )


def _entries(
    run_id: str,
    bulk: Bulk,
    ids: Range,
    apart: Sequence[str],
    now: datetime,
    today: date,
    sqlite: bool,
) -> Query:
    """Of the accruals just written: what is held for each. Those apart have theirs already."""
    terms, name = bulk.terms, bulk.span.name
    amount = due(terms, "a.orders", "a.value_cents", sqlite)
    zero = "0"
    if sqlite:
        whole, zero = 10**terms.decimals, "'0'"
        amount = (
            f"CAST({amount} AS TEXT)"
            if not terms.decimals
            else (f"printf('%d.%0{terms.decimals}d', {amount} / {whole}, {amount} % {whole})")
        )
    who, given = _who("a", ids, apart, sqlite)
    return (
        _written(
            "INSERT INTO referral_ledger (key, partner_id, kind, held, payable, paid, currency, "
            "policy_version, period, tier, orders, value_cents, day, at, note, run_id) "
            f"SELECT :key || a.partner_id || :rest, a.partner_id, 'earned', {amount}, {zero}, "
            f"{zero}, '{terms.currency}', a.policy_version, a.period, a.tier, a.orders, "
            "a.value_cents, :day, :at, '', :run_id FROM incentive_accruals a "
            f"WHERE a.period = '{name}' AND a.tier = :tier AND a.payable_on IS NOT NULL AND {who} "
            "ORDER BY a.partner_id",
            sqlite,
        ),
        {
            **given,
            "key": f"incentive/{run_id}/",
            "rest": f"/{name}/{bulk.tier}/1",
            "tier": bulk.tier,
            "run_id": run_id,
            "day": today.isoformat() if sqlite else today,
            "at": now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else now,
        },
    )


def _who(table: str, ids: Range, apart: Sequence[str], sqlite: bool) -> Query:
    """The condition for the partners of a range but for some, and what it is given."""
    who = f"{table}.partner_id > :after"
    given: dict[str, object] = {"after": ids.after}
    if ids.through is not None:
        who, given["through"] = f"{who} AND {table}.partner_id <= :through", ids.through
    if apart:
        listed = (
            "SELECT value FROM json_each(:apart)" if sqlite else "SELECT unnest(:apart::text[])"
        )
        who += f" AND {table}.partner_id NOT IN ({listed})"
        given["apart"] = json.dumps(list(apart)) if sqlite else list(apart)
    return who, given


def _written(query: str, sqlite: bool) -> str:
    """With the placeholders of the driver."""
    if sqlite:
        return query
    return re.sub(r"(?<!:):([a-z]\w*)", r"%(\1)s", query.replace("%", "%%"))
