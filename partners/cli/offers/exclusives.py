"""`partners exclusive`: propose, sign, look at, renew, withdraw, end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from partners.cli import common
from partners.cli.bounds import MOST
from partners.domain.offers.exclusive import Period, Renewal, Terms
from partners.errors import UserError
from partners.loading import on_use

with on_use():
    from partners.cli.offers import exclusive_words as words
    from partners.store.offers.holding import exclusives as stored
    from partners.use_cases.offers import exclusive_proposals, exclusive_view, exclusives

if TYPE_CHECKING:
    from partners.use_cases.offers.exclusive_proposals import Proposed

DEFAULT = Terms(date(2000, 1, 1), date(2000, 1, 1))
"""What is agreed where nothing else is said."""

Id = Annotated[str, typer.Argument(metavar="EXCLUSIVE", help="Its id, such as acme-x1.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
Completion = Annotated[
    str | None,
    typer.Option("--completion", help="The share of orders to complete, such as 0.95."),
]
Holders = Annotated[
    int | None,
    typer.Option("--max-holders", max=MOST, help="Partners who may share it: 1 to 5; default 1."),
]


Partner = Annotated[str, typer.Argument(metavar="PARTNER", help="Who is to hold it.")]
Service = Annotated[str, typer.Option("--service", help="As offers of it name it.")]
First = Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.")]
Until = Annotated[str, typer.Option("--until", metavar="DATE", help="The last day.")]
OfferId = Annotated[str | None, typer.Option("--offer", help="The offer that is granted with it.")]
AreaCode = Annotated[str | None, typer.Option("--area", help="Default: everywhere.")]
Minimum = Annotated[
    int, typer.Option("--minimum", max=MOST, help="Orders a month, on average over the period.")
]
HowOften = Annotated[Period, typer.Option("--period", help="How often it is looked at.")]
CureDays = Annotated[
    int, typer.Option("--cure-days", max=MOST, help="To make up for a missed minimum.")
]
AtTheEnd = Annotated[
    Renewal, typer.Option("--renewal", help="propose: 60 days before the end; none: it ends.")
]
RequiredTier = Annotated[
    str | None, typer.Option("--tier", help="The holder is in it, or above. Default: any.")
]


def propose(
    partner: Partner,
    service: Service,
    first: First,
    until: Until,
    reason: Reason,
    by: common.By,
    offer: OfferId = None,
    area: AreaCode = None,
    minimum: Minimum = 0,
    completion: Completion = None,
    period: HowOften = DEFAULT.period,
    cure_days: CureDays = DEFAULT.cure_days,
    renewal: AtTheEnd = DEFAULT.renewal,
    max_holders: Holders = None,
    tier: RequiredTier = None,
    yes: common.Yes = False,
) -> None:
    """Propose an exclusive. It binds nobody until a person signs it: `partners exclusive
    activate`."""
    terms = replace(
        DEFAULT,
        first_day=_day(first),
        last_day=_day(until),
        minimum_orders=minimum,
        completion=_rate(completion),
        period=period,
        cure_days=cure_days,
        renewal=renewal,
        required_tier=tier,
        max_holders=DEFAULT.max_holders if max_holders is None else max_holders,
    )
    draft = stored.Draft(partner, service, terms, offer, area)
    with common.acting_as(by) as manager:
        _show_proposal(exclusive_proposals.preview_proposal(manager, draft, reason))
        common.agreed("Propose this?", yes)
        done = exclusive_proposals.propose(manager, draft, reason)
    _say_proposed(done)


def activate(
    exclusive: Id,
    by: common.By,
    reason: Annotated[str, typer.Option("--reason", help="Why; recorded. Not to --simulate.")] = "",
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Only show who loses what, where. Changes nothing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --simulate: everybody who loses anything.")
    ] = False,
    yes: common.Yes = False,
) -> None:
    """Sign a proposal: the place is held, others are told, and it begins on its first day."""
    if as_json and not simulate:
        raise UserError("--json is for --simulate; the exclusive itself: partners exclusive show")
    with common.acting_as(by) as manager:
        seen = exclusives.preview_signing(manager, exclusive, reason or _simulated(simulate))
        if as_json:
            with exclusives.every_loser(manager, exclusive) as losers:
                common.out.write_json_array(map(words.loser_facts, losers))
            return
        words.print_terms(seen.exclusive)
        words.print_losers(seen.losers, seen.exclusive)
        if simulate:
            return
        common.agreed("Sign this?", yes)
        done = common.run(exclusives.sign(manager, exclusive, reason, seen.seen), None)
    one = done.exclusive
    common.out.print(f"{exclusive} is signed by {one.signed_by}; it begins on {one.first_day}.")
    _say_whether_it_runs(done.runs)


def _simulated(simulate: bool) -> str:
    return "simulated" if simulate else ""


def renew(
    exclusive: Id,
    reason: Reason,
    by: common.By,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Default: as long again.")
    ] = None,
    minimum: Annotated[
        int | None, typer.Option("--minimum", max=MOST, help="Default: as it was.")
    ] = None,
    completion: Completion = None,
    max_holders: Holders = None,
    yes: common.Yes = False,
) -> None:
    """Propose an exclusive that follows another: the same terms, for as long again."""
    last = None if until is None else _day(until)
    changed = exclusive_proposals.Changed(last, minimum, _rate(completion), max_holders)
    with common.acting_as(by) as manager:
        page = exclusive_view.show_exclusive(manager, exclusive)
        common.out.print(f"{exclusive} so far:", style="bold")
        words.print_periods(page)
        preview = exclusive_proposals.preview_renewal(manager, exclusive, reason, changed)
        _show_proposal(preview)
        common.agreed("Propose this?", yes)
        done = exclusive_proposals.renew(manager, exclusive, reason, changed)
    _say_proposed(done)


def withdraw(exclusive: Id, reason: Reason, by: common.By) -> None:
    """Take a proposal back that nobody has signed."""
    with common.acting_as(by) as manager:
        exclusive_proposals.withdraw(manager, exclusive, reason)
    common.out.print(f"{exclusive} is withdrawn.")


def end(exclusive: Id, reason: Reason, by: common.By, yes: common.Yes = False) -> None:
    """End an exclusive before its last day: others may order there, and another may be signed."""
    with common.acting_as(by) as manager:
        one = exclusives.preview_end(manager, exclusive, reason)
        words.print_terms(one)
        common.agreed("End this?", yes)
        done = common.run(exclusives.end(manager, exclusive, reason), None)
    kept = f" Its grant of {one.offer_id} stays until {one.last_day}." if one.offer_id else ""
    common.out.print(f"{exclusive} is ended.{kept}")
    _say_whether_it_runs(done.runs)


def _show_proposal(proposed: Proposed) -> None:
    words.print_terms(proposed.exclusive)
    for rival in proposed.rivals:
        common.warn(
            f"it could not be signed now: {rival.partner_id} holds a part of it until "
            f"{rival.last_day} ({rival.exclusive_id})"
        )


def _say_proposed(done: Proposed) -> None:
    exclusive_id = done.exclusive.exclusive_id
    sign = common.pasted("partners", "exclusive", "activate", exclusive_id, "--reason", "…")
    common.out.print(f"{exclusive_id} is proposed; to sign it: {sign}", soft_wrap=True)


def _say_whether_it_runs(runs: bool) -> None:
    if not runs:
        common.out.print("What follows from that happens once a worker runs (python worker.py).")


def _day(text: str) -> date:
    day = common.last_day(text)
    assert day is not None  # of a text there is one
    return day


def _rate(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        rate = Decimal(text)
    except InvalidOperation:
        raise UserError(f"--completion is not a number: {text!r}; write it as 0.95") from None
    if not rate.is_finite():
        raise UserError(f"--completion is no share: {text!r}; write it as 0.95")
    return rate
