"""The query language of the Email Logs API, `POST /v3/logs`, as far as it is documented.

Conditions joined by AND; `=` on sg_message_id, subject, to_email and reason; IN on status and
categories; `>`, `<`, `>=`, `<=` on sg_message_id_created_at, whose value is TIMESTAMP "…".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

EQUAL = ("sg_message_id", "subject", "to_email", "reason")
AMONG = ("status", "categories")
CREATED_AT = "sg_message_id_created_at"
MOST_CONDITIONS = 160

_TEXT = r"(?:'([^']*)'|\"([^\"]*)\")"
_EQUAL = re.compile(rf"(\w+)\s*=\s*{_TEXT}")
_AMONG = re.compile(r"(\w+)\s+IN\s+\(([^()]*)\)")
_TIME = re.compile(r"(\w+)\s*(>=|<=|>|<)\s*TIMESTAMP\s+\"([^\"]+)\"")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}

Condition = Callable[[dict[str, Any]], bool]


class BadQuery(ValueError):
    """A query that the API refuses; the message says why."""


def parse(query: str) -> list[Condition]:
    """The conditions of a query. Raises BadQuery."""
    parts = re.split(r"\s+AND\s+", query.strip()) if query.strip() else []
    if len(parts) > MOST_CONDITIONS:
        raise BadQuery(f"at most {MOST_CONDITIONS} conditions")
    return [_condition(part) for part in parts]


def _condition(part: str) -> Condition:
    if (found := _EQUAL.fullmatch(part)) and found[1] in EQUAL:
        field, wanted = found[1], found[2] if found[2] is not None else found[3]
        return lambda log: str(log[field]).lower() == wanted.lower()
    if (found := _AMONG.fullmatch(part)) and found[1] in AMONG:
        field, values = found[1], re.findall(r"'([^']*)'", found[2])
        return lambda log: (
            bool({log[field]} & set(values))
            if field == "status"
            else bool(set(log[field]) & set(values))
        )
    if (found := _TIME.fullmatch(part)) and found[1] == CREATED_AT:
        compare, moment = _COMPARE[found[2]], _moment(found[3])
        return lambda log: compare(_moment(log[CREATED_AT]), moment)
    raise BadQuery(f"cannot read the condition {part!r}")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"{text!r} is no time") from error
    if moment.tzinfo is None:
        raise BadQuery(f"{text!r} has no zone")
    return moment
