"""`partners referral`: add one, say what became of it, look at them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.bounds import MOST_DIGITS
from partners.cli.paging import Json, Limit, print_list
from partners.domain.policy.policy import Policy
from partners.domain.referrals.referral import ReferralState, Version
from partners.errors import UserError
from partners.loading import on_use
from partners.store.imports.reading.fields import RowRejected
from partners.store.imports.referral_rows import check, limits
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.referrals import referral_leads, referral_money, referrals
from partners.store.referrals.referrals import Reported, Taken
from partners.store.tables.referral_tables import ReferralRow

with on_use():
    from partners.cli import referral_signals

Referral = Annotated[str, typer.Argument(metavar="REFERRAL", help="The referral's id.")]
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
Make = Callable[[Session, Policy, datetime], Reported]


def add(
    referral_id: Referral,
    partner: Annotated[str, typer.Option("--partner", metavar="PARTNER", help="Who refers.")],
    lead: Annotated[str, typer.Option("--lead", help="An opaque reference to the lead.")],
    by: common.By,
    on: On = None,
) -> None:
    """Add a referral: a partner has submitted a lead."""

    def make(session: Session, policy: Policy, now: datetime) -> Reported:
        known_partner(session, partner)
        if referrals.find(session, referral_id) is not None:
            raise UserError(f"there is a referral {referral_id!r} already: partners referral show")
        version = Version(now, ReferralState.SUBMITTED)
        return Reported(referral_id, partner, lead, _moment(on, policy, now), version)

    _report(make, by)


def accept(referral_id: Referral, by: common.By, reason: Reason = "") -> None:
    """Accept a referral, by the terms of today; also one that was lost or rejected.

    A lead that is a customer is accepted only with a --reason, which is on record.
    """
    _change(referral_id, by, ReferralState.ACCEPTED, reason=reason)


def convert(
    referral_id: Referral, amount: Amount, by: common.By, on: On = None, currency: Currency = ""
) -> None:
    """A referral has led to a purchase. Done again, it corrects the amount and the day."""
    _change(referral_id, by, ReferralState.CONVERTED, on, _amount(amount), currency)


def lose(referral_id: Referral, by: common.By, on: On = None, reason: Reason = "") -> None:
    """A referral will not lead to a purchase."""
    _change(referral_id, by, ReferralState.LOST, on, reason=reason)


def refund(referral_id: Referral, by: common.By, on: On = None, reason: Reason = "") -> None:
    """The purchase was refunded: what it paid is taken back."""
    _change(referral_id, by, ReferralState.REFUNDED, on, reason=reason)


def reject(
    referral_id: Referral,
    reason: Annotated[str, typer.Option("--reason", help="Why; the partner is told.")],
    by: common.By,
) -> None:
    """Reject a referral; the partner is told why."""
    if not reason.strip():
        raise UserError("say why: --reason must not be blank, for the partner is told")
    _change(referral_id, by, ReferralState.REJECTED, reason=reason)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise UserError(f"--amount is not a number: {text!r}; write it as 1200.00") from None
    if not amount.is_finite() or amount.adjusted() > MOST_DIGITS:
        raise UserError(f"--amount is not a number of at least 0 that is money: {text!r}")
    return amount


def _moment(on: datetime | None, policy: Policy, now: datetime) -> datetime:
    """A day is its midnight in the program's zone, but never before what is known of today."""
    if on is None:
        return now
    return on.replace(tzinfo=policy.program.zone).astimezone(UTC)


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

    def make(session: Session, policy: Policy, now: datetime) -> Reported:
        row = known_referral(session, referral_id)
        if row.state == ReferralState.DUPLICATE and state is not ReferralState.REJECTED:
            raise UserError(
                f"{referral_id} is a duplicate: {row.reason}. It counts if the other referral of "
                f"the lead is rejected or lost: partners referral list --lead {row.lead_ref}"
            )
        decided = (ReferralState.ACCEPTED, ReferralState.REJECTED)
        if row.state == ReferralState.REJECTED and state not in decided:
            raise UserError(
                f"{referral_id} is rejected: {row.reason}; if it counts after all, accept it "
                f"first: partners referral accept {referral_id} --reason …"
            )
        if state is ReferralState.ACCEPTED and reason.strip():
            row.customer_since = None  # a person's word
        closed_at = None
        if state in (ReferralState.CONVERTED, ReferralState.REFUNDED, ReferralState.LOST):
            closed_at = _moment(on, policy, now)
        version = Version(now, state, amount, closed_at, reason)
        return Reported(referral_id, row.partner_id, row.lead_ref, row.submitted_at, version)

    _report(make, by, currency)


