"""`partners stop|go`: kill switches for all mail, one kind of notice, or one kind of review."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from partners.cli import common
from partners.domain.mail.notices import NoticeKind
from partners.domain.reviews.review import ReviewKind
from partners.errors import UserError
from partners.loading import on_use
from partners.store.mail import outbox
from partners.store.record import recorder

with on_use():
    from partners.cli import referral_signals, signals

Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]
KINDS = [kind.value for kind in NoticeKind]
REVIEWS = [kind.value for kind in ReviewKind]
Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(KINDS)}.")]
Review = Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(REVIEWS)}.")]


def stop_mail(reason: Reason, by: common.By) -> None:
    """Stop all mail at once. Cases wait; nobody is removed while they cannot be told."""
    _stop(outbox.MAIL_SWITCH, "Mail", reason, by)


def stop_kind(kind: Kind, reason: Reason, by: common.By) -> None:
    """Stop one kind of notice. Whatever waits for one of these waits."""
    _known(kind, KINDS, "kind of notice")
    _stop(outbox.kind_switch(kind), f"Mail of kind {kind}", reason, by)


def stop_review(kind: Review, reason: Reason, by: common.By) -> None:
    """Stop one kind of review: those that are due judge nobody and say so."""
    _known(kind, REVIEWS, "kind of review")
    _stop(outbox.review_switch(kind), f"The {kind} review", reason, by)


def list_stopped(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """What is stopped, since when, by whom and why."""
    with common.database() as database, database.read() as session:
        rows = [
            {"name": s.name, "stopped_at": s.stopped_at.isoformat(), "by": s.who, "why": s.reason}
            for s in outbox.switches(session)
        ]
    if as_json:
        common.out.write_json(rows)
    elif rows:
        table = Table("stopped", "since", "by", "why", "to let it go on")
        for row in rows:
            since = row["stopped_at"][:16].replace("T", " ")
            go = f"partners go {row['name'].replace('/', ' ')}"
            table.add_row(row["name"], since, row["by"], row["why"], go)
        common.out.print(table)
    else:
        common.out.print("Nothing is stopped.")


def go_mail(by: common.By) -> None:
    """Let mail go again; cases that wait for it go on."""
    _go(outbox.MAIL_SWITCH, "Mail", by, tell=True)


def go_kind(kind: Kind, by: common.By) -> None:
    """Let one kind of notice go again; cases that wait for it go on."""
    _known(kind, KINDS, "kind of notice")
    _go(outbox.kind_switch(kind), f"Mail of kind {kind}", by, tell=True)


def go_review(kind: Review, by: common.By) -> None:
    """Let one kind of review go again; a period that was missed can be reviewed by hand."""
    _known(kind, REVIEWS, "kind of review")
    _go(outbox.review_switch(kind), f"The {kind} review", by, tell=False)


def _known(name: str, names: list[str], what: str) -> None:
    if name not in names:
        raise UserError(f"unknown {what} {name!r}; use one of {', '.join(names)}")


def _stop(name: str, what: str, reason: str, by: str) -> None:
    with common.database() as database:
        at = common.program_now(database)
        with database.write() as session:
            switch = outbox.stop(session, name, by, reason, at)
    common.out.print(f"{what} is stopped (by {switch.who}: {switch.reason}).")


def _go(name: str, what: str, by: str, tell: bool) -> None:
    with common.database() as database:
        at = common.program_now(database)
        with database.write() as session:
            recorder.sign(session, by, at)
            was_stopped = outbox.go(session, name)
        words = "goes again" if was_stopped else "was not stopped"
        common.out.print(f"{what} {words}.")
        if was_stopped and tell:
            signals.tell_mail_goes(database)
            referral_signals.look_at_new_referrers()
