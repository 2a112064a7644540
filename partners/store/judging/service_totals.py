"""Totals per partner, month and service: which services a partner prefers.

They count as the monthly totals do, and are made with them: `placed` in the month of `placed_at`,
the others in that of `outcome_at`; excluded orders in `placed` only.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

SERVICE = "COALESCE(o.service, '')"
OFFER = "CASE WHEN o.service IS NULL THEN COALESCE(o.offer_id, '') ELSE '' END"
"""Under which an order `o` counts: its own service, else its offer, else neither."""

_NAMED = "(m.service <> '' OR m.offer_id <> '')"
_SUMS = ("placed", "completed", "value_cents")
_INTO = (
    f"INSERT INTO service_totals (partner_id, month, service, offer_id, {', '.join(_SUMS)}) SELECT"
)
# Most orders end in the month they were placed in. Their groups are sums as they stand, in order;
# the few others are added to them.
_IN_ONE_MONTH = f"""
{_INTO} m.partner_id, m.placed_month, m.service, m.offer_id, m.placed, m.completed, m.value_cents
FROM per_months m {{join}} WHERE m.outcome_month = m.placed_month AND {_NAMED}
"""
_ADDED = f"""
{_INTO} m.partner_id, m.{{month}}, m.service, m.offer_id, {{sums}}
FROM per_months m {{join}} WHERE m.outcome_month <> m.placed_month AND {_NAMED} {{only}}
GROUP BY m.partner_id, m.{{month}}, m.service, m.offer_id
ON CONFLICT (partner_id, month, service, offer_id) DO UPDATE SET
{", ".join(f"{name} = service_totals.{name} + excluded.{name}" for name in _SUMS)}
"""


def add_up(connection: Connection, join: Callable[[str], str]) -> None:
    """Store the totals of what the temporary table `per_months m` has; those before are gone.

    `join`: leaves out the months that are not counted, given the name of the column.
    """
    connection.exec_driver_sql(_IN_ONE_MONTH.format(join=join("placed_month")))
    for month, sums, only in (
        ("placed_month", "SUM(m.placed), 0, 0", ""),
        ("outcome_month", "0, SUM(m.completed), SUM(m.value_cents)", "AND m.completed > 0"),
    ):
        connection.exec_driver_sql(
            _ADDED.format(month=month, sums=sums, only=only, join=join(month))
        )