def known_referral(session: Session, referral_id: str) -> ReferralRow:
    """A referral. Raises UserError if there is none."""
    row = referrals.find(session, referral_id)
    if row is None:
        raise UserError(f"unknown referral {referral_id!r}; see: partners referral list")
    return row


def _report(make: Make, by: str, currency: str = "") -> None:
    """Take one report in and say how the referral stands; a refusal changes nothing."""
    if not by.strip():
        raise UserError("say who you are: --by must not be blank")
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            _, policy = policies.required(session, now)
            held_against = limits(policy, now)
            referrals.lock(session)
            report = make(session, policy, now)
            try:
                check(report, held_against, currency)
            except RowRejected as wrong:
                raise UserError(f"{report.referral_id}: {wrong}") from None
            taken = referrals.take_in(session, [report], by, held_against.currency, False)[0]
            if taken.what is Taken.REFUSED:
                raise UserError(f"{report.referral_id}: {taken.reason}")
            changes = referral_leads.resolve(session, {report.lead_ref}, policy, now)
            row = known_referral(session, report.referral_id)
            words = _words(session, row)
        common.out.print(words, soft_wrap=True)
        referral_signals.tell_referrals(changes)


def _words(session: Session, row: ReferralRow) -> str:
    """How a referral stands, and what it pays."""
    words = f"{row.referral_id} of {row.partner_id} is {row.state}"
    if row.reason:
        words += f": {row.reason}"
    money = referral_money.money_of(session, row.referral_id)
    if money.due:
        currency = referral_money.currency_of(session, row)
        when = f", payable on {row.payable_on}" if row.payable_on else ""
        words += f"; it pays {referrals.amount_words(money.due, currency)}{when}"
    return words


def list_referrals(
    partner: Annotated[str | None, typer.Option("--partner", help="Only this partner's.")] = None,
    state: Annotated[ReferralState | None, typer.Option("--state", help="Only these.")] = None,
    lead: Annotated[str | None, typer.Option("--lead", help="Only this lead's.")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List referrals, those submitted last leading."""
    with common.database() as database, database.read() as session:
        day_of = calendar_of(policies.required(session, common.program_now(database))[1]).day_of

        def add(table: Table, row: ReferralRow) -> None:
            bought = f"{row.bought_on}" if row.bought_on else ""
            amount = _amount_of(session, row, row.amount)
            submitted = f"{day_of(row.submitted_at)}"
            reason = f"{row.state}: {row.reason}" if row.reason else row.state
            table.add_row(
                row.referral_id, row.partner_id, row.lead_ref, submitted, reason, bought, amount
            )

        columns = ("referral", "partner", "lead", "submitted", "state", "bought", "amount")
        print_list(
            "referrals",
            referrals.listed(session, partner, state, lead),
            lambda: Table(*columns),
            add,
            lambda row: _facts(session, row),
            as_json=as_json,
            limit=limit,
            nothing="No referrals.",
        )


def _amount_of(session: Session, row: ReferralRow, amount: Decimal | None) -> str:
    """With its currency, once the referral has terms."""
    if amount is None:
        return ""
    return referrals.amount_words(amount, referral_money.currency_of(session, row)).rstrip()


def _facts(session: Session, row: ReferralRow) -> dict[str, Any]:
    return {
        "referral_id": row.referral_id,
        "partner_id": row.partner_id,
        "lead_ref": row.lead_ref,
        "submitted_at": row.submitted_at.isoformat(),
        "state": row.state,
        "reason": row.reason,
        "bought_on": row.bought_on.isoformat() if row.bought_on else None,
        "amount": str(row.amount) if row.amount is not None else None,
        "currency": referral_money.currency_of(session, row) or None,
        "pays": str(referral_money.money_of(session, row.referral_id).due),
        "payable_on": row.payable_on.isoformat() if row.payable_on else None,
        "policy_version": row.policy_version,
    }


def show(referral_id: Referral) -> None:
    """Show a referral: how it stands, all that was reported of it, and its ledger."""
    with common.database() as database, database.read() as session:
        day_of = calendar_of(policies.required(session, common.program_now(database))[1]).day_of
        row = known_referral(session, referral_id)
        common.out.print(_words(session, row), soft_wrap=True)
        if row.policy_version is not None:
            common.out.print(f"by the terms of policy version {row.policy_version}")
        table = Table("known", "state", "amount", "on", "reason")
        for version in referrals.versions_of(session, [referral_id])[referral_id]:
            table.add_row(
                f"{version.known_at:%Y-%m-%d %H:%M}",
                version.state,
                _amount_of(session, row, version.amount),
                f"{day_of(version.closed_at)}" if version.closed_at else "",
                version.reason,
            )
        common.out.print(table)
