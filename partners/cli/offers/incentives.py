"""`partners incentives`: accrue a month, see what accrued, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.ladder.ladder import PartnerArgument
from partners.cli.paging import Json, Limit, print_list
from partners.domain.number_words import number_of
from partners.domain.offers.incentives.incentive_runs import RunStatus, TierSum
from partners.domain.policy.sections.incentive_policy import IncentiveSection, Measure, Pays
from partners.domain.time.calendar import Month
from partners.errors import UserError
from partners.loading import on_use
from partners.store.referrals.referrals import amount_words

with on_use():
    from partners.use_cases.offers import accruing_run, incentives

if TYPE_CHECKING:
    from partners.use_cases.offers.incentives import Period, Run


def accrue(
    by: common.By,
    month: Annotated[
        str | None, typer.Option("--month", help="2026-10. Default: the newest that has settled.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what it would post; write nothing.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until the month has accrued.")
    ] = True,
    yes: common.Yes = False,
) -> None:
    """Accrue what completed orders of a month pay back; a month accrues once.

    Earlier months are settled too: what was corrected, what was not known, what is released.
    """
    with common.acting_as(by) as manager:
        wanted = incentives.month_to_accrue(manager, _month(month) if month else None)
        known = incentives.known_run(manager, wanted)
        if known is not None and known.status == RunStatus.DONE:
            common.out.print(f"{wanted} has accrued already, as of {known.as_of}.")
            _print_sums(known)
            return
        if dry_run or not yes:
            _print_sums(incentives.preview(manager, wanted))
        if dry_run:
            common.out.print("Nothing was written.")
            return
        common.agreed(f"Accrue {wanted}?", yes)
        done = common.run(accruing_run.accrue(manager, wanted, wait, common.err.print), None)
    if done is None:
        common.out.print(f"{wanted} accrues as the workflow incentives/{wanted}")
        return
    common.out.print(f"{wanted} has accrued.")
    _print_sums(done)


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise UserError(f"--month is not a month: {text!r}; write it as 2026-10") from None


def _print_sums(run: Run) -> None:
    table = Table("tier", "partners", "earned", "taken back", "released")
    table.title = f"Incentives, {run.run_id}"
    for one in run.sums:
        table.add_row(one.tier, f"{one.partners:,}", *_amounts(one))
    common.out.print(table if run.sums else "Nothing is due.")
    if run.waiting:
        periods = number_of(run.waiting, "period")
        common.warn(f"{periods} of partners wait: the feed does not say all of them yet")


def _amounts(one: TierSum) -> tuple[str, ...]:
    return tuple(f"{each} {one.currency}" for each in (one.earned, one.taken_back, one.released))


def list_runs(as_json: Json = False, limit: Limit = None) -> None:
    """List what accrued, month by month, those of the newest month leading."""
    with common.asking() as by:
        print_list(
            "accruals",
            incentives.runs(by),
            lambda: Table("run", "as of", "status", "tier", "partners", "earned", "taken back",
                          "released"),
            _add_run,
            _run_facts,
            as_json=as_json,
            limit=limit,
            nothing="No month has accrued; see: partners incentives accrue --dry-run",
        )  # fmt: skip


def _add_run(table: Table, run: Run) -> None:
    first = (run.run_id, f"{run.as_of}", run.status)
    for number, one in enumerate(run.sums):
        shown = first if number == 0 else ("", "", "")
        table.add_row(*shown, one.tier, f"{one.partners:,}", *_amounts(one))
    if not run.sums:
        table.add_row(*first, "–", "0", "", "", "")


def _run_facts(run: Run) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "month": str(run.month),
        "as_of": run.as_of.isoformat(),
        "status": run.status,
        "waiting": run.waiting,
        "sums": [
            {
                "tier": one.tier,
                "currency": one.currency,
                "partners": one.partners,
                "earned": one.earned,
                "taken_back": one.taken_back,
                "released": one.released,
            }
            for one in run.sums
        ],
    }


def show(partner: PartnerArgument, as_json: Json = False, limit: Limit = None) -> None:
    """What accrued for a partner, period by period, with the figures and terms it rests on."""
    with common.asking() as by:
        print_list(
            "periods",
            incentives.of_partner(by, partner),
            lambda: Table("period", "tier", "orders", "value", "terms", "due", "held until"),
            _add_period,
            _period_facts,
            as_json=as_json,
            limit=limit,
            nothing=f"Nothing has accrued for {partner}.",
        )


def _add_period(table: Table, one: Period) -> None:
    figures = ("not all known", "–")
    if one.orders is not None and one.value is not None:
        figures = (f"{one.orders:,}", f"{one.value:,.2f}")
    due = amount_words(one.money.due, one.currency)
    held = f"{one.payable_on}" if one.payable_on else "–"
    terms = f"{terms_words(one.terms, one.currency)} (version {one.policy_version})"
    table.add_row(one.period, one.tier, *figures, terms, due, held)


def terms_words(terms: IncentiveSection, currency: str) -> str:
    """`2 % from 10 orders, 3 % from 100 orders, at most 500 EUR, monthly`."""
    unit = "orders" if terms.measure is Measure.ORDERS else currency
    steps = [(terms.at_least, terms), *((step.at_least, step) for step in terms.steps)]
    parts = [f"{_rate(pays, currency)} from {least:,f} {unit}" for least, pays in steps]
    cap = f", at most {terms.cap:,f} {currency}" if terms.cap is not None else ""
    return f"{', '.join(parts)}{cap}, {terms.period}"


def _rate(pays: Pays, currency: str) -> str:
    if pays.share is not None:
        return f"{(pays.share * 100).normalize():f} %"
    return f"{pays.rate:,f} {currency} an order"


def _period_facts(one: Period) -> dict[str, Any]:
    """Amounts as text, so that they stay exact."""
    return {
        "period": one.period,
        "tier": one.tier,
        "months": [str(month) for month in one.months],
        "orders": one.orders,
        "value": None if one.value is None else str(one.value),
        "currency": one.currency,
        "due": str(one.money.due),
        "held": str(one.money.held),
        "payable": str(one.money.payable),
        "payable_on": one.payable_on.isoformat() if one.payable_on else None,
        "policy_version": one.policy_version,
        "terms": one.terms.model_dump(mode="json"),
    }
