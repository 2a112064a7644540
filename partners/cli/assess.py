"""`partners assess`: hold partners against the standards of their tier, now or as of a day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from babel import Locale
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.cli import common
from partners.domain.assessment import Assessment, Finding, Verdict, assess_months
from partners.domain.calendar import Month, ProgramCalendar
from partners.domain.coverage import Coverage
from partners.domain.policy import Policy
from partners.errors import UserError
from partners.mail import wording
from partners.mail.locales import NBSP
from partners.store import facts
from partners.store.histories import histories
from partners.store.program_tables import PartnerRow

LOCALE = Locale("en")
COLOURS = {Verdict.PASSING: "green", Verdict.BELOW: "red", Verdict.INSUFFICIENT: "yellow"}


@dataclass(frozen=True)
class Judged:
    """One partner's assessment; None, with the reason, for a partner who cannot be judged."""

    partner_id: str
    tier: str | None
    assessment: Assessment | None
    reason: str = ""


def assess(
    partner: Annotated[list[str] | None, typer.Argument(help="Default: all in a tier.")] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], callback=common.real_day, metavar="DATE", help="Default: today."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array on stdout.")] = False,
) -> None:
    """Hold partners against their tier's standards, on the newest settled month.

    Changes nothing and mails nobody.
    """
    with common.database() as database, database.read() as session:
        version, policy = common.policy_in_force(session)
        calendar = calendar_of(policy)
        day = _day(as_of, calendar.day_of(common.program_now(database)))
        last = calendar.newest_settled_month(day, policy.feed.settling_days)
        _warn_of_stale_feed(facts.coverage(session), policy, day)
        judged = list(_judge(session, policy, calendar, sorted(set(partner or [])), last, day))
    if as_json:
        print_json(judged, day, version)
    else:
        print_table(judged, policy, last, day, version)


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


def _judge(
    session: Session,
    policy: Policy,
    calendar: ProgramCalendar,
    named: list[str],
    last: Month,
    day: date,
) -> Iterator[Judged]:
    """Judge the named partners, or everybody in a tier; ordered by partner."""
    query = select(PartnerRow.partner_id, PartnerRow.tier).order_by(PartnerRow.partner_id)
    query = query.where(PartnerRow.partner_id.in_(named) if named else PartnerRow.tier.is_not(None))
    tiers = dict(session.execute(query).all())
    unknown = [partner_id for partner_id in named if partner_id not in tiers]
    if unknown:
        raise UserError(f"unknown partner {', '.join(unknown)}; run: partners import partners FILE")
    since: dict[str, date | None] = {
        partner_id: history.since(policy.review.judge_from)
        for partner_id, history in histories(session, calendar, named or None).items()
        if partner_id in tiers
    }
    known = facts.monthly_facts(session, list(tiers), policy, last, since)
    for partner_id, key in tiers.items():
        tier = policy.tier(key) if key else None
        if tier is None:
            reason = f"the policy has no tier {key!r}" if key else "not enrolled in a tier"
            yield Judged(partner_id, key, None, reason)
        else:
            criteria = tier.keep_standards.values()
            assessment = assess_months(policy, criteria, known[partner_id], last, day)
            yield Judged(partner_id, key, assessment)


def print_json(judged: list[Judged], day: date, version: int) -> None:
    """A JSON array, one object a partner; partners who cannot be judged are named on stderr."""
    objects = []
    for one in judged:
        if one.assessment is None:
            common.warn(f"{one.partner_id}: {one.reason}")
            continue
        objects.append(
            {
                "partner_id": one.partner_id,
                "tier": one.tier,
                "verdict": one.assessment.verdict.value,
                "as_of": day.isoformat(),
                "policy_version": version,
                "findings": [_finding_json(finding) for finding in one.assessment.findings],
            }
        )
    typer.echo(json.dumps(objects, indent=2))


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


def print_table(judged: list[Judged], policy: Policy, last: Month, day: date, version: int) -> None:
    """One row a criterion, the verdict in colour."""
    title = f"As of {day}, on months until {last}, by policy version {version}"
    table = Table("partner", "tier", "verdict", "criterion", "actual", "required", "sample")
    table.title = title
    for one in judged:
        if one.assessment is None:
            table.add_row(one.partner_id, one.tier or "–", one.reason)
            continue
        rows = [_finding_cells(policy, finding) for finding in one.assessment.findings]
        verdict = _coloured(one.assessment.verdict)
        for number, cells in enumerate(rows or [("nothing to keep", "", "", "")]):
            first = (one.partner_id, one.tier or "–", verdict) if number == 0 else ("", "", "")
            table.add_row(*first, *cells)
        table.add_section()
    common.out.print(table if judged else "Nobody is enrolled in a tier.")


def _finding_cells(policy: Policy, finding: Finding) -> tuple[str, str, str, str]:
    actual, required = (
        words(finding, policy, LOCALE).replace(NBSP, " ")
        for words in (wording.measured, wording.required)
    )
    return (
        wording.label(finding.metric, policy),
        f"[{COLOURS[finding.verdict]}]{actual}[/]",
        required,
        f"{finding.sample} of {finding.min_sample}"
        if finding.verdict is Verdict.INSUFFICIENT
        else str(finding.sample),
    )


def _coloured(verdict: Verdict) -> str:
    return f"[{COLOURS[verdict]}]{verdict.value}[/]"
