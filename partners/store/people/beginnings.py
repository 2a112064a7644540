"""Partners, offers and tiers for the shell's completion: what is read at each press of the tab key.

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
    return _ids(url, "partners", "partner_id", beginning)


def offers(url: str, beginning: str) -> list[tuple[str, str]]:
    """As `partners`, of offers."""
    return _ids(url, "offers", "offer_id", beginning)


def _ids(url: str, table: str, key: str, beginning: str) -> list[tuple[str, str]]:
    values: tuple[str, ...]
    if _is_sqlite(url):
        where, values = f"{key} >= ? AND {key} < ?", (beginning, beginning + _AFTER)
    else:  # whose index may be in a language's order
        where, values = f"starts_with({key}, %s)", (beginning,)
    order = f"ORDER BY {key} LIMIT {MOST}"
    rows = _asked(url, f"SELECT {key}, name FROM {table} WHERE {where} {order}", values)
    return [(str(row[0]), str(row[1])) for row in rows]


def tiers(url: str) -> list[tuple[str, str]]:
    """Keys and labels of the newest policy's tiers, lowest first."""
    newest = "SELECT content FROM policies ORDER BY version DESC LIMIT 1"
    contents = [_json(row[0]) for row in _asked(url, newest)]
    return [
        (tier["key"], tier.get("name") or "") for content in contents for tier in content["tiers"]
    ]


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
