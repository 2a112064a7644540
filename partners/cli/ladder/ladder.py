"""`partners candidates|approve|decline|add`: promotions, and people's word about them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from partners.cli import common, telling
from partners.cli.overrides import giving
from partners.cli.paging import Limit, print_list
from partners.domain.number_words import number_of
from partners.loading import on_use
from partners.mail.words import wording
from partners.store.tables.findings import to_json
from partners.use_cases.ladder.candidates import Candidate, candidates

with on_use():
    from partners.use_cases.ladder import promotions

PartnerArgument = Annotated[str, typer.Argument(metavar="PARTNER", help="The partner's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]


def list_candidates(
    as_json: Annotated[bool, typer.Option("--json", help="With all findings.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Those decided, too.")] = False,
    limit: Limit = None,
) -> None:
    """List who has earned a promotion and waits for a decision, those found first leading."""
    with common.asking() as by:
        print_list(
            "candidates",
            candidates(by, decided=everything),
            lambda: Table("partner", "from", "to", "since", "found", "state"),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No candidates." if everything else "No candidates wait.",
        )


def _facts(one: Candidate) -> dict[str, Any]:
    return {
        "partner_id": one.partner_id,
        "from_tier": one.from_tier,
        "to_tier": one.to_tier,
        "state": one.state,
        "proposed_at": one.proposed_at.isoformat(),
        "review_id": one.review_id,
        "policy_version": one.policy_version,
        "who": one.who,
        "reason": one.reason,
        "findings": to_json(one.findings),
    }


def _add(table: Table, one: Candidate) -> None:
    found = wording.summary(one.findings, one.policy) if one.findings else "by hand"
    if one.by_referrals:
        found = "by referrals"
    by = f"{one.state} by {one.who}: {one.reason}" if one.who else one.state
    since = f"{one.proposed_at:%Y-%m-%d}"
    table.add_row(one.partner_id, one.from_tier or "–", one.to_tier, since, found, by)


def approve(
    partner: PartnerArgument,
    reason: Reason,
    by: common.By,
    quiet: common.Quiet = False,
    yes: common.Yes = False,
) -> None:
    """Promote a candidate; the partner is told. Repeat it if it was interrupted."""
    with common.acting_as(by) as manager:
        _show(partner, promotions.preview_approval(manager, partner, reason, quiet))
        common.agreed("Do this?", yes)
        act = promotions.approve(manager, partner, reason, quiet)
        _print_promoted(telling.finished(act))


def decline(partner: PartnerArgument, reason: Reason, by: common.By) -> None:
    """Decline a candidate. The partner is not told, and not proposed again for some time."""
    with common.acting_as(by) as manager:
        declined = telling.finished(promotions.decline(manager, partner, reason))
    telling.warn_of_referrals(declined.told)
    common.out.print(
        f"Declined: {partner} stays in {declined.tier or 'no tier'}. If it is still earned, a "
        f"review proposes it again after {number_of(declined.again_after_days, 'day')}.",
    )


def add(
    partner: PartnerArgument,
    tier: Annotated[str, typer.Option("--tier", help="The key of the tier.")],
    notes: Annotated[str, typer.Option("--notes", help="Why; kept as a note on the partner.")],
    by: common.By,
    quiet: common.Quiet = False,
    yes: common.Yes = False,
) -> None:
    """Put a partner into a tier by hand, from none or from a lower one; the partner is told."""
    with common.acting_as(by) as manager:
        _show(partner, promotions.preview_addition(manager, partner, tier, notes, quiet))
        common.agreed("Do this?", yes)
        act = promotions.add(manager, partner, tier, notes, quiet)
        _print_promoted(telling.finished(act))


def _show(partner: str, preview: promotions.PromotionPreview) -> None:
    common.out.print(f"{partner}: from {preview.from_tier or 'no tier'} to {preview.to_tier}")
    giving.show_mail(preview.notice, preview.why_not_told)


def _print_promoted(promoted: promotions.Promoted) -> None:
    telling.warn_of_referrals(promoted.told)
    before, partner = promoted.from_tier or "no tier", promoted.partner_id
    on_its_way = f"the mail is on its way (partners mail list --partner {partner})"
    told = "the partner is not told" if promoted.quiet else on_its_way
    common.out.print(f"{partner} has moved from {before} to {promoted.to_tier}; {told}.")
