"""Partners and tiers for the shell's completion: what is read at each press of the tab key.

Past SQLAlchemy, which alone takes longer to load than a person who presses a key waits (ADR 012):
two plain queries that read, on a connection of their own. A SQLite file that is not there stays so.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from partners.loading import by_name

MOST = 100
"""Nobody reads on; whoever means another one types a letter more."""
PATIENCE_SECONDS = 1
_AFTER = "\U0010ffff"  # after every other character, in the order of code points
_SQLITE, _POSTGRESQL = "sqlite", ("postgresql", "postgres")


def partners(url: str, beginning: str) -> list[tuple[str, str]]:
    """Ids that begin so, in order, with names. Raises whatever the database's library raises."""
    where, values = _begins(url, "partner_id", beginning)
    order = f"ORDER BY partner_id LIMIT {MOST}"
    rows = _asked(url, f"SELECT partner_id, name FROM partners WHERE {where} {order}", values)
    return [(str(row[0]), str(row[1])) for row in rows]


def areas(url: str, beginning: str) -> list[tuple[str, str]]:
    """Codes of areas that begin so, in order, with names."""
    where, values = _begins(url, "area_code", beginning)
    order = f"ORDER BY area_code LIMIT {MOST}"
    rows = _asked(url, f"SELECT area_code, name FROM areas WHERE {where} {order}", values)
    return [(str(row[0]), str(row[1])) for row in rows]


def exclusives(url: str, beginning: str, statuses: Sequence[str]) -> list[tuple[str, str]]:
    """Ids of exclusives that begin so, with their service; those that stand so, or all."""
    where, values = _begins(url, "exclusive_id", beginning)
    mark = "?" if _is_sqlite(url) else "%s"
    if statuses:
        where = f"{where} AND status IN ({', '.join([mark] * len(statuses))})"
    order = f"ORDER BY exclusive_id LIMIT {MOST}"
    query = f"SELECT exclusive_id, service FROM exclusives WHERE {where} {order}"
    return [(str(row[0]), str(row[1])) for row in _asked(url, query, (*values, *statuses))]


def tiers(url: str) -> list[tuple[str, str]]:
    """Keys and labels of the newest policy's tiers, lowest first."""
    newest = "SELECT content FROM policies ORDER BY version DESC LIMIT 1"
    contents = [_json(row[0]) for row in _asked(url, newest)]
    return [
        (tier["key"], tier.get("name") or "") for content in contents for tier in content["tiers"]
    ]


def _begins(url: str, column: str, beginning: str) -> tuple[str, tuple[str, ...]]:
    """The condition that a column begins so, and its values."""
    if _is_sqlite(url):
        return f"{column} >= ? AND {column} < ?", (beginning, beginning + _AFTER)
    return f"starts_with({column}, %s)", (beginning,)  # whose index may be in a language's order


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _is_sqlite(url: str) -> bool:
    return url.split(":")[0].split("+")[0] == _SQLITE


def _asked(url: str, query: str, values: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    driver, _, rest = url.partition("://")
    if _is_sqlite(url):
        file = Path(rest.partition("?")[0].removeprefix("/")).absolute()
        uri = f"{file.as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE_SECONDS)) as connection:
            return connection.execute(query, values).fetchall()
    if driver.split("+")[0] not in _POSTGRESQL:
        return []
    connect = by_name("psycopg:connect")
    with connect(f"postgresql://{rest}", connect_timeout=PATIENCE_SECONDS) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(query, values).fetchall()
        return rows
