"""What a program begins with: a policy with its own facts, and sample files to import."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from partners.domain.time.calendar import Month
from partners.policy_file import PolicyError, Problem, default_policy_path, read_policy

POLICY = "program.toml"
METRIC = "support_score"
"""A metric of one's own, which the sample policy has in comments, and the sample files feed."""


@dataclass(frozen=True)
class Facts:
    """What a policy must know of whoever runs the program."""

    provider: str = "Example Provider"
    contact: str = "partners@example.com"
    zone: str = "UTC"
    language: str = "en"


KEYS = {
    "provider": "program.provider",
    "contact": "program.contact_email",
    "zone": "program.time_zone",
    "language": "program.language",
}
"""Under which key of the policy each fact stands."""


def policy_text(facts: Facts) -> str:
    """The sample policy, comments and all, with these facts and the metric of the samples."""
    text = default_policy_path().read_text(encoding="utf-8")
    for name, key in KEYS.items():
        text = _with(text, key.removeprefix("program."), f'"{_escaped(getattr(facts, name))}"')
    text = _with(text, "emails", f'["{_escaped(facts.contact)}"]')
    of_metric = re.compile(rf"^# (?=\[metrics\.{METRIC}\]|label = \"Support score\"|unit = )", re.M)
    return of_metric.sub("", text)


def _with(text: str, key: str, value: str) -> str:
    """The text with another value for a key; its comment stays in its column where it can."""

    def line(found: re.Match[str]) -> str:
        column = len(found["before"])
        return f"{f'{key} = {value}'.ljust(column - 1)} {found['comment']}".rstrip()

    pattern = rf"^(?P<before>{key} = (?:\".*?\"|\[.*?\]) *)(?P<comment>.*)$"
    changed, times = re.subn(pattern, line, text, count=1, flags=re.M)
    assert times == 1, key
    return changed


def _escaped(words: str) -> str:
    """As between TOML's quotes, which are JSON's; DEL is the one that JSON leaves as it is."""
    return json.dumps(words, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007F")


def problems(facts: Facts) -> dict[str, Problem]:
    """What is wrong with which fact."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / POLICY
        path.write_text(policy_text(facts), encoding="utf-8")
        try:
            read_policy(path)
        except PolicyError as error:
            wrong = {problem.key: problem for problem in error.problems}
            return {name: wrong[key] for name, key in KEYS.items() if key in wrong}
    return {}


def files(facts: Facts, today: date) -> dict[str, str]:
    """Every file by its name, with its text."""
    return {
        POLICY: policy_text(facts),
        "partners.csv": _csv(_partners(today)),
        "orders.csv": _csv(_orders(today)),
        "metrics.csv": _csv(_metrics(today)),
    }


SAMPLES = {"acme": ("Acme Trading", 14), "birch": ("Birch & Sons", 6), "cedar": ("Cedar Books", 11)}
"""Each with a name, and how many orders a month: the second is below the standards."""
MONTHS = 7
"""Whole months of orders before this one: one more than the longest window of the policy."""

Row = tuple[object, ...]


def _partners(today: date) -> Iterator[Row]:
    yield ("partner_id", "name", "email", "tier", "kind", "joined_on")
    joined_on = Month.of(today).plus(-24).first_day
    for partner_id, (name, _) in SAMPLES.items():
        address = f"hello@{partner_id}.example"
        yield (partner_id, name, address, "preferred", "reseller", joined_on)


def _orders(today: date) -> Iterator[Row]:
    """Evenly over each month, the last of them yesterday's; every other one is rated."""
    yield (
        *("order_id", "partner_id", "placed_at", "status", "value", "rating"),
        *("service", "postal_code"),
    )
    first = Month.of(today).plus(-MONTHS)
    for partner_id, (_, a_month) in SAMPLES.items():
        number = 0
        for back in range(MONTHS + 1):
            month = first.plus(back)
            length = (month.plus(1).first_day - month.first_day).days
            for n in range(a_month):
                day = month.first_day + timedelta(days=n * length // a_month)
                if day < today:
                    number += 1
                    rating = 5 if number % 2 else ""
                    at = f"{day}T12:00:00Z"
                    service = "installation" if number % 3 else "maintenance"
                    row = (f"{partner_id}-{number}", partner_id, at, "completed", "80.00", rating)
                    yield (*row, service, 10115 + number % 4)


def _metrics(today: date) -> Iterator[Row]:
    yield ("partner_id", "month", "metric", "value", "sample")
    for back in (3, 2, 1):
        for number, partner_id in enumerate(SAMPLES):
            yield (partner_id, Month.of(today).plus(-back), METRIC, 90 - 5 * number, 20)


def _csv(rows: Iterable[Row]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()
