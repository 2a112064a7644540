"""`partners policy`: check a file, look at what was accepted. Publishing: `policy_publish`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from babel import Locale
from rich.table import Table

from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.bounds import MOST
from partners.cli.paging import Json, Limit, print_list
from partners.domain.number_words import number_of
from partners.domain.policy.metrics import Unit
from partners.domain.policy.policy import Criterion, Policy, Tier
from partners.domain.policy.policy_days import WEEKDAYS
from partners.domain.policy.response_policy import OnSerious
from partners.domain.policy.sections.track_policy import Track, TrackStep
from partners.domain.time.calendar import hour_of_every_day
from partners.errors import SetupError
from partners.loading import on_use
from partners.policy_file import read_policy

with on_use():
    from partners.cli.offers import incentives
    from partners.mail import unsaid
    from partners.mail.words import policy_texts
    from partners.use_cases.policy import partner_languages, versions

if TYPE_CHECKING:
    from partners.use_cases.policy.versions import Accepted

_ON_SERIOUS = {
    OnSerious.STAFF: "waits for a person: partners inbox",
    OnSerious.BLOCK: "blocks the partner at once",
}
PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A policy, such as program.toml.")]


def check(file: PolicyFile) -> None:
    """Say what a policy file means, or everything that is wrong with it. Changes nothing."""
    policy, _ = read_policy(file)
    common.out.print(f"{file} is a valid policy.")
    describe(policy)
    for line in text_warnings(policy, _spoken()):
        common.warn(line)


def _spoken() -> dict[str, int]:
    """The languages of the partners on record; none where there is no record yet."""
    try:
        with common.asking() as by:
            return partner_languages.spoken(by)
    except SetupError:
        return {}


def text_warnings(policy: Policy, spoken: Mapping[str, int]) -> Iterator[str]:
    """What partners of these languages will read in another one, and texts that nobody reads."""
    for lack in unsaid.unsaid(policy, spoken):
        readers = "1 partner reads" if lack.partners == 1 else f"{lack.partners} partners read"
        yield (
            f"{readers} {lack.language}, and these words are not in it: {', '.join(lack.what)}; "
            f"add them under texts.{lack.language} (docs/mail-templates.md)"
        )
    for language in unsaid.unread(policy):
        yield f"texts.{language} is read by nobody: no e-mails come in that language"


def list_versions(as_json: Json = False, limit: Limit = None) -> None:
    """Every accepted version, oldest first: from when it is in force, who accepted it, why."""
    with common.asking() as by:
        print_list(
            "versions",
            versions.every(by),
            lambda: Table("version", "accepted", "by", "in force", "why", "hash"),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No policy has been accepted yet; run: partners setup",
        )


def _add(table: Table, row: Accepted) -> None:
    table.add_row(
        str(row.version),
        f"{row.accepted_at:%Y-%m-%d %H:%M} UTC",
        row.accepted_by,
        _in_force(row),
        row.why,
        row.sha256[:12],
    )


def _facts(row: Accepted) -> dict[str, Any]:
    return {
        "version": row.version,
        "accepted_at": row.accepted_at.isoformat(),
        "accepted_by": row.accepted_by,
        "is_in_force": row.is_in_force,
        "from_day": row.from_day.isoformat() if row.from_day else None,
        "replaced_by": row.replaced_by,
        "why": row.why,
        "sha256": row.sha256,
    }


def _in_force(row: Accepted) -> str:
    """`now`, `from 2026-12-01`, `until replaced`, or that it never was."""
    if row.is_in_force:
        return "now"
    if row.replaced_by is not None:
        return f"never: replaced by {row.replaced_by}"
    return f"from {row.from_day}" if row.from_day else "was"


def show(
    version: Annotated[
        int | None, typer.Argument(max=MOST, help="Default: the one in force.")
    ] = None,
) -> None:
    """What a version means: the one in force, or the one with that number."""
    with common.asking() as by:
        found = versions.in_force(by) if version is None else versions.version(by, version)
    common.out.print(f"Policy version {found.number}")
    describe(found.policy)


def describe(policy: Policy) -> None:
    """Print a policy in words: the ladder, then the settings that matter most."""
    program, grace, guard = policy.program, policy.grace, policy.guard
    recovery, settling = number_of(grace.recovery_days, "day"), policy.feed.settling_days
    weekend = calendar_of(policy).weekend
    common.out.print(f"{program.name} of {program.provider}", style="bold")
    common.out.print(_ladder(policy))
    reminders = ", ".join(str(days) for days in grace.reminders) or "none"
    for words, value in {
        "Days and months are counted in": program.time_zone,
        "Weekend": ", ".join(WEEKDAYS[day].capitalize() for day in sorted(weekend)),
        "Holidays": ", ".join(
            [*filter(None, [program.holiday_calendar]), *map(str, program.holidays)]
        )
        or "none",
        "Grace period": f"{number_of(grace.days, 'day')} after the accepted warning",
        "Reminders, days before the deadline": reminders,
        "Recovery": f"cured over {recovery}, held for {grace.recovery_hold_days}",
        "Months are judged": f"{number_of(settling, 'day')} after they end",
        "Judged from": str(policy.review.judge_from or "the first month on record"),
        "Guard, in 7 days": f"{number_of(guard.max_partners, 'partner')} or "
        f"{guard.max_share:.0%} of the program, and always {guard.always_allow}",
        "A check-in is remembered": number_of(policy.response.repeat_within_days, "day"),
        "A serious complaint": _ON_SERIOUS[policy.complaints.serious],
        "Re-entry": f"{number_of(policy.ladder.reentry_days, 'day')} after being moved out",
        "Stricter standards are told": f"{number_of(program.notice_days, 'day')} before they apply",
        "Promotions are approved by": policy.promotion.approval,
        "Referrals": referral_words(policy),
        "Tracks": "; ".join(map(track_words, policy.tracks.values())) or "none",
        "Acted upon": ", ".join(policy.enrolment.launch_group) or "everybody",
        "Staff": ", ".join(policy.staff.emails),
    }.items():
        common.out.print(f"  {words}: {value}")
    for words in _benefits(policy):
        common.out.print(f"  {words}", soft_wrap=True)
    hour = hour_of_every_day(program.zone, program.office_hour)
    if hour != program.office_hour:
        common.warn(
            f"program.office_hour: when clocks go forward in {program.time_zone}, there is no "
            f"{program.office_hour} o'clock; so schedules start reviews at {hour} o'clock all year"
        )


def _benefits(policy: Policy) -> Iterator[str]:
    """What each tier gives as partners read it, its terms of offers where that does not say, and
    what it pays back."""
    for tier in policy.tiers:
        if words := policy_texts.given(tier):
            yield f"What {tier.label} gives: {'; '.join(words)}"
        if tier.benefits and (terms := "; ".join(policy_texts.offered(tier, Locale("en")))):
            yield f"Offers for {tier.label}: {terms}"
        if tier.incentive is not None:
            paid = incentives.terms_words(tier.incentive, policy.program.currency)
            yield f"Incentive of {tier.label}: {paid}"


def _ladder(policy: Policy) -> Table:
    table = Table("tier", "to enter", "to keep", "below leads", title="Tiers, lowest first")
    for tier in policy.tiers:
        below = policy.tier_below(tier.key)
        table.add_row(
            f"{tier.label} ({tier.kind})",
            _to_enter(policy, tier) or "open to all",
            _standards(policy, tier.keep_standards.values()) or "nothing",
            _removal(tier, below),
        )
    return table


def _removal(tier: Tier, below: Tier | None) -> str:
    if not tier.keep_standards:
        return "–"
    return f"to {below.label}" if below else "out of the program"


def _to_enter(policy: Policy, tier: Tier) -> str:
    """The enter standards, and the qualities that people must have appraised as met."""
    known = (policy.quality(name) for name in tier.requires)
    qualities = (f"{quality.label}, appraised by people" for quality in known if quality)
    standards = _standards(policy, tier.enter.values())
    return "\n".join([*filter(None, [standards]), *qualities])


def _standards(policy: Policy, criteria: Iterable[Criterion]) -> str:
    return "\n".join(criterion_words(policy, criterion) for criterion in criteria)


def referral_words(policy: Policy) -> str:
    """The terms of referring in a line."""
    terms = policy.referral
    if terms is None:
        return "nobody refers"
    pays, currency = terms.compensation, policy.program.currency
    if pays is None:
        money = "unpaid"
    elif pays.bounty is not None:
        money = f"each pays {pays.bounty} {currency}"
    else:
        cap = f", at most {pays.cap} {currency}" if pays.cap is not None else ""
        money = f"each pays {(pays.share or 0) * 100:.4g} % of the purchase{cap}"
    entry = policy.entry_tier
    return (
        f"{number_of(terms.successes, 'purchase')} within "
        f"{number_of(terms.window_days, 'day')}, to "
        f"{entry.label if entry else 'no tier'}, approved by: {terms.approval}; {money}, held "
        f"{number_of(terms.holding_days, 'day')}"
    )


def track_words(track: Track) -> str:
    """`Getting started: Kick-off call within 7 days, Exam (recommended, counts 12 months)`."""
    return f"{track.label}: {', '.join(map(_step_words, track.steps))}"


def _step_words(step: TrackStep) -> str:
    due = f" within {number_of(step.due_days, 'day')}" if step.due_days is not None else ""
    more = [] if step.required else ["recommended"]
    if step.expires_months:
        more.append(f"counts {number_of(step.expires_months, 'month')}")
    return f"{step.label}{due} ({', '.join(more)})" if more else f"{step.label}{due}"


def criterion_words(policy: Policy, criterion: Criterion) -> str:
    """`Acceptance rate at least 90 % over 3 months, sample 10; a check-in before a warning`."""
    metric = policy.metric(criterion.metric)
    bound = criterion.bound.replace("_", " ")
    words = f"{metric.label} {bound} {common.quantity(criterion.required, metric.unit)}"
    if metric.unit is Unit.MONTHS:
        return f"{words} months"
    months = number_of(criterion.window_months, "month")
    sample = policy.min_sample(criterion)
    first = "; a check-in before a warning" if criterion.checks_in_first else ""
    return f"{words} over {months}" + (f", sample {sample}" if sample > 1 else "") + first
