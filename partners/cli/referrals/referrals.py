"""`partners referral`: add one, say what became of it, look at them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich.table import Table

from partners.cli import common, telling
from partners.cli.bounds import MOST_DIGITS
from partners.cli.paging import Json, Limit, print_list
from partners.domain.referrals.referral import ReferralState
from partners.errors import UserError
from partners.loading import on_use
from partners.store.referrals.referrals import amount_words
from partners.use_cases.referrals import referrals
from partners.use_cases.referrals.referrals import Referral

with on_use():
    from partners.use_cases.referrals import reporting

Id = Annotated[str, typer.Argument(metavar="REFERRAL", help="The referral's id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; the partner may read it.")]
On = Annotated[
    datetime | None,
    typer.Option(
        "--on",
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
        callback=common.real_day,
        help="When; default: now.",
    ),
]
Amount = Annotated[str, typer.Option("--amount", help="Of the purchase, such as 1200.00.")]
Currency = Annotated[str, typer.Option("--currency", help="Default: the program's; no other.")]


def add(
    referral_id: Id,
    partner: Annotated[str, typer.Option("--partner", metavar="PARTNER", help="Who refers.")],
    lead: Annotated[str, typer.Option("--lead", help="An opaque reference to the lead.")],
    by: common.By,
    on: On = None,
    postal_code: Annotated[str, typer.Option("--postal-code", help="Where the lead is.")] = "",
    service: Annotated[str, typer.Option("--service", help="What it wants, as of orders.")] = "",
) -> None:
    """Add a referral: a partner has submitted a lead."""

    with common.acting_as(by) as manager:
        added = reporting.add(manager, referral_id, partner, lead, on, postal_code, service)
        _print(telling.finished(added))


def accept(referral_id: Id, by: common.By, reason: Reason = "") -> None:
    """Accept a referral, by the terms of today; also one that was lost or rejected.

    A lead that is a customer is accepted only with a --reason, which is on record.
    """
    _change(referral_id, by, ReferralState.ACCEPTED, reason=reason)


def convert(
    referral_id: Id, amount: Amount, by: common.By, on: On = None, currency: Currency = ""
) -> None:
    """A referral has led to a purchase. Done again, it corrects the amount and the day."""
    _change(referral_id, by, ReferralState.CONVERTED, on, _amount(amount), currency)


def lose(referral_id: Id, by: common.By, on: On = None, reason: Reason = "") -> None:
    """A referral will not lead to a purchase."""
    _change(referral_id, by, ReferralState.LOST, on, reason=reason)


def refund(referral_id: Id, by: common.By, on: On = None, reason: Reason = "") -> None:
    """The purchase was refunded: what it paid is taken back."""
    _change(referral_id, by, ReferralState.REFUNDED, on, reason=reason)


def reject(
    referral_id: Id,
    reason: Annotated[str, typer.Option("--reason", help="Why; the partner is told.")],
    by: common.By,
) -> None:
    """Reject a referral; the partner is told why."""
    _change(referral_id, by, ReferralState.REJECTED, reason=reason)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise UserError(f"--amount is not a number: {text!r}; write it as 1200.00") from None
    if not amount.is_finite() or amount.adjusted() > MOST_DIGITS:
        raise UserError(f"--amount is not a number of at least 0 that is money: {text!r}")
    return amount


def _change(
    referral_id: str,
    by: str,
    state: ReferralState,
    on: datetime | None = None,
    amount: Decimal | None = None,
    currency: str = "",
    reason: str = "",
) -> None:
    """Report a state of a referral that exists."""
    with common.acting_as(by) as manager:
        stands = reporting.report(manager, referral_id, state, on, amount, currency, reason)
        _print(telling.finished(stands))


def _print(stands: reporting.Stands) -> None:
    common.out.print(_words(stands.referral), soft_wrap=True)
    telling.warn_of_referrals(stands.told)


def _words(one: Referral) -> str:
    """How a referral stands, and what it pays."""
    words = f"{one.referral_id} of {one.partner_id} is {one.state}"
    if one.reason:
        words += f": {one.reason}"
    if one.pays:
        when = f", payable on {one.payable_on}" if one.payable_on else ""
        words += f"; it pays {amount_words(one.pays, one.currency)}{when}"
    return words


def list_referrals(
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner's.")] = None,
    state: Annotated[ReferralState | None, typer.Option("--state", help="Only these.")] = None,
    lead: Annotated[str | None, typer.Option("--lead", help="Only this lead's.")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List referrals, those submitted last leading."""
    columns = ("referral", "partner", "lead", "submitted", "state", "bought", "amount")
    with common.asking() as by:
        print_list(
            "referrals",
            referrals.list_referrals(by, partner, state, lead),
            lambda: Table(*columns),
            _add,
            _facts,
            as_json=as_json,
            limit=limit,
            nothing="No referrals.",
        )


def _add(table: Table, one: Referral) -> None:
    bought = f"{one.bought_on}" if one.bought_on else ""
    reason = f"{one.state}: {one.reason}" if one.reason else one.state
    cells = (one.referral_id, one.partner_id, one.lead_ref, f"{one.submitted_on}", reason, bought)
    table.add_row(*cells, _amount_of(one.amount, one.currency))


def _amount_of(amount: Decimal | None, currency: str) -> str:
    """With its currency, once the referral has terms."""
    return "" if amount is None else amount_words(amount, currency).rstrip()


def _facts(one: Referral) -> dict[str, Any]:
    return {
        "referral_id": one.referral_id,
        "partner_id": one.partner_id,
        "lead_ref": one.lead_ref,
        "submitted_at": one.submitted_at.isoformat(),
        "state": one.state,
        "reason": one.reason,
        "bought_on": one.bought_on.isoformat() if one.bought_on else None,
        "amount": str(one.amount) if one.amount is not None else None,
        "currency": one.currency or None,
        "pays": str(one.pays),
        "payable_on": one.payable_on.isoformat() if one.payable_on else None,
        "policy_version": one.policy_version,
        "postal_code": one.postal_code,
        "service": one.service,
    }


def show(referral_id: Id) -> None:
    """Show a referral: how it stands, all that was reported of it, and its ledger."""
    with common.asking() as by:
        found = referrals.show_referral(by, referral_id)
    one = found.referral
    common.out.print(_words(one), soft_wrap=True)
    if one.policy_version is not None:
        common.out.print(f"by the terms of policy version {one.policy_version}")
    table = Table("known", "state", "amount", "on", "reason")
    for report in found.reports:
        table.add_row(
            f"{report.known_at:%Y-%m-%d %H:%M}",
            report.state,
            _amount_of(report.amount, one.currency),
            f"{report.closed_on}" if report.closed_on else "",
            report.reason,
        )
    common.out.print(table)
