"""`partners assess`: hold partners against the standards of their tier, now or as of a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any

import typer
from babel import Locale
from rich.table import Table
from rich.text import Text

from partners.cli import common
from partners.cli.paging import Limit, print_tables
from partners.cli.printing import styled
from partners.domain.judging.assessment import Finding, Verdict
from partners.domain.policy.policy import Policy
from partners.mail.words import wording
from partners.mail.words.locales import NBSP
from partners.use_cases.judging import assessing
from partners.use_cases.judging.assessing import Basis, Held

Cells = tuple[str | Text, ...]
LOCALE = Locale("en")
COLOURS = {Verdict.PASSING: "green", Verdict.BELOW: "red", Verdict.INSUFFICIENT: "yellow"}


def assess(
    partner: Annotated[list[str] | None, typer.Argument(help="Default: all in a tier.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], callback=common.real_day, metavar="DATE", help="Default: today."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array on stdout.")] = False,
    limit: Limit = None,
) -> None:
    """Hold partners against their tier's standards, on the newest settled month.

    Changes nothing and mails nobody.
    """
    day = as_of.date() if as_of else None
    with common.asking() as by, assessing.assess(by, partner or [], day) as found:
        _warn_of_stale_feed(found.basis)
        if as_json:
            common.out.write_json_array(_objects(islice(found.partners, limit), found.basis))
        else:
            _print_table(found.partners, found.basis, limit)


def _warn_of_stale_feed(basis: Basis) -> None:
    day = basis.day
    age = basis.coverage.age_days(day)
    if age is None:
        common.warn(f"the feed covers no day before {day}; run: partners import orders FILE")
    elif age > basis.policy.feed.max_age_days:
        newest = basis.coverage.newest_day_until(day)
        common.warn(
            f"the feed is stale: the last day it covers before {day} is {newest}; a review would "
            "judge nobody (run: partners import orders FILE)"
        )


def _objects(judged: Iterable[Held], basis: Basis) -> Iterator[dict[str, Any]]:
    """An object for each partner; partners who cannot be judged are named on stderr."""
    for one in judged:
        if one.assessment is None:
            common.warn(f"{one.partner_id}: {one.reason}")
            continue
        yield {
            "partner_id": one.partner_id,
            "tier": one.tier,
            "verdict": one.assessment.verdict.value,
            "as_of": basis.day.isoformat(),
            "policy_version": basis.version,
            "findings": [_finding_json(finding) for finding in one.assessment.findings],
        }


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "metric": finding.metric,
        "actual": None if finding.actual is None else _number(finding.actual),
        "required": _number(finding.required),
        "sample": finding.sample,
        "verdict": finding.verdict.value,
    }


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _print_table(judged: Iterable[Held], basis: Basis, limit: int | None = None) -> None:
    """One row a criterion, the verdict in colour."""
    title = f"As of {basis.day}, on months until {basis.last}, by policy version {basis.version}"
    print_tables(
        lambda: Table(
            "partner", "tier", "verdict", "criterion", "actual", "required", "sample", title=title
        ),
        lambda table, one: _add(table, one, basis.policy),
        judged,
        limit=limit,
        nothing="Nobody is enrolled in a tier.",
        all_with="--json",
    )


def _add(table: Table, one: Held, policy: Policy) -> None:
    if one.assessment is None:
        table.add_row(one.partner_id, one.tier or "–", one.reason)
        return
    rows = [_finding_cells(policy, finding) for finding in one.assessment.findings]
    verdict = one.assessment.verdict
    first: Cells = (one.partner_id, one.tier or "–", styled(verdict.value, COLOURS[verdict]))
    for cells in rows or [("nothing to keep", "", "", "")]:
        table.add_row(*first, *cells)
        first = ("", "", "")
    table.add_section()


def _finding_cells(policy: Policy, finding: Finding) -> Cells:
    actual, required = (
        words(finding, policy, LOCALE).replace(NBSP, " ")
        for words in (wording.measured, wording.required)
    )
    return (
        wording.label(finding.metric, policy),
        styled(actual, COLOURS[finding.verdict]),
        required,
        f"{finding.sample} of {finding.min_sample}"
        if finding.verdict is Verdict.INSUFFICIENT
        else str(finding.sample),
    )
