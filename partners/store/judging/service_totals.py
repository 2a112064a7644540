"""Totals per partner, month and service: which services a partner prefers.

They count as the monthly totals do, and are made with them: `placed` in the month of `placed_at`,
the others in that of `outcome_at`; excluded orders in `placed` only.
"""

from __future__ import annotations

from sqlalchemy import Connection

SERVICE = "COALESCE(o.service, '')"
OFFER = "CASE WHEN o.service IS NULL THEN COALESCE(o.offer_id, '') ELSE '' END"
"""Under which an order `o` counts: its own service, else its offer, else neither."""

_NAMED = "(service <> '' OR offer_id <> '')"
_ROLLUP = f"""
INSERT INTO service_totals (partner_id, month, service, offer_id, placed, completed, value_cents)
SELECT m.partner_id, m.month, m.service, m.offer_id,
       SUM(m.placed), SUM(m.completed), SUM(m.value_cents)
FROM (
    SELECT partner_id, placed_month AS month, service, offer_id,
           placed, 0 AS completed, 0 AS value_cents
    FROM per_months WHERE {_NAMED}
    UNION ALL
    SELECT partner_id, outcome_month, service, offer_id, 0, completed, value_cents
    FROM per_months WHERE {_NAMED} AND completed > 0
) m {{months}} GROUP BY m.partner_id, m.month, m.service, m.offer_id
"""


def add_up(connection: Connection, months: str = "") -> None:
    """Store the totals of what the temporary table `per_months` has of some months `m`, or of all.

    Those that stood there are gone already.
    """
    connection.exec_driver_sql(_ROLLUP.format(months=months))
