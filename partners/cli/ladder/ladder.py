"""`partners candidates|approve|decline|add`: promotions, and people's word about them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from partners.cli import common
from partners.cli.paging import Limit, print_list
from partners.domain.ladder.ladder import CandidateState
from partners.domain.policy.policy import Policy
from partners.errors import SetupError, UserError
from partners.loading import on_use
from partners.mail.words import wording
from partners.store.cases import cases
from partners.store.engine.database import Database
from partners.store.judging import appraisals
from partners.store.ladder import ladder
from partners.store.people.known_partner import locked_partner
from partners.store.policy import policies
from partners.store.referrals import qualifications
from partners.store.tables.findings import from_json
from partners.store.tables.program_tables import PartnerRow
from partners.store.tables.review_tables import CandidateRow

with on_use():
    from partners.cli import referral_signals, signals
    from partners.temporal import running

if TYPE_CHECKING:
    from temporalio.client import Client

PartnerArgument = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
LOOK_SECONDS = 10.0
"""How long a command watches for its promotion to be carried out."""

Decide = Callable[[Session, datetime], CandidateRow]
"""Records a person's decision at a moment of program time; raises UserError to refuse."""


def list_candidates(
    as_json: Annotated[bool, typer.Option("--json", help="With all findings.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Those decided, too.")] = False,
    limit: Limit = None,
) -> None:
    """List who has earned a promotion and waits for a decision, those found first leading."""
    states = list(CandidateState) if everything else list(ladder.OPEN)
    with common.database() as database, database.read() as session:
        print_list(
            "candidates",
            ladder.candidates(session, states),
            lambda: Table("partner", "from", "to", "since", "found", "state"),
            lambda table, row: _add(session, table, row),
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No candidates." if everything else "No candidates wait.",
        )


def _facts(row: CandidateRow) -> dict[str, Any]:
    return {
        "partner_id": row.partner_id,
        "from_tier": row.from_tier,
        "to_tier": row.to_tier,
        "state": row.state,
        "proposed_at": row.proposed_at.isoformat(),
        "review_id": row.review_id,
        "policy_version": row.policy_version,
        "who": row.who,
        "reason": row.reason,
        "findings": row.findings,
    }


def _add(session: Session, table: Table, row: CandidateRow) -> None:
    policy = policies.load(session, row.policy_version)
    if row.findings:
        found = wording.summary(from_json(row.findings), policy)
    else:
        found = "by referrals" if qualifications.is_by_referrals(session, row) else "by hand"
    by = f"{row.state} by {row.who}: {row.reason}" if row.who else row.state
    since = f"{row.proposed_at:%Y-%m-%d}"
    table.add_row(row.partner_id, row.from_tier or "–", row.to_tier, since, found, by)


def approve(partner: PartnerArgument, reason: Reason, by: common.By) -> None:
    """Promote a candidate; the partner is told. Repeat it if it was interrupted."""
    _signed(by, reason)

    def decide(session: Session, now: datetime) -> CandidateRow:
        row = _free_partner(session, partner)
        if under_way := ladder.candidate_of(session, partner, ladder.UNDER_WAY):
            return under_way
        waiting = _waiting(session, partner)
        _, policy = policies.required(session, now)
        if why := ladder.why_not_now(session, waiting, row, policy, now):
            raise UserError(f"{partner} cannot be promoted to {waiting.to_tier} now: {why}")
        ladder.approve(session, waiting, by, reason, now)
        return waiting

    _carry_out(partner, decide)


def decline(partner: PartnerArgument, reason: Reason, by: common.By) -> None:
    """Decline a candidate. The partner is not told, and not proposed again for some time."""
    _signed(by, reason)
    with common.database() as database, database.write() as session:
        now = common.program_now(database)
        row = _waiting(session, partner)
        ladder.decline(session, row, by, reason, now)
        days = policies.required(session, now)[1].ladder.min_days_between_changes
        referrer = qualifications.is_by_referrals(session, row)
    if referrer:
        referral_signals.look_at_referrals([partner])
    common.out.print(
        f"Declined: {partner} stays in {row.from_tier or 'no tier'}. If it is still earned, a "
        f"review proposes it again after {days} days.",
    )


