"""`partners statement` and `partners payouts`: what referrals pay, for partners and for payroll."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from rich.table import Table

from partners.cli import common
from partners.cli.ladder.ladder import PartnerArgument
from partners.cli.paging import Json, Limit, print_list
from partners.cli.printing import write_csv
from partners.cli.progress import progress
from partners.domain.number_words import number_of
from partners.domain.referrals.compensation import Balance
from partners.domain.time.calendar import Month
from partners.errors import UserError
from partners.store.referrals.referrals import amount_words
from partners.use_cases.referrals import payouts
from partners.use_cases.referrals.payouts import LedgerEntry, Payout, Statement, StatementPart

COLUMNS = ("payout_id", "partner_id", "amount", "currency", "exported_on", "paid_on")


def statement(
    partner: PartnerArgument,
    month: Annotated[str | None, typer.Option("--month", help="2026-10; default: this.")] = None,
    file: Annotated[Path | None, typer.Option("--csv", help="Write it there instead.")] = None,
    as_json: Json = False,
) -> None:
    """What a partner earned in a month, entry by entry, with the balance."""
    if file is not None and as_json:
        raise UserError("choose one of --csv and --json")
    with common.asking() as by:
        found = payouts.statement(by, partner, _month(month) if month else None)
    if file is not None:
        with _writing(file) as out:
            _write_statement(out, [entry for part in found.parts for entry in part.entries])
        return
    if as_json:
        common.out.write_json(_statement_facts(found))
        return
    for part in found.parts:
        _print_statement(found, part)


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise UserError(f"--month is not a month: {text!r}; write it as 2026-10") from None


def _print_statement(whole: Statement, part: StatementPart) -> None:
    table = Table("day", "entry", "for", "held", "payable", "paid")
    table.title = f"Statement of {whole.partner_id}, {whole.month}, in {part.currency}"
    table.add_row("", "before", "", *_columns(part.before))
    for entry in part.entries:
        parts = (_signed(entry.held), _signed(entry.payable), _signed(entry.paid))
        incentive = f"incentive {entry.period}, {entry.tier}" if entry.period else ""
        about = entry.referral_id or incentive or entry.note
        table.add_row(f"{entry.day}", entry.kind.replace("_", " "), about, *parts)
    table.add_row("", "after", "", *_columns(part.after))
    common.out.print(table)


def _statement_facts(whole: Statement) -> dict[str, Any]:
    """Amounts as text, so that they stay exact."""
    return {
        "partner_id": whole.partner_id,
        "month": str(whole.month),
        "currencies": [
            {
                "currency": part.currency,
                "before": _balance_facts(part.before),
                "entries": [_entry_facts(entry) for entry in part.entries],
                "after": _balance_facts(part.after),
            }
            for part in whole.parts
        ],
    }


def _balance_facts(of: Balance | LedgerEntry) -> dict[str, str]:
    return {"held": str(of.held), "payable": str(of.payable), "paid": str(of.paid)}


def _entry_facts(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "day": entry.day.isoformat(),
        "entry": entry.kind,
        "referral_id": entry.referral_id,
        "period": entry.period,
        "tier": entry.tier,
        **_balance_facts(entry),
        "key": entry.key,
        "note": entry.note,
    }


def _columns(balance: Balance) -> tuple[str, str, str]:
    return f"{balance.held:,.2f}", f"{balance.payable:,.2f}", f"{balance.paid:,.2f}"


def _signed(amount: object) -> str:
    return f"{amount:+,.2f}" if amount else ""


def _write_statement(file: IO[str], entries: Iterable[LedgerEntry]) -> None:
    columns = (
        *("day", "entry", "referral_id", "held", "payable", "paid", "currency", "key", "note"),
        *("period", "tier"),
    )
    rows = (
        (
            *(e.day, e.kind, e.referral_id or "", e.held, e.payable, e.paid, e.currency, e.key),
            *(e.note, e.period or "", e.tier or ""),
        )
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
    with common.acting_as(by) as manager, progress("adding up what is payable"):
        made = payouts.export(manager, batch)
    if file is None:
        _write_payouts(common.out.file, made.payouts)
    else:
        with _writing(file) as out:
            _write_payouts(out, made.payouts)
    common.err.print(f"{number_of(len(made.payouts), 'payout')} in the batch {made.name}")


def _write_payouts(file: IO[str], rows: Iterable[Payout]) -> None:
    cells = (
        (r.payout_id, r.partner_id, r.amount, r.currency, r.exported_at.date(), r.paid_on or "")
        for r in rows
    )
    write_csv(file, COLUMNS, cells)


def list_payouts(as_json: Json = False, limit: Limit = None) -> None:
    """List payouts that were exported, and of which nobody has said that they were paid."""
    with common.asking() as by:
        print_list(
            "payouts",
            payouts.unpaid(by),
            lambda: Table("payout", "partner", "amount", "exported"),
            _add,
            _payout_facts,
            as_json=as_json,
            limit=limit,
            nothing="No payouts wait to be marked as paid.",
        )


def _add(table: Table, one: Payout) -> None:
    amount = amount_words(one.amount, one.currency)
    table.add_row(one.payout_id, one.partner_id, amount, f"{one.exported_at:%Y-%m-%d}")


def _payout_facts(one: Payout) -> dict[str, Any]:
    return {
        "payout_id": one.payout_id,
        "partner_id": one.partner_id,
        "amount": str(one.amount),
        "currency": one.currency,
        "exported_at": one.exported_at.isoformat(),
    }


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
    with common.acting_as(by) as manager:
        day = on.date() if on else None
        paid = payouts.mark_paid(manager, payout_ids or [], batch, day)
    common.out.print(
        f"{paid.marked} marked as paid" + (f", {paid.known} were already" if paid.known else ""),
    )
