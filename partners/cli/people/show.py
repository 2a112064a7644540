"""`partners show`: one partner: standing, tier, newest case, decisions, notices, notes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from activities.judging.gathering import CaseFile
from activities.judging.outlook import prospects
from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.cases import cases as cases_cli
from partners.cli.paging import Json
from partners.cli.printing import styled
from partners.cli.responses import responses
from partners.domain.overrides.command_limits import MOST_DAYS, why_too_far
from partners.domain.record.standing import Standing
from partners.errors import UserError
from partners.mail.words.wording import ENGLISH, label, measured, required
from partners.store.cases import cases
from partners.store.judging import appraisals
from partners.store.overrides import appeals, overrides
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.record import standings
from partners.store.tables.case_tables import CaseRow
from partners.store.tables.findings import from_json
from partners.store.tables.mail_tables import OutboxRow
from partners.store.tables.program_tables import PartnerRow

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
    partner: cases_cli.PartnerArgument,
    as_json: Json = False,
    recover_by: RecoverBy = None,
    extend_by: ExtendBy = None,
) -> None:
    """Show a partner: standing, tier, newest case, what comes next, decisions, notices, notes."""
    recovers = common.last_day(recover_by)
    with common.database() as database, database.read() as session:
        row = known_partner(session, partner)
        case = cases.newest_case_of(session, partner)
        now = common.program_now(database)
        coming = _coming(session, case, now, recovers, extend_by)
        if as_json:
            everything = _everything(session, row, case, now) | {"next": coming}
            common.out.write_json(everything)
            return
        standing = _standing(session, partner, now)
        about = f"tier {row.tier or 'none'} · {standing.label} · {row.kind}"
        common.out.print(styled(partner, "bold").append(f" · {about}"))
        if case is None:
            common.out.print("No case so far.")
        else:
            _print_case(session, case)
        _print_overrides(session, partner, now)
        _print_coming(coming)
        _print_decisions(session, partner)
        if case is not None:
            _print_notices(session, case)
        responses.print_steps(session, partner)
        _print_notes(session, partner)


def _coming(
    session: Session,
    case: CaseRow | None,
    now: datetime,
    recover_by: date | None,
    extend_by: int | None,
) -> dict[str, list[str]]:
    """What comes of the open case, by assumption; nothing without one."""
    if why := why_too_far(recover_by, now.date()):
        raise UserError(f"--recover-by: {why}")
    if case is None or case.closed_at is not None:
        return {}
    file = CaseFile.of(session, case.case_id, now)
    appealed = overrides.touched(session, case).appealed
    found = prospects(file, recover_by, extend_by, appealed=appealed)
    return {prospect.condition: list(prospect.steps) for prospect in found}


def _print_coming(coming: dict[str, list[str]]) -> None:
    for condition, steps in coming.items():
        common.out.print(f"{condition[:1].upper()}{condition[1:]}:", style="bold")
        for line in steps:
            common.out.print(f"  {line}")


def _print_overrides(session: Session, partner_id: str, now: datetime) -> None:
    """What people have said that holds now, and the appeal that is open."""
    policy = policies.in_force_at(session, now)
    if policy is None:
        return
    for row in overrides.in_force(session, partner_id, calendar_of(policy[1]).day_of(now)):
        until = f" until {row.until_day}" if row.until_day else ""
        offers = f" {', '.join(row.offers)}" if row.offers else ""
        words = f"{row.kind}{offers}{until}, by {row.who}: {row.reason}"
        common.out.print(f"Override: {words}")
    if (appeal := appeals.open_appeal(session, partner_id)) is not None:
        words = f"since {appeal.opened_at:%Y-%m-%d}, by {appeal.opened_by}: {appeal.reason}"
        common.out.print(f"Appeal {words}")


def _standing(session: Session, partner_id: str, now: datetime) -> Standing:
    return standings.current(session, [partner_id], now)[partner_id].standing


def _everything(
    session: Session, partner: PartnerRow, case: CaseRow | None, now: datetime
) -> dict[str, Any]:
    decisions = cases.decisions_of(session, partner.partner_id)
    return {
        "partner_id": partner.partner_id,
        "tier": partner.tier,
        "standing": _standing(session, partner.partner_id, now),
        "tier_since": partner.tier_since.isoformat() if partner.tier_since else None,
        "case": None if case is None else cases_cli.summary(case),
        "findings": [] if case is None else case.latest or case.findings,
        "decisions": [
            {
                "at": d.at.isoformat(),
                "step": d.step,
                "result": d.result,
                "actor": d.actor,
                "reason": d.reason,
                "policy_version": d.policy_version,
            }
            for d in decisions
        ],
        "steps": responses.steps_json(session, partner.partner_id),
        "notes": [
            {"at": n.written_at.isoformat(), "type": n.type, "by": n.who, "text": n.text}
            for n in appraisals.notes_of(session, partner.partner_id)
        ],
    }


def _print_case(session: Session, case: CaseRow) -> None:
    policy = policies.load(session, case.policy_version)
    state = case.outcome or (f"on hold: {case.hold_reason}" if case.hold_reason else case.status)
    deadline = f" · deadline {case.deadline}" if case.deadline else ""
    common.out.print(f"Case {case.case_id}:", styled(state, "bold"), end="")
    common.out.print(deadline)
    if case.hold_detail:
        common.out.print(case.hold_detail)
    table = Table("criterion", "measured", "required", "sample", "verdict")
    for finding in from_json(case.latest or case.findings):
        table.add_row(
            label(finding.metric, policy),
            measured(finding, policy, ENGLISH),
            required(finding, policy, ENGLISH),
            str(finding.sample),
            finding.verdict,
        )
    common.out.print(table)


def _print_decisions(session: Session, partner_id: str) -> None:
    decisions = cases.decisions_of(session, partner_id)
    steps = Table("when", "step", "result", "by")
    for d in decisions[-DECISIONS_MOST:]:
        by = f"{d.actor}: {d.reason}" if d.reason else d.actor.split(" ")[0]
        steps.add_row(f"{d.at:%Y-%m-%d %H:%M}", d.step, d.result, by)
    if len(decisions) > DECISIONS_MOST:
        common.out.print(f"The latest {DECISIONS_MOST} of {len(decisions)} decisions:")
    if decisions:
        common.out.print(steps)


def _print_notices(session: Session, case: CaseRow) -> None:
    notices = Table("notice", "state", "when", "subject")
    query = select(OutboxRow).where(OutboxRow.case_id == case.case_id)
    for m in session.scalars(query.order_by(OutboxRow.outbox_id)):
        notices.add_row(m.kind, m.state, f"{m.rendered_at:%Y-%m-%d %H:%M}", m.subject)
    if notices.row_count:
        common.out.print(notices)


def _print_notes(session: Session, partner_id: str) -> None:
    """What people, and workflows, wrote down; the newest first."""
    notes = Table("noted", "about", "by", "text")
    for n in appraisals.notes_of(session, partner_id):
        by = n.who.split(" ")[0] if n.who.startswith("workflow ") else n.who
        type_ = n.type.label
        notes.add_row(f"{n.written_at:%Y-%m-%d}", type_, by, n.text)
    if notes.row_count:
        common.out.print(notes)