def add(
    partner: PartnerArgument,
    tier: Annotated[str, typer.Option("--tier", help="The key of the tier.")],
    notes: Annotated[str, typer.Option("--notes", help="Why; kept as a note on the partner.")],
    by: common.By,
) -> None:
    """Put a partner into a tier by hand, from none or from a lower one; the partner is told."""
    _signed(by, notes, "--notes")

    def decide(session: Session, now: datetime) -> CandidateRow:
        row = _free_partner(session, partner)
        version, policy = policies.required(session, now)
        _check_tier(policy, row, tier)
        if under_way := ladder.candidate_of(session, partner, ladder.UNDER_WAY):
            raise UserError(
                f"a promotion of {partner} to {under_way.to_tier} is under way; go on with it "
                f"first: partners approve {partner} --reason …"
            )
        added = ladder.add_by_hand(
            session, row, tier, policy_version=version, who=by, notes=notes, now=now
        )
        if why := ladder.why_not_now(session, added, row, policy, now):
            raise UserError(f"{partner} cannot be added to {tier} now: {why}")
        appraisals.note(session, partner, notes, who=by, at=now)
        return added

    _carry_out(partner, decide)


def _signed(by: str, reason: str, option: str = "--reason") -> None:
    """Rule 16: who and why. Raises UserError if either is blank."""
    if not by.strip() or not reason.strip():
        raise UserError(f"say who you are and why: --by and {option} must not be blank")


def _free_partner(session: Session, partner_id: str) -> PartnerRow:
    """The partner, locked; refused while a case is open, for its outcome decides the tier."""
    row = locked_partner(session, partner_id)
    case = cases.newest_case_of(session, partner_id)
    if case is not None and case.closed_at is None:
        raise UserError(
            f"a case is open for {partner_id} ({case.case_id}), and its outcome decides the tier; "
            f"wait for it, or end it first: partners cancel-case {partner_id} --reason …"
        )
    return row


def _waiting(session: Session, partner_id: str) -> CandidateRow:
    row = ladder.candidate_of(session, partner_id, [CandidateState.WAITING])
    if row is None:
        raise UserError(
            f"{partner_id} is no candidate that waits; see: partners candidates. To promote "
            f"without a review: partners add {partner_id} --tier … --notes …"
        )
    return row


def _check_tier(policy: Policy, partner: PartnerRow, tier: str) -> None:
    """Raises UserError unless the tier exists and is above the partner's."""
    keys = [known.key for known in policy.tiers]
    if tier not in keys:
        raise UserError(f"the policy has no tier {tier!r}; its tiers are {', '.join(keys)}")
    now_in = partner.tier
    if now_in == tier:
        raise UserError(f"{partner.partner_id} is in {tier} already")
    if now_in in keys and keys.index(now_in) > keys.index(tier):
        raise UserError(
            f"{partner.partner_id} is in {now_in}, which is above {tier}; partners are added to a "
            "higher tier only"
        )


# ---- carrying out ----


def _carry_out(partner_id: str, decide: Decide) -> None:
    """Record the decision, start the workflow that carries it out, and say what came of it."""
    with common.database() as database:
        row: CandidateRow = signals.with_temporal(
            lambda client: start(client, database, partner_id, decide)
        )
        with database.read() as session:
            began_by_referring = session.get_one(PartnerRow, partner_id).kind == "referral"
    if row.state == CandidateState.WITHDRAWN:
        raise UserError(f"{partner_id} was not promoted: {row.reason}")
    if began_by_referring:
        referral_signals.look_at_referrals([partner_id])
    before = row.from_tier or "no tier"
    common.out.print(
        f"{partner_id} has moved from {before} to {row.to_tier}; the mail is on its way "
        f"(partners mail list --partner {partner_id}).",
    )


async def start(
    client: Client, database: Database, partner_id: str, decide: Decide
) -> CandidateRow:
    """Without a server nothing is decided; without a worker it waits for one, as is said."""
    with database.write() as session:
        candidate_id = decide(session, common.program_now(database)).candidate_id
    try:
        await running.RunningPromotions(client).start(partner_id)
    except signals.RPCError as error:
        raise SetupError(
            f"it is approved and recorded, but the workflow did not start ({error.message}); try "
            f"again: partners approve {partner_id} --reason …"
        ) from error
    for _ in range(int(LOOK_SECONDS / 0.1)):
        with database.read() as session:
            row = session.get_one(CandidateRow, candidate_id)
        if row.state != CandidateState.APPROVED:
            return row
        await asyncio.sleep(0.1)
    raise SetupError(
        f"it is approved and recorded, but no worker has taken it within {LOOK_SECONDS:.0f} "
        "seconds; it is carried out as soon as one runs (python worker.py)"
    )
