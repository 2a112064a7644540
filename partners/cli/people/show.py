"""`partners show`: one partner: standing, tier, newest case, decisions, notices, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common, refusals
from partners.cli.cases import cases
from partners.cli.paging import Json
from partners.cli.printing import styled
from partners.cli.responses import responses
from partners.domain.overrides.override import MOST_DAYS
from partners.loading import on_use

with on_use():
    from partners.cli.people import figures
    from partners.store.overrides import command_refusals
    from partners.store.tables import findings
    from partners.use_cases.people import partner_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partners.domain.cases.outlook import Prospect
    from partners.use_cases.people.partner_page import (
        CasePage,
        Decision,
        Note,
        NoticeFacts,
        PartnerPage,
    )

DECISIONS_MOST = 50
"""The latest decisions shown; `--json` has all."""


RecoverBy = Annotated[
    str | None,
    typer.Option("--recover-by", metavar="DATE", help="What if the numbers recover by then?"),
]
ExtendBy = Annotated[
    int | None,
    typer.Option("--extend-by", min=1, max=MOST_DAYS, help="What if I extend by so many days?"),
]


def show(
    partner: cases.PartnerArgument,
    as_json: Json = False,
    recover_by: RecoverBy = None,
    extend_by: ExtendBy = None,
) -> None:
    """Show a partner: standing, tier, newest case, what comes next, decisions, notices, notes.

    Without an open case: the newest figures. Also which services they prefer, and of a partner who
    refers: how far, and the money.
    """
    recovers = common.last_day(recover_by)
    with common.asking() as by:
        page = partner_page.partner_page(by, partner, recovers, extend_by)
    if as_json:
        common.out.write_json(_everything(page))
        return
    about = f"tier {page.tier or 'none'} · {page.standing.label} · {page.kind}"
    named = f" {page.name}" if page.name != partner else ""
    common.out.print(styled(partner, "bold").append(f"{named} · {about}"))
    if page.case is None:
        common.out.print("No case so far.")
    else:
        _print_case(page.case)
    if page.figures is not None:
        figures.print_figures(page.figures)
    if page.services is not None:
        figures.print_services(page.services)
    if page.referring is not None:
        figures.print_referring(page.referring)
    _print_overrides(page)
    _print_coming(page)
    _print_decisions(page.decisions)
    _print_notices(page.notices)
    responses.print_steps(page.steps, page.complaints)
    _print_notes(page.notes)


def _print_coming(page: PartnerPage) -> None:
    for prospect in page.coming:
        condition = prospect.condition
        common.out.print(f"{condition[:1].upper()}{condition[1:]}:", style="bold")
        for line in _steps(prospect):
            common.out.print(f"  {line}")


def _steps(prospect: Prospect) -> list[str]:
    if not prospect.beyond_policy:
        return list(prospect.steps)
    refused, *steps = prospect.steps
    return [
        refusals.words(command_refusals.GoesBeyondPolicy(refused.removeprefix("refused: "))),
        *steps,
    ]


def _print_overrides(page: PartnerPage) -> None:
    """What people have said that holds now, and the appeal that is open."""
    for word in page.words:
        until = f" until {word.until}" if word.until else ""
        offers = f" {', '.join(word.offers)}" if word.offers else ""
        common.out.print(f"Override: {word.kind}{offers}{until}, by {word.by}: {word.reason}")
    if (appeal := page.appeal) is not None:
        words = f"since {appeal.since:%Y-%m-%d}, by {appeal.by}: {appeal.reason}"
        common.out.print(f"Appeal {words}")


def _everything(page: PartnerPage) -> dict[str, Any]:
    return {
        "partner_id": page.partner_id,
        "name": page.name,
        "tier": page.tier,
        "standing": page.standing,
        "tier_since": page.tier_since.isoformat() if page.tier_since else None,
        "case": None if page.case is None else cases.summary(page.case.facts),
        "findings": [] if page.case is None else page.case.findings,
        "decisions": [
            {
                "at": d.at.isoformat(),
                "step": d.step,
                "result": d.result,
                "actor": d.actor,
                "reason": d.reason,
                "policy_version": d.policy_version,
            }
            for d in page.decisions
        ],
        "steps": responses.steps_json(page.steps),
        "notes": [
            {"at": n.at.isoformat(), "type": n.type, "by": n.by, "text": n.text} for n in page.notes
        ],
        "next": {prospect.condition: _steps(prospect) for prospect in page.coming},
        "figures": figures.figures_json(page.figures),
        "referring": figures.referring_json(page.referring),
        "services": figures.services_json(page.services),
    }


def _print_case(page: CasePage) -> None:
    case, policy = page.facts, page.policy
    state = case.outcome or (f"on hold: {case.hold_reason}" if case.hold_reason else case.status)
    deadline = f" · deadline {case.deadline}" if case.deadline else ""
    common.out.print(f"Case {case.case_id}:", styled(state, "bold"), end="")
    common.out.print(deadline)
    if page.hold_detail:
        common.out.print(page.hold_detail)
    common.out.print(figures.findings_table(findings.from_json(page.findings), policy))


def _print_decisions(decisions: Sequence[Decision]) -> None:
    steps = Table("when", "step", "result", "by")
    for d in decisions[-DECISIONS_MOST:]:
        by = f"{d.actor}: {d.reason}" if d.reason else d.actor.split(" ")[0]
        steps.add_row(f"{d.at:%Y-%m-%d %H:%M}", d.step, d.result, by)
    if len(decisions) > DECISIONS_MOST:
        common.out.print(f"The latest {DECISIONS_MOST} of {len(decisions)} decisions:")
    if decisions:
        common.out.print(steps)


def _print_notices(found: Sequence[NoticeFacts]) -> None:
    notices = Table("notice", "state", "when", "subject")
    for m in found:
        notices.add_row(m.kind, m.state, f"{m.rendered_at:%Y-%m-%d %H:%M}", m.subject)
    if notices.row_count:
        common.out.print(notices)


def _print_notes(found: Sequence[Note]) -> None:
    """What people, and workflows, wrote down; the newest first."""
    notes = Table("noted", "about", "by", "text")
    for n in found:
        by = n.by.split(" ")[0] if n.by.startswith("workflow ") else n.by
        notes.add_row(f"{n.at:%Y-%m-%d}", n.type.label, by, n.text)
    if notes.row_count:
        common.out.print(notes)
