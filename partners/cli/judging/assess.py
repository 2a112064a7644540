"""`partners assess`: hold partners against the standards of their tier, now or as of a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any

import typer
from babel import Locale
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.paging import Limit, print_tables
from partners.cli.printing import styled
from partners.cli.progress import Step, progress
from partners.domain.judging.assessment import Assessment, Finding, Verdict
from partners.domain.judging.coverage import Coverage
from partners.domain.policy.policy import Policy
from partners.domain.time.calendar import Month
from partners.errors import UserError
from partners.mail.words import wording
from partners.mail.words.locales import NBSP
from partners.store.judging import facts, window_sums
from partners.store.judging.aside import in_halves
from partners.store.judging.judging import Judge
from partners.store.judging.window_sums import Enrolled
from partners.store.policy import policies

Cells = tuple[str | Text, ...]
LOCALE = Locale("en")
COLOURS = {Verdict.PASSING: "green", Verdict.BELOW: "red", Verdict.INSUFFICIENT: "yellow"}


@dataclass(frozen=True)
class Judged:
    """One partner's assessment; None, with the reason, for a partner who cannot be judged."""

    partner_id: str
    tier: str | None
    assessment: Assessment | None
    reason: str = ""


@dataclass(frozen=True)
class Basis:
    """What the assessments rest on."""

    policy: Policy
    version: int
    last: Month
    day: date


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
    with common.database() as database, database.snapshot() as session:
        now = common.program_now(database)
        version, policy = policies.required(session, now)
        calendar = calendar_of(policy)
        day = _day(as_of, calendar.day_of(now))
        last = calendar.newest_settled_month(day, policy.feed.settling_days)
        _warn_of_stale_feed(facts.coverage(session), policy, day)
        judge = Judge.of(session, policy, last, day)
        named = _known(session, partner or [])
        total = len(named) or window_sums.count_enrolled(session)
        basis = Basis(policy, version, last, day)
        with progress("judging partners", total) as step:
            judged = _judge(session, judge, named, step)
            if as_json:
                common.out.write_json_array(_objects(islice(judged, limit), basis))
            else:
                print_table(judged, basis, limit)


def _day(as_of: datetime | None, today: date) -> date:
    day = as_of.date() if as_of else today
    if day > today:
        raise UserError(f"--as-of {day} is in the future; name a day until {today}")
    return day


def _warn_of_stale_feed(coverage: Coverage, policy: Policy, day: date) -> None:
    age = coverage.age_days(day)
    if age is None:
        common.warn(f"the feed covers no day before {day}; run: partners import orders FILE")
    elif age > policy.feed.max_age_days:
        newest = coverage.newest_day_until(day)
        common.warn(
            f"the feed is stale: the last day it covers before {day} is {newest}; a review would "
            "judge nobody (run: partners import orders FILE)"
        )


def _known(session: Session, named: Collection[str]) -> list[Enrolled]:
    """The partners who are named, by id. Raises UserError for those that do not exist."""
    found = window_sums.named_partners(session, named) if named else []
    unknown = set(named) - {partner.partner_id for partner in found}
    if unknown:
        ids = ", ".join(sorted(unknown))
        raise UserError(f"unknown partner {ids}; run: partners import partners FILE")
    return found


def _judge(session: Session, judge: Judge, named: list[Enrolled], step: Step) -> Iterator[Judged]:
    """Judge the named partners, or everybody in a tier; by partner's id, a page at a time."""
    pages = ([one] for one in named) if named else window_sums.all_pages(session)
    keys = {tier.key for tier in judge.policy.tiers}
    for page in pages:
        in_tiers = [one for one in page if one.tier in keys]
        done, aside = in_halves(in_tiers, lambda some: judge.assessments(session, some))
        known = {who: assessment for some in done for who, assessment in some.items()}
        why = {who: f"cannot be judged: {reason}" for who, reason in aside}
        for one in page:
            assessment = known.get(one.partner_id)
            reason = "" if assessment else why.get(one.partner_id) or _why_not(one)
            yield Judged(one.partner_id, one.tier, assessment, reason)
            step()


def _why_not(one: Enrolled) -> str:
    return f"the policy has no tier {one.tier!r}" if one.tier else "not enrolled in a tier"


def _objects(judged: Iterable[Judged], basis: Basis) -> Iterator[dict[str, Any]]:
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


def print_table(judged: Iterable[Judged], basis: Basis, limit: int | None = None) -> None:
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


def _add(table: Table, one: Judged, policy: Policy) -> None:
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
