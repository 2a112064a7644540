"""`partners statement` and `partners payouts`: what referrals pay, for partners and for payroll."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from partners.calendars import calendar_of
from partners.cli import common
from partners.cli.ladder.ladder import PartnerArgument
from partners.cli.paging import Limit, print_list
from partners.cli.printing import write_csv
from partners.cli.progress import progress
from partners.domain.number_words import number_of
from partners.domain.referrals.compensation import Balance
from partners.domain.time.calendar import Month
from partners.errors import UserError
from partners.store.people.known_partner import known_partner
from partners.store.policy import policies
from partners.store.referrals import payouts, referral_money, referrals
from partners.store.referrals.referral_money import Statement, posting
from partners.store.tables.referral_tables import LedgerRow, PayoutRow

COLUMNS = ("payout_id", "partner_id", "amount", "currency", "exported_on", "paid_on")


def statement(
    partner: PartnerArgument,
    month: Annotated[str | None, typer.Option("--month", help="2026-10; default: this.")] = None,
    file: Annotated[Path | None, typer.Option("--csv", help="Write it there instead.")] = None,
) -> None:
    """What a partner's referrals earned in a month, entry by entry, with the balance."""
    with common.database() as database, database.read() as session:
        now = common.program_now(database)
        _, policy = policies.required(session, now)
        known_partner(session, partner)
        wanted = _month(month) if month else Month.of(calendar_of(policy).day_of(now))
        parts = referral_money.statements(session, partner, wanted, policy.program.currency)
        if file is not None:
            with _writing(file) as out:
                _write_statement(out, [entry for part in parts for entry in part.entries])
            return
        for part in parts:
            _print_statement(partner, wanted, part)


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise UserError(f"--month is not a month: {text!r}; write it as 2026-10") from None


def _print_statement(partner: str, month: Month, part: Statement) -> None:
    table = Table("day", "entry", "referral", "held", "payable", "paid")
    table.title = f"Statement of {partner}, {month}, in {part.currency}"
    table.add_row("", "before", "", *_columns(part.before))
    for entry in part.entries:
        made = posting(entry)
        parts = (_signed(made.held), _signed(made.payable), _signed(made.paid))
        about = entry.referral_id or entry.note
        table.add_row(f"{entry.day}", entry.kind.replace("_", " "), about, *parts)
    table.add_row("", "after", "", *_columns(part.after))
    common.out.print(table)


def _columns(balance: Balance) -> tuple[str, str, str]:
    return f"{balance.held:,.2f}", f"{balance.payable:,.2f}", f"{balance.paid:,.2f}"


def _signed(amount: object) -> str:
    return f"{amount:+,.2f}" if amount else ""


def _write_statement(file: IO[str], entries: Iterable[LedgerRow]) -> None:
    columns = ("day", "entry", "referral_id", "held", "payable", "paid", "currency", "key", "note")
    rows = (
        (e.day, e.kind, e.referral_id or "", e.held, e.payable, e.paid, e.currency, e.key, e.note)
        for e in entries
    )
    write_csv(file, columns, rows, lineterminator="\r\n")


def _writing(path: Path) -> IO[str]:
    try:
        return path.open("w", newline="", encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {path}: {error}") from error


def export(
    by: common.By,
    batch: Annotated[
        str | None, typer.Option("--batch", help="Its name; default: the day, 2026-11-22.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--out", help="Default: stdout.")] = None,
) -> None:
    """Export what is payable as CSV for payroll: one payout a partner.

    The same batch again gives the same file, whatever has become payable since.
    """
    with common.database() as database:
        now = common.program_now(database)
        with progress("adding up what is payable"), database.write() as session:
            _, policy = policies.required(session, now)
            referrals.lock(session)
            name = batch or f"{calendar_of(policy).day_of(now)}"
            if not name.strip() or "/" in name or len(name) > 64:
                raise UserError(f"--batch is not 1 to 64 characters without a slash: {name!r}")
            rows = list(payouts.export(session, name, by, now))
    if file is None:
        write_payouts(common.out.file, rows)
    else:
        with _writing(file) as out:
            write_payouts(out, rows)
    common.err.print(f"{number_of(len(rows), 'payout')} in the batch {name}")


def write_payouts(file: IO[str], rows: Iterable[PayoutRow]) -> None:
    cells = (
        (r.payout_id, r.partner_id, r.amount, r.currency, r.exported_at.date(), r.paid_on or "")
        for r in rows
    )
    write_csv(file, COLUMNS, cells)


def list_payouts(limit: Limit = None) -> None:
    """List payouts that were exported, and of which nobody has said that they were paid."""
    with common.database() as database, database.read() as session:
        print_list(
            "payouts",
            payouts.unpaid(session),
            lambda: Table("payout", "partner", "amount", "exported"),
            _add,
            limit=limit,
            nothing="No payouts wait to be marked as paid.",
        )


def _add(table: Table, row: PayoutRow) -> None:
    amount = referrals.amount_words(row.amount, row.currency)
    table.add_row(row.payout_id, row.partner_id, amount, f"{row.exported_at:%Y-%m-%d}")


def mark_paid(
    by: common.By,
    payout_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[PAYOUT]...", help="Ids of payouts.")
    ] = None,
    batch: Annotated[str | None, typer.Option("--batch", help="All of a batch.")] = None,
    on: Annotated[
        datetime | None,
        typer.Option(
            "--on", formats=["%Y-%m-%d"], callback=common.real_day, help="Default: today."
        ),
    ] = None,
) -> None:
    """Say that payouts were paid; said again, it changes nothing."""
    with common.database() as database:
        now = common.program_now(database)
        with database.write() as session:
            _, policy = policies.required(session, now)
            referrals.lock(session)
            today = calendar_of(policy).day_of(now)
            day = on.date() if on else today
            if day > today:
                raise UserError(f"--on lies ahead: {day}; mark payouts once they are paid")
            rows = _chosen(session, payout_ids or [], batch)
            marked = [row for row in rows if payouts.mark_paid(session, row, day, by, now)]
    known = len(rows) - len(marked)
    common.out.print(
        f"{len(marked)} marked as paid" + (f", {known} were already" if known else ""),
    )


def _chosen(session: Session, payout_ids: Sequence[str], batch: str | None) -> list[PayoutRow]:
    if bool(payout_ids) == (batch is not None):
        raise UserError("name payouts, or a --batch; see: partners payouts list")
    if batch is None:
        return payouts.find(session, payout_ids)
    rows = list(payouts.of_batch(session, batch))
    if not rows:
        raise UserError(f"there is no batch {batch!r}; see: partners payouts list")
    return rows
